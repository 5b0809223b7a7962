"""Which columns a starter offers as features: those that tell customers apart without saying the same twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from customer_segmentation.exploration.roles.column_guesses import Guess
from customer_segmentation.formatting import percent
from customer_segmentation.settings.data import Role

MOST_FEATURES = 12
MOST_WORDS = 8  # of a category among the features: each becomes a 0/1 column
_SAME = 0.99  # correlation from which a column repeats another
_ALIKE = 0.97  # correlation from which a column says little that another does not, where there are many
_ALL_EQUAL = 0.98  # share of one cell from which a column tells hardly any customers apart
_MISSING = 0.5  # share of data.max_rejected_share that rows without a feature's value may take
_MOST_BLANK = 0.5  # share of blank cells beyond which a column is not imputed
_REFERENCE = 5  # columns of the reference space at most
_ROWS = 2000  # by which correlations are told
_MOST_COMPARED = 400  # numbers that compete for the places
_BEHAVIOUR = frozenset(["worth", "money", "count", "counted", "duration", "quantity", "total"])
_FIRST, _LAST = 5.0, 0.2  # how much more than others what a customer did or paid weighs, and a score


@dataclass(frozen=True)
class Choice:
    """Columns of the two feature sets, and why others were left out.

    Attributes
    ----------
    numbers, words : tuple of Guess
        Of the first set; what the second adds.
    left_out : dict of str to str
        Header to reason, for numbers and categories that are no feature.
    reference : tuple of Guess
        Numbers of the reference space: the value and those that are least alike.
    imputed : frozenset of str
        Headers of those whose blank cells are taken for a value.
    """

    numbers: tuple[Guess, ...]
    words: tuple[Guess, ...]
    left_out: dict[str, str]
    reference: tuple[Guess, ...] = ()
    imputed: frozenset[str] = frozenset()

    @property
    def log_scale(self) -> bool:
        """Whether a logarithm of every number exists."""
        return all(np.nanmin(guess.numbers) >= 0 for guess in self.numbers if guess.numbers is not None)


def choose_features(guesses: Sequence[Guess], *, max_rejected_share: float, impute: bool = False) -> Choice:
    """Choose the columns that describe a customer.

    Numbers first, the value among them; then yes/no and categories of few words. A column is left out when nearly all
    customers have the same number, when it repeats another one, when so many rows lack its value that the table would
    be refused, or when there are better ones than places: what a customer did or paid goes before scores, and of
    equals the one that is least like those that are in.

    Parameters
    ----------
    guesses : sequence of Guess
    max_rejected_share : float
        Share of the rows that may lack a value, of which features take a half.
    impute : bool
        Blank cells of other columns than the value set no row aside: a median or the most frequent answer stands there.

    Returns
    -------
    Choice
    """
    allowed = _MISSING * max_rejected_share
    imputed = frozenset(guess.header for guess in guesses if impute and _imputable(guess))
    guesses = [
        replace(guess, usable=np.ones_like(guess.usable)) if guess.header in imputed else guess for guess in guesses
    ]
    numbers = [guess for guess in guesses if guess.numbers is not None and guess.role in (Role.numeric, Role.value)]
    left_out: dict[str, str] = {}
    usable = np.ones(len(guesses[0].usable) if guesses else 0, dtype=bool)
    chosen: list[Guess] = []
    scores = {guess.header: _score(guess) for guess in numbers}
    possible = sorted(numbers, key=lambda guess: -scores[guess.header])
    for guess in possible[_MOST_COMPARED:]:
        left_out[guess.header] = f"one of {len(numbers):,} numbers, of which {MOST_FEATURES} shape the segments"
    possible = possible[:_MOST_COMPARED]
    columns = _standardised(possible)
    nearest = np.zeros(len(possible))
    twin: list[str] = [""] * len(possible)
    waiting = list(range(len(possible)))
    many = len(possible) > MOST_FEATURES
    while waiting:
        at = max(waiting, key=lambda one: scores[possible[one].header] * (1.05 - nearest[one] ** 2) - 1e-9 * one)
        waiting.remove(at)
        guess = possible[at]
        reason = _objection(guess, usable, allowed, nearest[at], twin[at], many=many)
        if not reason and len(chosen) == MOST_FEATURES:
            reason = f"tells less than the {MOST_FEATURES} that are in"
            reason += f"; most like {twin[at]} ({nearest[at]:.2f})" if nearest[at] >= 0.3 else ""
        if reason:
            left_out[guess.header] = reason
            continue
        chosen.append(guess)
        usable &= guess.usable
        alike = np.abs(columns @ columns[at])
        closer = alike > nearest
        twin = [guess.header if closer[one] else twin[one] for one in range(len(possible))]
        nearest = np.maximum(nearest, alike)
    words: list[Guess] = []
    for guess in guesses:
        if guess.role is not Role.categorical:
            continue
        reason = _blanks(guess, usable, allowed)
        if guess.n_words > MOST_WORDS:
            reason = f"{guess.n_words} different values, and each of at most {MOST_WORDS} becomes a feature"
        elif len(words) == MOST_FEATURES and not reason:
            reason = f"one more category than the {MOST_FEATURES} that are in"
        if reason:
            left_out[guess.header] = reason
            continue
        words.append(guess)
        usable &= guess.usable
    order = {guess.header: at for at, guess in enumerate(guesses)}
    in_order = {header: left_out[header] for header in sorted(left_out, key=lambda header: order[header])}
    by_place = tuple(sorted(chosen, key=lambda guess: order[guess.header]))
    return Choice(by_place, tuple(words), in_order, tuple(chosen[:_REFERENCE]), imputed)


def _imputable(guess: Guess) -> bool:
    """Whether a statistic can stand in the blank cells: what a customer is worth is never made up."""
    kind = Role.numeric if guess.numbers is not None else Role.categorical
    return guess.role is kind and 0 < 1 - guess.usable.mean() <= _MOST_BLANK


def _score(guess: Guess) -> float:
    """How far a number tells customers apart: the value above all, then behaviour; less for one common cell, blanks."""
    facts = guess.facts
    if guess.role is Role.value:
        return 100.0
    if facts is None:
        return 1.0
    if facts.is_date:  # after the numbers: of a date and a number that say the same, the number needs no reference date
        return _LAST * facts.share_filled
    told = _LAST if "score" in facts.words else _FIRST if _BEHAVIOUR & facts.words.concepts else 1.0
    return told * (1.0 - facts.top_share[1] + 0.05) * facts.share_filled


def _objection(guess: Guess, usable: np.ndarray, allowed: float, alike: float, twin: str, *, many: bool) -> str:
    """Why a number is no feature; empty where it is one."""
    blanks = _blanks(guess, usable, allowed)
    if blanks:
        return blanks
    if alike > _SAME:
        return f"repeats {twin} (correlation above {_SAME})"
    if many and alike > _ALIKE:
        return f"says nearly what {twin} says (correlation {alike:.2f})"
    common = guess.facts.top_share[1] if guess.facts is not None else 0.0
    if common > _ALL_EQUAL:
        top = guess.facts.top_share[0] if guess.facts is not None else ""
        return f"{percent(common)} of the customers have {top}: it separates hardly any"
    return ""


def _blanks(guess: Guess, usable: np.ndarray, allowed: float) -> str:
    """Why a column with blank cells is no feature; empty where they are few."""
    offer = "; impute=true keeps it" if _imputable(guess) else ""
    if 1 - guess.usable.mean() > allowed:
        return f"{percent(1 - guess.usable.mean())} of the rows have no value and would be rejected{offer}"
    if 1 - (usable & guess.usable).mean() > allowed:
        return (
            f"{percent(1 - guess.usable.mean())} of the rows have no value; with those of the other features more than "
            f"{percent(allowed)} would be rejected{offer}"
        )
    return ""


def _standardised(guesses: Sequence[Guess]) -> np.ndarray:
    """Numbers of a sample of the rows, each column of mean 0 and length 1, blanks at the mean: (n_columns, n_rows)."""
    if not guesses:
        return np.zeros((0, 0))
    step = max(len(guesses[0].usable) // _ROWS, 1)
    result = []
    for guess in guesses:
        values = np.asarray(guess.numbers, dtype=np.float64)[::step]
        known = np.isfinite(values)
        centred = np.where(known, values - (values[known].mean() if known.any() else 0.0), 0.0)
        length = np.linalg.norm(centred)
        result.append(centred / length if length > 0 else centred)
    return np.array(result)
