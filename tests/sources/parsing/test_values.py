"""Cells as people write them, checked against the numbers they were written from."""

import math
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_segmentation.sources.parsing.blanks import BLANK_SPELLINGS, is_blank
from customer_segmentation.sources.parsing.numbers import parse_number, parse_numbers
from customer_segmentation.sources.parsing.texts import (
    NO_SPELLINGS,
    YES_SPELLINGS,
    cell_text,
    fold,
    match_values,
    parse_yes_no,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
cents = st.integers(-(10**11), 10**11).map(lambda amount: amount / 100)


def texts(values):
    return pd.Series(values, dtype="str")


@given(st.lists(finite, min_size=1))
def test_numbers_as_python_writes_them(numbers):
    np.testing.assert_array_equal(parse_numbers(texts([repr(number) for number in numbers])), numbers)


@given(cents, st.sampled_from([",", " ", "'", "\u00a0", "\u202f"]), st.sampled_from(["", "$", "€ ", "USD "]))
def test_grouped_amounts(number, grouping, currency):
    written = f"{abs(number):,.2f}".replace(",", grouping)
    assert parse_number(("-" if number < 0 else "") + currency + written) == number
    if number < 0:
        assert parse_number(f"({currency}{written})") == parse_number(f"{currency}{written}-") == number


@given(st.lists(cents, min_size=1), st.booleans())
def test_columns_with_decimal_commas_show_them(numbers, grouped):
    written = [f"{number:,.2f}" if grouped else f"{number:.2f}" for number in numbers]
    swapped = [text.translate(str.maketrans(",.", ".,")) for text in written]
    np.testing.assert_array_equal(parse_numbers(texts(swapped)), numbers)
    np.testing.assert_array_equal(parse_numbers(texts(written), decimal=","), numbers)


@given(st.text())
def test_any_text_is_a_number_or_none_and_never_an_error(text):
    for decimal in ".,":
        assert isinstance(parse_number(text, decimal=decimal), float)
    try:
        plain = float(text)
    except ValueError:
        return
    ours = parse_number(text)
    assert ours == plain or ((math.isnan(plain) or "_" in text or not text.isascii()) and math.isnan(ours))


@given(st.text(alphabet=string.ascii_letters + " /#", min_size=1).filter(lambda text: "inf" not in text.lower()))
def test_words_are_no_numbers(text):
    assert math.isnan(parse_number(text))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234", 1234),
        ("1,23", math.nan),
        ("12,34,567", math.nan),
        ("1 2", math.nan),
        ("1.2.3", math.nan),
        ("--5", math.nan),
        ("-(5)", math.nan),
        ("12 %", 0.12),
        ("-∞", -math.inf),
        ("Infinity", math.inf),
        (".5", 0.5),
        ("5.", 5),
        ("−3", -3),
        ("1e3", 1000),
        ("0x10", math.nan),
        ("1_000", math.nan),
    ],
)
def test_single_cells(text, number):
    assert parse_number(text) == pytest.approx(number, nan_ok=True, abs=0)


def test_the_column_decides_what_a_mark_means():
    assert parse_numbers(texts(["1,234", "5,678"])).tolist() == [1234, 5678]
    assert parse_numbers(texts(["1,234", "5,67"])).tolist() == [1.234, 5.67]
    assert parse_numbers(texts(["1.234", "5,67"])).tolist() == [1234, 5.67]
    assert parse_numbers(texts(["1.234", "5.678"])).tolist() == [1.234, 5.678]
    assert parse_numbers(texts(["1.234", "5.678"]), decimal=",").tolist() == [1234, 5678]
    assert parse_numbers(texts(["0,125"])).tolist() == [0.125]
    assert parse_numbers(texts(["1.234.567"])).tolist() == [1234567]


case = st.sampled_from([str.lower, str.upper, str.title, str.capitalize])
pad = st.sampled_from(["", " ", "\t", "\u00a0"])


@given(st.sampled_from(sorted(BLANK_SPELLINGS)), case, pad)
def test_blanks_however_spelt(word, change, padding):
    from customer_segmentation.sources.parsing.texts import texts_of

    assert is_blank(texts_of(texts([padding + change(word) + padding]))).tolist() == [True]


@given(st.sampled_from(sorted(YES_SPELLINGS | NO_SPELLINGS)), case)
def test_yes_and_no_however_spelt(word, change):
    assert parse_yes_no(texts([change(word)])).tolist() == [1 if word in YES_SPELLINGS else 0]


def test_other_words_are_neither_yes_nor_no_nor_blank():
    words = texts(["maybe", "2", "yes and no", "None of these", "North America"])
    assert parse_yes_no(words).tolist() == [-1] * 5
    assert not is_blank(words).any()
    assert YES_SPELLINGS.isdisjoint(NO_SPELLINGS | BLANK_SPELLINGS)


@given(st.text())
def test_folding_is_stable(text):
    assert fold(fold(text)) == fold(text)
    assert fold(f" {text}_-") == fold(text)


def test_declared_values_are_matched_by_their_letters():
    matched = match_values(texts(["month to month", "ONE_YEAR", "Weekly", None]), ["Month-to-Month", "One Year"])
    assert matched.tolist() == ["Month-to-Month", "One Year", None, None]


@pytest.mark.parametrize(
    ("cell", "text"),
    [(9.0, "9"), (9.5, "9.5"), (True, "True"), (" a ", "a"), (np.int64(3), "3"), (b"x", "x"), (b"\xff\x00", r"\xff00")],
)
def test_cells_as_texts(cell, text):
    assert cell_text(cell) == text
