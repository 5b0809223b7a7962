"""Text in figures: measured, cleaned and fitted before it is drawn; numbers written in the unit of their column.

Column names and titles come from any table, so they may be long, hold ``$`` (mathtext), control characters or letters
that the font lacks. Widths are taken from the font itself, which is far cheaper than drawing a figure to lay it out.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from matplotlib import font_manager
from matplotlib.ft2font import LoadFlags
from matplotlib.ticker import Formatter

from customer_segmentation.formatting import NBSP, NOTHING, small
from customer_segmentation.segments.header_words import says_unit

FAMILY = "DejaVu Sans"  # ships with matplotlib, so figures are laid out alike on every machine
#: Sizes in points. Nothing in a figure is smaller than TEXT.
TEXT = 10
PANEL = 11
TITLE = 14
#: Inches from one line of text to the next, a point of its size.
LINE = 1.28 / 72
#: For every Text that holds words of the user: a pair of "$" is no formula.
PLAIN: dict[str, Any] = {"parse_math": False, "family": FAMILY}


@lru_cache(maxsize=4)
def _font_path(bold: bool) -> str:
    return font_manager.findfont(font_manager.FontProperties(family=FAMILY, weight="bold" if bold else "normal"))


def _font(bold: bool) -> Any:
    return font_manager.get_font(_font_path(bold))


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Width of one line of text in inches, with 2 % to spare for hinting.

    Parameters
    ----------
    text : one line
    size : of the font, in points
    bold : whether it is bold
    """
    font = _font(bold)
    font.set_size(size, 72)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / 72 * 1.02


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """One line of text that the font can draw: white space collapsed, control characters dropped, others as □.

    A no-break space stays one, as between a number and its per cent sign.
    """
    joined = re.sub(rf"[^\S{NBSP}]+", " ", text).strip()
    font = _font(False)
    return "".join(c if font.get_char_index(ord(c)) else "□" for c in joined if c.isprintable() or c == NBSP)


def fit(text: object, width: float, size: float = TEXT, bold: bool = False) -> str:
    """Clean a text and shorten it with an ellipsis to ``width`` inches.

    Parameters
    ----------
    text : any text; control characters are dropped
    width : in inches
    size : of the font, in points
    bold : whether it is bold
    """
    line = clean(str(text)[:500])
    if text_width(line, size, bold) <= width:
        return line
    fewest, most = 0, len(line)
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if text_width(line[:middle].rstrip() + "…", size, bold) <= width:
            fewest = middle
        else:
            most = middle - 1
    return line[:fewest].rstrip() + "…"


def fit_all(texts: Sequence[object], width: float, size: float = TEXT) -> list[str]:
    """Fit names of one kind; those that would come out alike lose their middle instead of their end.

    Parameters
    ----------
    texts : names that stand beside each other
    width : in inches
    size : of the font, in points
    """
    fitted = [fit(text, width, size) for text in texts]
    seen = Counter(fitted)
    for i, text in enumerate(texts):
        if seen[fitted[i]] > 1 and fitted[i].endswith("…"):
            line = clean(str(text)[:500])
            tail = fit(line[::-1], width / 2, size).removesuffix("…")[::-1]
            fitted[i] = fit(line, width - text_width(tail, size), size) + tail
    return fitted


def wrap(text: object, width: float, size: float = TEXT, bold: bool = False, lines: int = 3) -> list[str]:
    """Break a text into at most ``lines`` lines of ``width`` inches; what is left over ends in an ellipsis.

    Parameters
    ----------
    text : any text; control characters are dropped
    width : in inches
    size : of the font, in points
    bold : whether it is bold
    lines : at most so many
    """
    words = clean(str(text)[:2000]).split(" ")
    broken: list[str] = []
    while words and len(broken) < lines - 1:
        line = words[0]
        taken = 1
        while taken < len(words) and text_width(f"{line} {words[taken]}", size, bold) <= width:
            line = f"{line} {words[taken]}"
            taken += 1
        if text_width(line, size, bold) > width:  # one word that is too long: break it at a joint, else where it fits
            cut = max(1, len(fit(line, width, size, bold)) - 1)
            cut = max((line.rfind(joint, 1, cut) + 1 for joint in "_-/."), default=0) or cut
            broken.append(line[:cut])
            words[0] = line[cut:]
            continue
        broken.append(line)
        words = words[taken:]
    if words:
        broken.append(fit(" ".join(words), width, size, bold))
    return broken


def wrap_all(texts: Sequence[object], width: float, size: float = TEXT, *, lines: int = 2) -> list[str]:
    """Names of one kind on at most ``lines`` lines each; those that would come out alike lose their middle.

    Parameters
    ----------
    texts : names that stand beside each other
    width : in inches
    size : of the font, in points
    lines : at most so many
    """
    wrapped = ["\n".join(wrap(text, width, size, lines=lines)) for text in texts]
    seen = Counter(wrapped)
    shorter = fit_all(texts, 0.8 * lines * width, size)
    return [
        "\n".join(wrap(short, width, size, lines=lines)) if seen[text] > 1 and text.endswith("…") else text
        for text, short in zip(wrapped, shorter, strict=True)
    ]


def deepest(texts: Sequence[str]) -> int:
    """Lines of the text that has most of them; 1 where there is none."""
    return max((text.count("\n") + 1 for text in texts), default=1)


def widest(texts: Sequence[str], size: float = TEXT, bold: bool = False) -> float:
    """Width in inches of the widest line; 0 when there is none.

    Parameters
    ----------
    texts : of one line or several
    size : of the font, in points
    bold : whether they are bold
    """
    return max((text_width(line, size, bold) for text in texts for line in text.split("\n")), default=0.0)


def number(value: float, unit: str = "") -> str:
    """Write a value to about three significant digits, ``$`` before it, no other unit: 7.2, $3,418, 12.3M, 0.00097.

    >>> number(3418.37, "$"), number(-12, "$/month"), number(0.0000123)
    ('$3,418', '−$12', '0.000012')

    Parameters
    ----------
    value : in ``unit``
    unit : only a currency is written
    """
    if not math.isfinite(value):
        return "–" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 999_500:
        scale, suffix = next(
            (scale, suffix)
            for scale, suffix in ((1e12, "T"), (1e9, "bn"), (1e6, "M"))
            if size >= scale * 0.9995 or suffix == "M"
        )
        text = f"{size / scale:.3g}{suffix}" if size < 999.5e12 else f"{size / scale:,.0f}{suffix}"
    elif size >= 99.95 or size < NOTHING or float(value).is_integer():
        text = f"{size:,.0f}"
    elif size >= 0.995:
        text = f"{size:.1f}"
    else:
        text = f"{size:.2f}" if size >= 0.0095 else small(size)
    sign = "−" if value < 0 and any(digit in "123456789" for digit in text) else ""
    return f"{sign}{'$' if unit.startswith('$') else ''}{text}"


def with_unit(name: object, unit: str = "", width: float = 100.0) -> str:
    """Name of a column with its unit in parentheses, unless the name says it; cut to ``width`` inches before the unit.

    >>> with_unit("Total Revenue", "$"), with_unit("Tenure in Months", "months"), with_unit("Revenue (EUR)", "€")
    ('Total Revenue ($)', 'Tenure in Months', 'Revenue (EUR)')

    Parameters
    ----------
    name : of the column
    unit : such as ``$`` or ``months``
    width : in inches
    """
    text = clean(str(name)[:500])
    unit = clean(unit)
    if not unit or says_unit(text, unit):
        return fit(text, width)
    suffix = f" ({fit(unit, 0.4 * width)})"
    return fit(text, width - text_width(suffix)) + suffix


class UnitFormatter(Formatter):
    """Tick labels with as many decimals as their step needs, thousands separators, and ``$`` in front of dollars."""

    def __init__(self, unit: str = "") -> None:
        self.unit = unit

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002 - the signature of its kind
        """Write a single value, as matplotlib does under the mouse."""
        return number(x, self.unit)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks of an axis with the same decimals and the same magnitude."""
        finite = [float(value) for value in values]
        if not finite:
            return []
        largest = max(abs(value) for value in finite)
        scale, suffix = next(((s, t) for s, t in ((1e12, "T"), (1e9, "bn"), (1e6, "M")) if largest >= s), (1.0, ""))
        step = min((abs(b - a) for a, b in pairwise(finite) if a != b), default=largest or 1.0)
        if largest >= 1e16 or (largest and largest < 1e-4):
            return [self._signed(value, f"{abs(value):.3g}") for value in finite]
        decimals = min(8, max(0, -math.floor(math.log10(step / scale) + 1e-9)))
        while decimals < 8 and any(abs(round(v / scale, decimals) - v / scale) > 0.01 * step / scale for v in finite):
            decimals += 1  # a step of 0.025 needs three: 0.925 is not 0.93
        return [self._signed(value, f"{abs(value) / scale:,.{decimals}f}{suffix if value else ''}") for value in finite]

    def _signed(self, value: float, text: str) -> str:
        return f"{'−' if value < 0 else ''}{'$' if self.unit.startswith('$') else ''}{text}"
