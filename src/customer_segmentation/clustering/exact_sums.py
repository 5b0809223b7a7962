"""Sums that are exact, so that neither order nor parts of a table change a digit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_WIDTH = 32  # bits of a slice of a number
#: Rows added at once: sums of so many slices are whole numbers that a double holds.
_ROWS = 1 << 20

#: Rows of a part, the place of a slice, and the slices of these rows in units of that place.
Slices = tuple[slice, int, Floats]


def slices_of(values: Floats) -> Iterator[Slices]:
    """Cut numbers into slices, which may then be added to several sums.

    Parameters
    ----------
    values : array of shape (n_rows,)
        Finite.
    """
    for start in range(0, len(values), _ROWS):
        rows = slice(start, start + _ROWS)
        rest = np.array(values[rows], dtype=np.float64)
        while (top := float(np.abs(rest).max(initial=0.0))) > 0:
            place = -(-int(np.frexp(top)[1]) // _WIDTH) - 1  # the largest number is below 2 ** (_WIDTH * (place + 1))
            units = np.trunc(np.ldexp(rest, -_WIDTH * place))
            rest -= np.ldexp(units, _WIDTH * place)
            yield rows, place, units


class ExactSums:
    """Sum of finite numbers for each of some groups.

    A number is cut into slices at fixed places of its binary digits; slices of one place are whole multiples of one
    unit, whose sums are exact. The sum of all slices is rounded once, at the end.

    Parameters
    ----------
    groups : int
        How many there are.

    Examples
    --------
    >>> sums = ExactSums(1)
    >>> sums.add(np.array([1e16, 1.0, -1e16]), np.zeros(3, dtype=int))
    >>> sums.values
    array([1.])
    """

    def __init__(self, groups: int) -> None:
        self._groups = groups
        self._slices: dict[int, list[int]] = defaultdict(lambda: [0] * groups)

    def add(self, values: Floats, groups: npt.NDArray[np.integer]) -> None:
        """Add numbers.

        Parameters
        ----------
        values : array of shape (n_rows,)
            Finite.
        groups : integer array of shape (n_rows,)
        """
        self.add_slices(slices_of(values), groups)

    def add_slices(self, slices: Iterable[Slices], groups: npt.NDArray[np.integer]) -> None:
        """Add numbers that are cut already.

        Parameters
        ----------
        slices : of the numbers, see `slices_of`
        groups : integer array of shape (n_rows,)
        """
        for rows, place, units in slices:
            held = self._slices[place]
            for group, total in enumerate(np.bincount(groups[rows], weights=units, minlength=self._groups).tolist()):
                held[group] += int(total)

    def merge(self, slices: Mapping[str, list[int]]) -> None:
        """Add what `state` of other sums holds."""
        for place, totals in slices.items():
            held = self._slices[int(place)]
            for group, total in enumerate(totals):
                held[group] += total

    @property
    def state(self) -> dict[str, list[int]]:
        """What can be sent to where all is summed up."""
        return {str(place): totals for place, totals in self._slices.items()}

    @property
    def values(self) -> Floats:
        """The sums, each the double that is nearest to it."""
        totals = [Fraction(0)] * self._groups
        for place, held in self._slices.items():
            unit = Fraction(2) ** (_WIDTH * place)
            totals = [total + unit * slices for total, slices in zip(totals, held, strict=True)]
        return np.array([float(total) for total in totals])
