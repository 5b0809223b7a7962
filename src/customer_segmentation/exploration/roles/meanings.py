"""What a column may mean, and how the evidence for each reading is weighed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from customer_segmentation.exploration.roles.facts import ColumnFacts


class Meaning(Enum):
    """What a column means; several meanings have one role in a contract."""

    customer = "customer key"
    order = "order number"
    identifier = "identifier"  # of something else than customers and orders
    amount = "amount"
    quantity = "quantity"
    price = "price of one piece"
    date = "date"
    calendar = "calendar"  # a year, a week: a place in time as a number
    outcome = "outcome"
    later = "known afterwards"  # known only once a customer has left
    yes_no = "yes/no"
    category = "category"
    code = "code"
    count = "count"
    measure = "measure"
    text = "text"
    nothing = "ignored"


#: Meanings that have one effect on segments: to take one for the other changes nothing.
EFFECT = {
    **dict.fromkeys([Meaning.amount, Meaning.quantity, Meaning.price, Meaning.count, Meaning.measure], "numeric"),
    **dict.fromkeys([Meaning.yes_no, Meaning.category], "categorical"),
    Meaning.customer: "customer key",
    Meaning.outcome: "outcome",
}
IGNORED = "ignore"


def effect(meaning: Meaning) -> str:
    """What a column with this meaning does: numeric, categorical, outcome, customer key or ignore."""
    return EFFECT.get(meaning, IGNORED)


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for a reading, or with a negative weight against it."""

    weight: float
    text: str


@dataclass
class Weighed:
    """The readings of one column with what speaks for and against each."""

    facts: ColumnFacts
    evidence: dict[Meaning, list[Evidence]] = field(default_factory=dict)

    def add(self, meaning: Meaning, weight: float, text: str) -> None:
        """Add a piece of evidence.

        Parameters
        ----------
        meaning : what the column may be
        weight : above 0 it speaks for it, below against
        text : what is told of it; empty: nothing
        """
        self.evidence.setdefault(meaning, []).append(Evidence(weight, text))

    def points(self, meaning: Meaning) -> float:
        """Sum of the evidence for a reading; minus infinity where there is none at all."""
        found = self.evidence.get(meaning)
        return sum(piece.weight for piece in found) if found else -np.inf

    def ranked(self) -> list[tuple[Meaning, float]]:
        """Readings by their points, the best first."""
        return sorted(((one, self.points(one)) for one in self.evidence), key=lambda pair: -pair[1])

    def confidence(self, meaning: Meaning) -> float:
        """Probability of a reading's effect, were the points log-odds: between 0 and 1."""
        ranked = self.ranked()
        if not ranked:
            return 0.0
        points = np.array([value for _, value in ranked])
        shares = np.exp(points - points.max())
        same = np.array([effect(one) == effect(meaning) for one, _ in ranked])
        if not same.any():  # settled by the table as a whole, such as a second key
            return 1.0
        # The same effect counts once: ten ways to be a number do not make it one.
        return float(shares[same].max() / (shares[same].max() + (shares[~same].max() if (~same).any() else 0.0)))

    def reasons(self, meaning: Meaning, *, most: int = 3) -> list[str]:
        """What speaks for a reading, the strongest first.

        Parameters
        ----------
        meaning : what the column may be
        most : at most so many
        """
        found = sorted(self.evidence.get(meaning, []), key=lambda piece: -piece.weight)
        return [piece.text for piece in found if piece.weight > 0 and piece.text][:most]
