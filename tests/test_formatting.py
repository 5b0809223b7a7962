"""One style of numbers and sentences: what it writes, and that nobody writes them by himself."""

import doctest
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

import customer_segmentation
from customer_segmentation import formatting
from customer_segmentation.formatting import NBSP, apart, digits, figure, listed, markdown, metric_name, money, percent

SOURCES = sorted(Path(customer_segmentation.__file__).parent.rglob("*.py"))
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


def test_examples_in_the_documentation():
    assert doctest.testmod(formatting).failed == 0


@pytest.mark.parametrize(
    ("count", "written"),
    [(3987, "77.1 %"), (49, "0.95 %"), (14, "0.27 %"), (0, "0 %"), (5174, "100 %"), (5173, "99.98 %")],
)
def test_shares_of_the_original_segments(count, written):
    assert percent(count / 5174).replace(NBSP, " ") == written


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_share_is_zero_or_all_only_where_it_is(part, whole):
    part = min(part, whole)
    text = percent(part / whole)
    assert (text == f"0{NBSP}%") == (part == 0)
    assert (text == f"100{NBSP}%") == (part == whole)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_figure_never_contradicts_its_comparison(value, limit):
    limit = round(limit, 3)
    for share in (False, True):
        shown, asked = (float(text.rstrip(f"{NBSP}%").replace("−", "-")) for text in apart(value, limit, share=share))
        if abs(value - limit) > 1e-9:
            assert (shown < asked) == (value < limit)
            assert (shown > asked) == (value > limit)


@given(finite, st.sampled_from(["", "$", "€/month", "referrals", "GB"]))
def test_figures_have_no_exponent_and_no_empty_decimal(value, unit):
    for text in (figure(value, unit), money(value, unit), percent(value)):
        assert not re.search(r"\de[+-]?\d", text)
        assert not re.search(r"(?<![\d.])0\.0+(?!\d)", text)
        assert not text.startswith("−0 ")


@given(st.floats(1e-9, 1e9))
def test_digits_are_near_the_number(value):
    assert float(digits(value).replace(",", "")) == pytest.approx(value, rel=0.06)


@given(st.text(max_size=60))
def test_markdown_stays_on_its_line_and_in_its_cell(text):
    shown = markdown(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", shown)
    assert "<" not in shown


@given(st.text(max_size=300), st.text(max_size=300))
def test_names_of_metrics_are_those_that_a_store_takes(first, second):
    name = metric_name("a" + first, "b" + second)
    if not any(part in ("", ".", "..") or part.strip() != part for part in name.split("/")):
        _validate_metric_name(name)
    assert name.count("/") <= 1


def test_unknown_is_said():
    assert figure(math.nan, "$") == money(math.nan) == percent(math.nan) == "unknown"
    assert listed(["", ""]) == ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nobody_writes_percentages_and_rows_of_words_by_himself(path):
    """``f"{share:.1%}"`` is English without the space; ``" and ".join`` forgets the commas."""
    if path.name == "formatting.py":
        return
    source = path.read_text(encoding="utf-8")
    assert not re.findall(r":[,]?\.\d%\}|:%\}", source)
    assert "def percent" not in source
    assert "def listed" not in source
    assert not re.findall(r'replace\("\|", ', source), "formatting.markdown escapes markdown"
