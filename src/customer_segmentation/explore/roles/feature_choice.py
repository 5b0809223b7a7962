"""Which columns a starter offers as features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from customer_segmentation.explore.roles.column_guesses import Guess
from customer_segmentation.settings.data import Role

MOST_FEATURES = 12


_SAME = 0.99  # correlation from which a column repeats another


_MISSING = 0.5  # share of data.max_rejected_share that rows without a feature's value may take


MOST_WORDS = 8  # of a category among the features: each becomes a 0/1 column


@dataclass(frozen=True)
class Choice:
    """Columns of the two feature sets, and why others were left out.

    Attributes
    ----------
    numbers, words : tuple of Guess
        Of the first set; what the second adds.
    left_out : dict of str to str
        Header to reason, for numbers that are no feature.
    """

    numbers: tuple[Guess, ...]
    words: tuple[Guess, ...]
    left_out: dict[str, str]

    @property
    def log_scale(self) -> bool:
        """Whether a logarithm of every number exists."""
        return all(np.nanmin(guess.numbers) >= 0 for guess in self.numbers if guess.numbers is not None)


def choose_features(guesses: Sequence[Guess], *, max_rejected_share: float) -> Choice:
    """Choose the columns that describe a customer.

    Numbers first, the value among them; then yes/no and categories of few words. A column is left out when it repeats
    another one, or when so many rows lack its value that the table would be refused.
    """
    allowed = _MISSING * max_rejected_share
    numbers = [guess for guess in guesses if guess.numbers is not None and guess.role in (Role.numeric, Role.value)]
    numbers.sort(key=lambda guess: guess.role is not Role.value)
    usable = np.ones(len(guesses[0].usable) if guesses else 0, dtype=bool)
    chosen: list[Guess] = []
    left_out: dict[str, str] = {}
    for guess in numbers:
        twin = next((other for other in chosen if _correlation(guess, other) > _SAME), None)
        if 1 - (usable & guess.usable).mean() > allowed:
            left_out[guess.header] = f"{1 - guess.usable.mean():.1%} of the rows have no value and would be set aside"
        elif twin is not None:
            left_out[guess.header] = f"repeats {twin.header} (correlation above {_SAME})"
        elif len(chosen) == MOST_FEATURES:
            left_out[guess.header] = f"beyond the first {MOST_FEATURES} numbers"
        else:
            chosen.append(guess)
            usable &= guess.usable
    words: list[Guess] = []
    for guess in guesses:
        few = guess.distinct <= MOST_WORDS and len(words) < MOST_FEATURES
        if guess.role is Role.categorical and few and 1 - (usable & guess.usable).mean() <= allowed:
            words.append(guess)
            usable &= guess.usable
    order = {guess.header: at for at, guess in enumerate(guesses)}
    return Choice(tuple(sorted(chosen, key=lambda guess: order[guess.header])), tuple(words), left_out)


def _correlation(one: Guess, other: Guess) -> float:
    both = one.usable & other.usable
    if one.numbers is None or other.numbers is None or both.sum() < 3:
        return 0.0
    left, right = one.numbers[both], other.numbers[both]
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return abs(float(np.corrcoef(left, right)[0, 1]))
