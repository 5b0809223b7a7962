"""Figures as a reader meets them: with their unit, with as many digits as say something."""

from __future__ import annotations

import math

CURRENCIES = ("$", "€", "£", "¥")


def figure(value: float, unit: str = "", *, share: bool = False) -> str:
    """Write a figure with its unit: ``41.8 %``, ``$1,116``, ``7.2 referrals``, ``$61.27/month``."""
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
    """Write a large amount short: ``$8.81 million``, ``$74,200``."""
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
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
