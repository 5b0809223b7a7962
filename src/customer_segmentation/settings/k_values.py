"""The numbers of segments a study is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from customer_segmentation.errors import SettingsError

HOW = "give whole numbers of at least 1, such as k=4 or k=[2,3,4,5,6]"


def parse_k(value: Any) -> tuple[int, ...]:
    """Check ``k`` and return its values, ascending and each once.

    Parameters
    ----------
    value : int or iterable of int
        What stands under ``k`` in the config.

    Raises
    ------
    SettingsError
        Not whole numbers, an empty list, or a number below 1.
    """
    if value is None:
        raise SettingsError(f"k is missing; {HOW}.")
    many = isinstance(value, Iterable) and not isinstance(value, str | bytes)
    items = list(value) if many else [value]
    if not items:
        raise SettingsError(f"k is an empty list; {HOW}.")
    for item in items:
        if isinstance(item, bool) or not isinstance(item, Integral):
            raise SettingsError(f"k holds {item!r}; {HOW}.")
        if item < 1:
            raise SettingsError(f"k holds {item}; {HOW}.")
    return tuple(sorted({int(item) for item in items}))
