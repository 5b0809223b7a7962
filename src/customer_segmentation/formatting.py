"""Numbers and sentences as a reader meets them: the one style of every screen, page, figure and description."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from customer_segmentation.secrets import redact

CURRENCIES = ("$", "€", "£", "¥")
#: Unit of money whose currency the table does not say.
UNNAMED_CURRENCY = "currency"
#: Between a number and its per cent sign: they stay on one line.
NBSP = "\u00a0"
#: A figure this much smaller than one is rounding error of a sum, and is written as zero.
NOTHING = 1e-9
#: A word longer than any digest or address that somebody reads is cut: one id would fill pages.
LONG_WORD = re.compile(r"(\S{60})\S{41,}")
_MARKS = re.compile(r"([\\`*_\[\]|#~])")
_FOREIGN = re.compile(r"[^\w\-. :]")
METRIC_LENGTH = 250  # characters that a store takes


def percent(share: float) -> str:
    """Write a share of 1 with one decimal, and with two where one would say nothing or everything.

    >>> [percent(share).replace(NBSP, " ") for share in (0.1289, 0.0095, 1.0, 0.0, 0.99997, 0.00002)]
    ['12.9 %', '0.95 %', '100 %', '0 %', '>99.99 %', '<0.01 %']
    """
    if not math.isfinite(share):
        return "unknown"
    size = abs(100 * share)
    if size < NOTHING:
        return f"0{NBSP}%"
    if abs(size - 100) < NOTHING:
        text = "100"
    elif size < 0.005:
        text = "<0.01"
    elif 99.995 <= size < 100:
        text = ">99.99"
    else:
        text = f"{size:.2f}" if size < 0.995 or 99.95 <= size < 100 else f"{size:,.1f}"
    return f"{'−' if share < 0 else ''}{text}{NBSP}%"


def finite(value: Any) -> float | None:
    """Number that a cell holds; None where it holds none, or infinity.

    >>> finite(0.5), finite(None), finite(float("nan")), finite(float("inf"))
    (0.5, None, None, None)
    """
    try:
        number = float(value)
    except (TypeError, ValueError):  # None, pandas' own NA
        return None
    return number if math.isfinite(number) else None


def level(share: float) -> str:
    """Write a share that somebody chose, such as that of an interval, with the digits that were chosen.

    >>> [level(share).replace(NBSP, " ") for share in (0.95, 0.995, 0.07)]
    ['95 %', '99.5 %', '7 %']
    """
    return f"{100 * share:g}{NBSP}%"


def apart(value: float, limit: float, *, decimals: int = 2, share: bool = False) -> tuple[str, str]:
    """Write a value and the limit it is compared with, with the digit that decides between them.

    Parameters
    ----------
    value : float
        Of a candidate, a segment or a row count.
    limit : float
        What it has to reach, or must not exceed.
    decimals : int
        Of the value, unless more are needed to tell it from the limit.
    share : bool
        Both are shares of 1, written as percentages with one decimal or as many as decide.

    Examples
    --------
    >>> apart(0.7493, 0.75), apart(0.6123, 0.75), apart(0.75, 0.75)
    (('0.749', '0.75'), ('0.61', '0.75'), ('0.75', '0.75'))
    """
    scale, shortest = (100.0, 1) if share else (1.0, decimals)
    tail = f"{NBSP}%" if share else ""
    one, other = value * scale, limit * scale
    shown = f"{one:.{shortest}f}"
    for places in range(shortest, 10):
        shown = f"{one:.{places}f}"
        if one == other or float(shown) != round(other, places):
            break
    return f"{shown.replace('-', '−')}{tail}", f"{other:.6g}".replace("-", "−") + tail


def score(value: float, decimals: int = 3) -> str:
    """Write a score such as a silhouette or an adjusted Rand index; one that is nearly 1 is not called 1.

    >>> score(0.4561), score(0.99996), score(1.0), score(-0.0001)
    ('0.456', '0.999', '1.000', '0.000')

    Parameters
    ----------
    value : the score
    decimals : digits behind the point
    """
    if not math.isfinite(value):
        return "unknown"
    text = f"{abs(value):.{decimals}f}"
    if float(text) >= 1 > abs(value):
        text = f"{1 - 10.0**-decimals:.{decimals}f}"
    return f"{'−' if value < 0 and float(text) else ''}{text}"


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
        return percent(value)
    if unit == UNNAMED_CURRENCY:
        text = digits(abs(value), money=True)
        return f"{_minus(value, text)}{text}"
    for sign in CURRENCIES:
        if unit.startswith(sign):
            text = digits(abs(value), money=True)
            return f"{_minus(value, text)}{sign}{text}{unit.removeprefix(sign)}"
    text = digits(abs(value))
    return f"{_minus(value, text)}{text} {unit}".strip()


def money(value: float, unit: str = "") -> str:
    """Write a large amount short: ``$8.81 million``, ``$74,200``, ``$3.06 million/month``.

    Parameters
    ----------
    value : float
        The amount, in ``unit``.
    unit : str
        A currency, such as ``$``, with or without a period, or the noun of what is counted.
    """
    if not math.isfinite(value):
        return "unknown"
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size * 0.99999:
            sign = next((item for item in CURRENCIES if unit.startswith(item)), "")
            rest = unit.removeprefix(sign).removeprefix(UNNAMED_CURRENCY)
            tail = rest if sign else f" {rest}".rstrip()
            return f"{_minus(value, '1')}{sign}{abs(value) / size:,.2f} {word}{tail}"
    return figure(round(value, -2) if abs(value) >= 1e4 else value, unit)


def _minus(value: float, text: str) -> str:
    return "−" if value < 0 and any(sign in "123456789" for sign in text) else ""


def digits(value: float, *, money: bool = False) -> str:
    """Write a number that is not negative with as many digits as say something, never with an exponent.

    >>> digits(3418.37), digits(7.23), digits(0.0123), digits(1.2e-14), digits(61.267, money=True), digits(2.4e15)
    ('3,418', '7.2', '0.012', '0', '61.27', '2,400.0 trillion')

    Parameters
    ----------
    value : from 0
    money : two decimals below 100, as prices have them
    """
    if value < NOTHING:
        return "0"
    for size, word in ((1e13, "trillion"), (1e10, "billion")):
        if value >= size:
            return f"{value / size * 10:,.1f} {word}"
    if value >= 99.995 if money else value >= 99.95:
        return f"{value:,.0f}"
    if money and value >= 0.005:
        return f"{value:.2f}"
    return f"{value:.1f}" if value >= 0.995 else small(value)


def small(value: float) -> str:
    """Write a number between 0 and 1 with two digits that count, without an exponent.

    >>> small(0.0123), small(0.00002), small(0.01)
    ('0.012', '0.00002', '0.01')
    """
    places = 1 - math.floor(math.log10(value))
    return f"{value:.{places}f}".rstrip("0")


def duration(seconds: float) -> str:
    """Write a time that something took.

    >>> duration(0.43), duration(41.3), duration(125), duration(7380)
    ('0.4 s', '41 s', '2 min 5 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def shortened(text: str, most: int = 40) -> str:
    """One line of at most so many characters.

    Parameters
    ----------
    text : any text; line breaks and runs of blanks become one blank
    most : characters at most, the ellipsis included
    """
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def listed(words: Iterable[object], *, most: int | None = None) -> str:
    """Words joined as a reader joins them; those beyond ``most`` are counted.

    >>> listed(["a", "b", "c"]), listed(["a"]), listed([]), listed("abcd", most=2)
    ('a, b and c', 'a', '', 'a, b and 2 more')

    Parameters
    ----------
    words : what is joined; empty ones are left out
    most : at most so many; None: all
    """
    every = [str(word) for word in words if str(word)]
    if most is not None and len(every) > most:
        every = [*every[:most], f"{len(every) - most} more"]
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def counted(number_of: int, one: str, many: str = "") -> str:
    """Write a number with its noun.

    Parameters
    ----------
    number_of : int
    one, many : str
        The noun of a single one and of several; by default with an s.

    Examples
    --------
    >>> counted(1, "study", "studies"), counted(2304, "customer")
    ('1 study', '2,304 customers')
    """
    return f"{number_of:,} {one if number_of == 1 else many or f'{one}s'}"


def span(ks: str) -> str:
    """Numbers of segments as a range where they are one.

    >>> span("2,3,4"), span("2,4"), span("5")
    ('2 to 4', '2 and 4', '5')
    """
    numbers = [int(text) for text in ks.split(",") if text.strip().isdigit()]
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return listed(numbers)


def capital(text: str) -> str:
    """Text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def moment(milliseconds: int) -> str:
    """Write a point in time, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(milliseconds / 1000))


def first_line(error: BaseException) -> str:
    """What an error says first, in one line."""
    said = redact(str(error)).strip()  # whole: a secret may hold a line's end, or a dot at its own
    return one_line((said.splitlines() or [type(error).__name__])[0].rstrip("."))[:200]


def one_line(said: object) -> str:
    """What somebody says, on one line, cut after its secrets are taken out: half of one is not known for one."""
    return " ".join(redact(str(said)).split())[:300]


def metric_name(*parts: str) -> str:
    """Name of a metric, a "/" between its parts; signs that a store refuses become "_" within a part.

    >>> metric_name("association", "Customer Status: Churned / left")
    'association/Customer Status: Churned _ left'
    """
    return "/".join(_FOREIGN.sub("_", part) for part in parts)[:METRIC_LENGTH]


def cut(text: str) -> str:
    """Cut words of more than 100 characters, secrets taken out before: half of one would not be known for one.

    >>> cut("W" * 5000) == "W" * 60 + "…"
    True
    """
    return LONG_WORD.sub(r"\1…", redact(text))


def markdown(text: object) -> str:
    """Text as markdown that shows it as it stands: on one line, in a table's cell too."""
    # A no-break space is kept, as it is what holds a number and its sign together.
    line = "".join(sign if sign.isprintable() or sign == NBSP else " " for sign in str(text))
    line = cut(re.sub(r"[^\S\u00a0]+", " ", line).strip())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(r"\\\1", line)


def markdown_code(text: object) -> str:
    """Text as a block of code in markdown: its fence is longer than any row of backticks within."""
    shown = str(text)
    longest = max((len(found) for found in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}sh\n{shown}\n{fence}"


def told_apart(names: Sequence[str], ours: Collection[str], what: str = "feature") -> list[str]:
    """Names of a user's, of which none is one of ours, nor twice.

    Parameters
    ----------
    names : of the user's columns
    ours : names that stand in the same table
    what : word that is added to a name which is taken

    Examples
    --------
    >>> told_apart(["age", "share", "share (feature)"], ["segment", "share"])
    ['age', 'share (feature 2)', 'share (feature)']
    """
    taken = {*ours, *names}
    found = []
    for name in names:
        new, number = name, 1
        while new in ours or new in found or (new != name and new in taken):
            new, number = f"{name} ({what}{f' {number}' if number > 1 else ''})", number + 1
        found.append(new)
    return found
