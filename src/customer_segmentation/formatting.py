"""Figures as a reader meets them: with their unit, with as many digits as say something."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Sequence

CURRENCIES = ("$", "€", "£", "¥")


def figure(value: float, unit: str = "", *, share: bool = False) -> str:
    """Write a figure with its unit: ``41.8 %``, ``$1,116``, ``7.2 referrals``, ``$61.27/month``.

    Parameters
    ----------
    value : the number, in ``unit``; a share between 0 and 1 where ``share`` is set
    unit : such as ``$``, ``$/month`` or ``months``; a currency stands before the number, any other unit behind it
    share : write the number as a percentage; ``unit`` is then not written
    """
    if not math.isfinite(value):
        return "unknown"
    if share:
        return f"{100 * value:.1f} %"
    for sign in CURRENCIES:
        if unit.startswith(sign):
            return f"{'−' if value < 0 else ''}{sign}{_digits(abs(value), money=True)}{unit.removeprefix(sign)}"
    text = _digits(abs(value))
    return f"{'−' if value < 0 else ''}{text} {unit}".strip()


def money(value: float, unit: str = "") -> str:
    """Write a large amount short: ``$8.81 million``, ``$74,200``.

    Parameters
    ----------
    value : the amount, in ``unit``
    unit : a currency, such as ``$``, or the noun of what is counted
    """
    if not math.isfinite(value):
        return "unknown"
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            text = f"{abs(value) / size:.2f}"
            sign = next((item for item in CURRENCIES if unit.startswith(item)), "")
            tail = "" if sign else f" {unit}".rstrip()
            return f"{'−' if value < 0 else ''}{sign}{text} {word}{tail}"
    return figure(round(value, -2) if abs(value) >= 1e4 else value, unit)


def _digits(value: float, *, money: bool = False) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    if money:
        return f"{value:.2f}"
    if value >= 0.1 or value == 0:
        return f"{value:.1f}"
    return f"{value:.2g}"


def shortened(text: str, most: int = 40) -> str:
    """One line of at most so many characters.

    Parameters
    ----------
    text : any text; line breaks and runs of blanks become one blank
    most : characters at most, the ellipsis included
    """
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def joined(words: Sequence[str]) -> str:
    """Join words by commas and a last 'and'."""
    return ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else "".join(words)


def listed(words: Sequence[str]) -> str:
    """Words joined as a reader joins them.

    >>> listed(["a", "b", "c"]), listed(["a"]), listed([])
    ('a, b and c', 'a', '')
    """
    words = [word for word in words if word]
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""


def counted(number_of: int, one: str, many: str) -> str:
    """Write a number with its noun.

    Parameters
    ----------
    number_of : how many there are
    one : the noun of a single one
    many : the noun of none, and of several
    """
    return f"{number_of:,} {one if number_of == 1 else many}"


def span(ks: str) -> str:
    """Numbers of segments as a range where they are one.

    >>> span("2,3,4"), span("2,4"), span("5")
    ('2 to 4', '2 and 4', '5')
    """
    numbers = [int(text) for text in ks.split(",") if text.strip().isdigit()]
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return listed([str(value) for value in numbers])


def capital(text: str) -> str:
    """Text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def moment(milliseconds: int) -> str:
    """Write a point in time, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(milliseconds / 1000))


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:200]


def metric_name(column: str) -> str:
    """Column's name with the signs that a metric's name may have."""
    return re.sub(r"[^\w\-. /:]", "_", column)


def in_words(names: Iterable[str]) -> str:
    """Names in a row: ``Gender, Contract and Age``."""
    every = list(names)
    return " and ".join([", ".join(every[:-1]), *every[-1:]] if len(every) > 1 else every)
