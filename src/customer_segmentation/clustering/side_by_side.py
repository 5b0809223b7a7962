"""Independent fits, side by side where the caller has processes to spare.

Who has them says so by joblib's own ``parallel_config(n_jobs=2)`` around the call, as for any function of
scikit-learn; without it the fits run one after the other. Each has its own seed, so that the numbers are the same
either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from joblib import Parallel, delayed

Result = TypeVar("Result")


def side_by_side(function: Callable[..., Result], calls: Iterable[tuple[Any, ...]]) -> list[Result]:
    """Call a function once for each tuple of arguments.

    Parameters
    ----------
    function : callable
        Changes nothing that is shared.
    calls : iterable of tuple

    Returns
    -------
    list
        In the order of the calls.
    """
    return list(Parallel()(delayed(function)(*arguments) for arguments in calls))
