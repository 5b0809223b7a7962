"""What the cells of a column show: the evidence that needs no words."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from customer_segmentation.exploration.roles.vocabulary import HeaderWords, fold_text, total_words
from customer_segmentation.sources.parsing.money import currency_in
from customer_segmentation.sources.parsing.texts import parse_yes_no

UNIQUE = 0.98  # share of different cells from which a column names its rows
TRIED = 500  # distinct cells by which a form is judged
_SIGNS = "$€£¥₺₹₽"
_CURRENCY = {
    word: sign
    for sign, words in {
        "€": "eur euro euros",
        "$": "usd dollar dollars",
        "£": "gbp pounds",
        "¥": "jpy yen",
        "₺": "tl try lira",
        "₹": "inr rupees",
        "R$": "brl reais",
        "PLN": "pln zl",
        "MXN": "mxn pesos",
        "₽": "rub",
        **{code.upper(): code for code in ("chf", "sek", "dkk", "nok", "cad", "aud")},
    }.items()
    for word in words.split()
}
_BESIDE = {"kr": "kr", "kc": "Kč", "ft": "Ft", "lei": "lei", "ron": "lei", "czk": "Kč", "huf": "Ft"}  # an amount
_SCALES = {
    word: scale
    for scale, words in {
        "thousand ": "k tsd thousand mil milliers bin",
        "million ": "mio mln million m",
        "cents": "cent cents ct",
        "pence": "pence",
        "kurus": "kurus",
    }.items()
    for word in words.split()
}
_BRACKETED = re.compile(r"[(\[]\s*([^)\]]{1,14}?)\s*[)\]]\s*$")
_WORD_BESIDE = r"([a-z]+)"
_ADDRESS = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_CODED = r"[\w/.-]*\d[\w/.-]*"


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    Attributes
    ----------
    header : str
        As it stands in the source, trimmed.
    words : HeaderWords
    filled : bool array of shape (n_rows,)
        Cells that are not blank.
    codes : int array of shape (n_rows,)
        Which of ``distinct`` a cell is; -1 where it is blank.
    distinct : Series of shape (n_distinct,)
        Different cells as text.
    numbers : float64 array of shape (n_rows,), optional
        The cells as numbers, NaN where there is none; None where they are words.
    strangers : tuple of str
        Words among the numbers.
    rows_per_cell : float
        Rows that have the same cell, on average, in the whole table.
    plain : bool
        Numbers without a sign of a currency, a percent sign or a mark between thousands.
    is_date, is_bool, percent : bool
    date_form : str, optional
        Form of the dates, where they are text.
    """

    header: str
    words: HeaderWords
    filled: np.ndarray = field(repr=False)
    codes: np.ndarray = field(repr=False)
    distinct: pd.Series = field(repr=False)
    numbers: np.ndarray | None = field(repr=False)
    strangers: tuple[str, ...]
    rows_per_cell: float
    is_date: bool = False
    date_form: str | None = None
    is_bool: bool = False
    percent: bool = False
    plain: bool = False

    @property
    def count(self) -> int:
        """Different cells, blanks aside."""
        return len(self.distinct)

    @functools.cached_property
    def share_filled(self) -> float:
        """Share of the rows that have a cell."""
        return float(self.filled.mean()) if len(self.filled) else 0.0

    @property
    def rows_each(self) -> str:
        """Rows in which a cell stands, with the digits that tell them from one."""
        return f"{self.rows_per_cell:,.{2 if self.rows_per_cell < 1.05 else 1}f}"

    @property
    def unique(self) -> bool:
        """Whether nearly every cell differs."""
        return self.rows_per_cell <= 1 / UNIQUE and self.count > 1

    @functools.cached_property
    def values(self) -> np.ndarray:
        """Numbers without the blanks."""
        return np.zeros(0) if self.numbers is None else self.numbers[np.isfinite(self.numbers)]

    @functools.cached_property
    def whole(self) -> bool:
        """Whether all numbers are whole."""
        return len(self.values) > 0 and bool((self.values == np.trunc(self.values)).all())

    @functools.cached_property
    def one_by_one(self) -> bool:
        """Whether the numbers count the rows; nearly: between the places of a look they jump."""
        steps = np.diff(self.values)
        return (
            self.whole
            and len(steps) > 1
            and bool((np.abs(steps) == 1).mean() > 0.99)
            and self.count == len(self.values)
        )

    @functools.cached_property
    def money_like(self) -> bool:
        """Whether the numbers have cents: none needs a third decimal, and many need the second."""
        if self.whole or not len(self.values):
            return False
        cents = self.values * 100
        tolerance = 1e-6 * np.maximum(1, np.abs(cents))
        near = np.abs(cents - np.round(cents)) < tolerance
        second = near & (np.abs(cents / 10 - np.round(cents / 10)) > 1e-3)
        return bool(near.mean() > 0.98 and second.mean() > 0.3)

    @functools.cached_property
    def skewed(self) -> bool:
        """Whether a few numbers are far above the others, as amounts are."""
        if len(self.values) < 10:
            return False
        low, middle, high = np.quantile(self.values, [0.1, 0.5, 0.9])
        return bool(high - middle > 1.4 * (middle - low) > 0)

    @functools.cached_property
    def top_share(self) -> tuple[str, float]:
        """The cell that most rows have, and their share among the filled ones."""
        used = self.codes[self.codes >= 0]
        if not len(used):
            return "", 0.0
        counts = np.bincount(used)
        at = int(counts.argmax())
        return str(self.distinct.iloc[at]), float(counts[at] / len(used))

    @functools.cached_property
    def sample(self) -> pd.Series:
        """Some of the different cells."""
        return self.distinct.head(TRIED)

    @functools.cached_property
    def is_address(self) -> bool:
        """Whether the cells are e-mail addresses."""
        return self.numbers is None and bool(self.sample.str.fullmatch(_ADDRESS).mean() > 0.9)

    @functools.cached_property
    def coded(self) -> bool:
        """Whether the cells are whole numbers or words with digits, as ids are."""
        return bool(self.sample.str.fullmatch(_CODED).mean() > 0.9)

    @functools.cached_property
    def fixed_length(self) -> int:
        """Length that all cells have in common; 0 where they differ."""
        lengths = self.sample.str.len()
        return int(lengths.iloc[0]) if len(lengths) and lengths.min() == lengths.max() else 0

    @functools.cached_property
    def leading_zeros(self) -> bool:
        """Whether whole numbers begin with a zero, as codes do."""
        return self.whole and bool(self.sample.str.fullmatch(r"0\d+").any())

    @functools.cached_property
    def long_text(self) -> bool:
        """Whether the cells are sentences."""
        return self.numbers is None and bool(self.sample.str.count(r"\s").mean() > 2.5)

    @functools.cached_property
    def answers(self) -> np.ndarray:
        """Of yes and no however spelt: 1, 0; -1 where a different cell is neither."""
        return parse_yes_no(self.distinct)

    @property
    def yes_no(self) -> bool:
        """Whether all cells say yes or no, and both are said."""
        both = self.count <= 8 and bool((self.answers >= 0).all()) and len(set(self.answers.tolist())) == 2
        return self.is_bool or both

    @functools.cached_property
    def currency(self) -> str:
        """Sign of a currency in the cells or the header; empty without one."""
        if self.numbers is None:
            return ""
        head = self.distinct.head(50)
        signs = set() if self.plain else {sign for sign in _SIGNS if head.str.contains(sign, regex=False).any()}
        if len(signs) == 1:
            sign = signs.pop()
            return "R$" if sign == "$" and head.str.contains("R$", regex=False).any() else sign
        written = set() if self.plain else set(head.map(fold_text).str.extract(_WORD_BESIDE)[0].dropna())
        if len(written) == 1:  # 45,00 zł; 1.250 TL
            word = written.pop()
            if word in _CURRENCY or word in _BESIDE:
                return _CURRENCY.get(word) or _BESIDE[word]
        named = next((_CURRENCY[word] for word in self.words.words if word in _CURRENCY), "")
        return named or next(("R$" if "R$" in self.header else sign for sign in _SIGNS if sign in self.header), "")

    @functools.cached_property
    def currencies(self) -> tuple[str, ...]:
        """Codes of several currencies among the cells."""
        if self.numbers is None or self.plain:
            return ()
        found = {currency for text in self.sample if (currency := currency_in(str(text)))}
        return tuple(sorted(found)) if len(found) > 1 else ()

    @property
    def says_total(self) -> bool:
        """Whether a phrase that is known as a whole has a word for a total in it, as "toplam harcama" has."""
        return any(word in total_words() for phrase, _ in self.words.found for word in phrase.split())

    @property
    def scale(self) -> str:
        """Of money in thousands or cents: the word for it, such as "thousand "."""
        if not (self.currency or "money" in self.words or "worth" in self.words or "money_other" in self.words):
            return ""
        return next((_SCALES[word] for word in self.words.words if word in _SCALES), "")

    @property
    def bracketed(self) -> str:
        """What stands in brackets at the end of the header."""
        found = _BRACKETED.search(self.header)
        return found[1] if found and not re.fullmatch(r"[\d\s/.-]+", found[1]) else ""
