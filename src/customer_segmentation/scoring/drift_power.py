"""What shift the drift test finds in a table of n customers: "steady" means no more than that.

An index of two samples of different populations is about the index of the populations plus chance, (1/n + 1/m) times a
non-central chi-squared variable. That of a normal variable whose mean has moved by d standard deviations is about
0.94 d² in the bins of its deciles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: A shift is said to be found if the test finds it in this share of tables.
POWER = 0.8
#: Index in deciles of a normal variable whose mean has moved by one standard deviation, for small shifts.
INDEX_OF_DEVIATION = 0.94


@dataclass(frozen=True)
class DriftPower:
    """The smallest shifts that are found in four of five tables of this size.

    Attributes
    ----------
    customers : int
        That were compared.
    deviations : float
        Shift of a variable's mean, in standard deviations of the fit; NaN where no variable is a number.
    points : float
        Change of the share of the largest segment, 0 to 1.
    """

    customers: int
    deviations: float
    points: float

    def record(self) -> dict[str, float | None]:
        """As JSON has it."""
        values = {"mean_shift_in_deviations": self.deviations, "segment_share_change": self.points}
        return {name: value if np.isfinite(value) else None for name, value in values.items()}

    @property
    def told(self) -> str:
        """In a sentence."""
        parts = []
        if np.isfinite(self.deviations):
            parts.append(f"a mean that moved by {self.deviations:.2f} standard deviations")
        if np.isfinite(self.points):
            parts.append(f"a segment's share that changed by {100 * self.points:.1f} points")
        if not parts:
            return ""
        return (
            f"With {self.customers:,} customers {' or '.join(parts)} is found in about four of five tables; "
            "smaller shifts may go unnoticed."
        )


def drift_power(
    n: int, known: int, *, bins: int, share: float, risk: float, stability: float, segments: float
) -> DriftPower:
    """Smallest shifts that are found, at least to "watch".

    Parameters
    ----------
    n, known : int
        Customers now and at the fit.
    bins : int
        Most bins of a variable that is a number; below 2: there is none.
    share : float
        Share of the largest segment at the fit.
    risk : float
        Of one test to cry wolf.
    stability, segments : float
        Index of a variable, and change of a share, from which on they count.
    """
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2, norm

    unit = 1 / n + 1 / known
    deviations = float("nan")
    if bins >= 2:
        least = max(float(chi2.ppf(1 - risk, bins - 1)), stability / unit)
        found = brentq(lambda shift: float(ncx2.sf(least, bins - 1, shift)) - POWER, 1e-9, 4 * least + 100)
        deviations = float(np.sqrt(found * unit / INDEX_OF_DEVIATION))
    error = np.sqrt(share * (1 - share) * unit)
    points = float(max(norm.isf(risk / 2) * error, segments) + norm.isf(1 - POWER) * error)
    return DriftPower(n, deviations, points)
