import doctest
import io
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from sklearn.cluster import KMeans

from customer_segmentation.figures import labels
from customer_segmentation.figures.drift import drift_figure
from customer_segmentation.figures.labels import UnitFormatter, clean, fit, fit_all, number, text_width, wrap
from customer_segmentation.figures.theme import new_figure
from customer_segmentation.formatting import NBSP
from customer_segmentation.tracking.settled import quiet_libraries

UGLY = ["", "a", "x" * 400, "two\nlines\tand\x00control", "$a$ and $b", "日本 😀", "A name of several words " * 9]


def test_examples_in_the_documentation():
    assert doctest.testmod(labels).failed == 0


@pytest.mark.parametrize("size", [10, 14])
@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", ["Tenure in Months", "Wide WWW", "1,234.5", "illicit"])
def test_width_is_what_the_renderer_measures(text, size, bold):
    figure = new_figure(8, 2)
    drawn: Text = figure.text(0, 0, text, size=size, weight="bold" if bold else "normal", **labels.PLAIN)
    measured = drawn.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi
    assert measured - 0.015 <= text_width(text, size, bold) <= 1.05 * measured + 0.03


@pytest.mark.parametrize("width", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("text", UGLY)
def test_fitted_text_keeps_to_its_width(text, width):
    fitted = fit(text, width)
    assert text_width(fitted) <= width
    assert fitted == clean(text) or fitted.endswith("…")


@pytest.mark.parametrize("text", UGLY)
def test_wrapped_lines_keep_to_width_and_number(text):
    lines = wrap(text, 1.2, lines=3)
    assert len(lines) <= 3
    assert all(text_width(line) <= 1.2 for line in lines)
    joined = "".join(lines).replace(" ", "")
    assert joined == clean(text).replace(" ", "") or lines[-1].endswith("…")


def test_a_long_word_is_broken_at_its_joint():
    assert wrap("log_standard", text_width("standard"), lines=2) == ["log_", "standard"]


def test_control_characters_and_unknown_letters():
    assert clean(" two\nlines\tand\x00 日 ") == "two lines and □"


def test_names_that_differ_at_their_end_stay_different():
    names = [f"A very long name that all of these columns share, number {i}" for i in range(12)]
    fitted = fit_all([*names, "short"], 2.0)
    assert len(set(fitted)) == 13
    assert fitted[11].endswith("number 11")
    assert fitted[12] == "short"
    assert all(text_width(name) <= 2.05 for name in fitted)


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0, "", "0"),
        (7.2345, "referrals", "7.2"),
        (0.339, "", "0.34"),
        (3418.374927, "$", "$3,418"),
        (-12.4, "$/month", "−$12.4"),
        (0.000969148, "", "0.00097"),
        (999_499, "", "999,499"),
        (999_999.7, "", "1M"),
        (12_345_678, "$", "$12.3M"),
        (2.5e9, "", "2.5bn"),
        (float("nan"), "$", "–"),
        (float("inf"), "", "∞"),
        (-0.0, "", "0"),
    ],
)
def test_numbers(value, unit, written):
    assert number(value, unit) == written


@pytest.mark.parametrize(
    "ticks",
    [
        np.linspace(0, 1, 6),
        np.linspace(0.9995, 1.0, 6),
        np.linspace(-2e7, 2e7, 5),
        np.linspace(0, 12_000, 4),
        np.linspace(0, 3e-6, 4),
        [5.0],
        np.arange(10.0),
    ],
)
def test_ticks_are_told_apart_and_true(ticks):
    written = UnitFormatter("$").format_ticks(ticks)
    assert len(set(written)) == len(ticks)
    scale = {"M": 1e6, "n": 1e9, "T": 1e12}
    for text, value in zip(written, ticks, strict=True):
        plain = text.replace("−", "-").replace("$", "").replace(",", "")
        read = float(plain.rstrip("MbnT")) * scale.get(plain[-1], 1)
        assert read == pytest.approx(value, rel=1e-6, abs=1e-12)
        assert "$" in text


def test_no_ticks():
    assert UnitFormatter().format_ticks([]) == []


def test_a_command_prints_no_warning_of_a_sign_that_the_font_lacks_or_of_points_that_are_alike():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quiet_libraries()
        figure = new_figure(2, 1)
        figure.text(0, 0, "\u4f60\u597d \x1b")
        figure.savefig(io.BytesIO())
        KMeans(3, n_init=1).fit(np.ones((9, 2)))
    assert not caught, [str(item.message) for item in caught]


def test_a_number_and_its_per_cent_sign_stay_on_one_line():
    text = f"Loyal high-value advocates 16.3{NBSP}%; Newer advocates 12.8{NBSP}%"
    for width in (0.5, 1.0, 1.3, 1.6, 2.0, 2.4):
        assert not any(line.startswith("%") for line in wrap(text, width, lines=12))


def test_no_word_of_a_table_is_taken_for_a_formula_in_a_figure_of_drift():
    odd = ["$$%{x}$", "$25-$50", "plain"]
    bins = pd.DataFrame({"bin": odd, "then": [0.2, 0.3, 0.5], "now": [0.3, 0.3, 0.4]})
    variables = pd.DataFrame({"variable": ["Plan"], "stability": [0.1], "word": ["watch"]})
    segments = pd.DataFrame({"name": odd, "change": 0.1, "low": 0.0, "high": 0.2, "word": "steady"})
    figure = drift_figure(variables, {"Plan": bins}, segments, title="$$^", caption="$$_")
    figure.canvas.draw()
    words = [text for text in figure.findobj(Text) if "$" in text.get_text()]
    assert len(words) >= 6
    assert not [text.get_text() for text in words if text.get_parse_math()]
