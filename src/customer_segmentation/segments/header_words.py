"""Headers of columns as a reader says them, and the word for much or little of what they hold."""

from __future__ import annotations

import re

from customer_segmentation.formatting import CURRENCIES, UNNAMED_CURRENCY

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]{2})")
_UNIT_BEHIND = re.compile(r"\s*[(\[]([^()\[\]]{1,12})[)\]]\s*$")
_UNIT_AFTER_IN = re.compile(r"\s+in\s+(\S{1,7})$", re.IGNORECASE)
_HEAD_ENDS = re.compile(
    r"\s+(?:per|p\.|pro|je|par|por|a|an|as|at|of|on|since|in|for|with|last|by|from|to)\s+|\s*/\s*|\s*\(", re.IGNORECASE
)
#: What says that things are counted, before their name.
_COUNT_OF = re.compile(
    r"(?:(?:anz\.|#)\s*|(?:anzahl|(?:number|num|no\.?|nr\.?) of|nombre d[e'])\s+)(?=\S)", re.IGNORECASE
)
#: Units of time as headers write them, whatever the contract calls them.
_TIMES = frozenset(
    [
        *("y", "yr", "yrs", "mo", "mos", "mon", "wk", "wks", "d", "h", "hr", "hrs", "min", "mins", "jahr", "jahre"),
        *(
            "monat",
            "monate",
            "woche",
            "wochen",
            "tag",
            "tage",
            "std",
            "stunden",
            "minuten",
            "an",
            "ans",
            "mois",
            "jour",
        ),
        *("jours", "heures", "año", "años", "mes", "meses", "día", "días", "anni", "mesi", "giorni", "jaar", "dagen"),
    ]
)
_CALLED = {"€": ("eur", "euro"), "$": ("usd", "dollar"), "£": ("gbp", "pound"), "¥": ("jpy", "cny", "yen", "yuan")}
_PERIODS = {"month": ("month", "mrr", "monat", "mtl", "mens"), "year": ("year", "annual", "arr", "jahr", "jähr", "ann")}
_MONEY_TAILS = frozenset(
    [*(f"{word}{end}" for words in _CALLED.values() for word in words for end in ("", "s")), "chf"]
)
#: What may stand behind the word that is counted: "classes booked", "booked days ahead".
_BEHIND = re.compile(
    r"(?:\w{2,}ed|ahead|ago|online|total|read|sent|given|bought|sold|seen|made|taken|held|left)$", re.IGNORECASE
)
#: Words that end in s and count nothing: of money there is much, not many.
_SINGULAR = re.compile(r"(?:ss|us|is|ijs|zins|ness|arrears|earnings|sales|savings)$", re.IGNORECASE)
#: Columns for which the language has words of its own: much, little.
_OWN = {"age": ("older", "younger"), "tenure": ("long tenure", "short tenure")}
_OWN |= {"alter": _OWN["age"], "kunde seit": _OWN["tenure"]}
_VERY = {"older": "much older", "younger": "much younger"}


def in_words(header: str, unit: str = "") -> str:
    """A header as words: ``avg_rate`` and ``AvgRate`` are "avg rate"; a unit behind it, told elsewhere, is left out.

    >>> in_words("lead_time_days", "days"), in_words("NumOfProducts"), in_words("Monthly fee (€)", "€/month")
    ('lead time', 'num of products', 'monthly fee')
    >>> in_words("Alter (Jahre)", "years"), in_words("Durchschn. Saldo in €", "€"), in_words("Churned?")
    ('Alter', 'Durchschn. Saldo', 'Churned')

    Parameters
    ----------
    header : of a column, or the name of a feature
    unit : of the column, as the contract says
    """
    text = header.strip().rstrip("?").rstrip() or header.strip()
    behind = _UNIT_BEHIND.search(text) or _UNIT_AFTER_IN.search(text)
    own = behind[1].lower() if behind and behind.start() else ""
    written = own in CURRENCIES or own in _MONEY_TAILS or (own in _TIMES and bool(unit))
    if behind and own and (written or (own in unit.lower() and behind.re is _UNIT_BEHIND)):
        text = text[: behind.start()]
    if " " not in text:
        parts = [part for run in re.split(r"[_.\-]+", text) for part in _HUMP.split(run) if part]
        if len(parts) > 1:
            tail = parts[-1].lower()
            if tail == unit.lower() or (tail in _MONEY_TAILS and len(parts) > 1):
                parts = parts[:-1]
            text = " ".join(part if part.isupper() and len(part) > 1 else part.lower() for part in parts)
    first, rest = text[:1], text[1:]
    return first.lower() + rest if " " in rest and rest == rest.lower() else text


def says_unit(header: str, unit: str) -> bool:
    """Tell whether a header says the unit of its column: then it is not written a second time; nor is money of no name.

    >>> says_unit("Mean Revenue (EUR)", "€"), says_unit("tenureMonths", "months"), says_unit("MRR ($)", "$/month")
    (True, True, True)
    >>> says_unit("Monetary", "currency"), says_unit("Fee", "currency/month")
    (True, False)
    >>> says_unit("Fee in EUR", "€/month"), says_unit("Visits", "s"), says_unit("Europe", "€")
    (False, False, False)

    Parameters
    ----------
    header : of a column, or what is measured
    unit : of the column; one that is empty is said
    """
    words = set(re.findall(r"[^\W\d_]+|[^\w\s]", " ".join(_HUMP.split(header)).lower()))
    words |= {word.removesuffix("s") for word in words}
    what, _, period = unit.lower().partition("/")
    said = (
        what == UNNAMED_CURRENCY
        or not words.isdisjoint(_CALLED.get(what, ()))
        or set(what.split()) <= words | {f"{word}s" for word in words}
    )
    return said and (not period or any(word.startswith(_PERIODS.get(period, (period,))) for word in words))


def much(name: str, *, above: bool, strong: bool) -> str:
    """The words for much or little of a number.

    >>> much("visits per month", above=True, strong=True), much("avg rate", above=False, strong=False)
    ('very many visits per month', 'low avg rate')
    >>> much("Classes Booked", above=False, strong=False), much("months as member", above=True, strong=False)
    ('few Classes Booked', 'many months as member')
    >>> much("Anz. Buchungen/Monat", above=True, strong=False), much("Support Tickets / Qtr", above=True, strong=True)
    ('many Buchungen/Monat', 'very many Support Tickets / Qtr')

    Parameters
    ----------
    name : what the number is, in words
    above : much of it, not little
    strong : far from all customers
    """
    own = _OWN.get(name.lower())
    if own is not None:
        word = own[0] if above else own[1]
        return _VERY.get(word, f"very {word}") if strong else word
    counted = _COUNT_OF.match(name)
    name = name[counted.end() :] if counted else name
    head = _HEAD_ENDS.split(name, maxsplit=1)[0]
    words = head.split() or [""]
    while len(words) > 1 and _BEHIND.fullmatch(words[-1]):
        words.pop()
    last = words[-1]
    counts = bool(counted) or (len(last) > 3 and last.endswith("s") and not _SINGULAR.search(last))
    pair = ("many", "few") if counts or last.lower() == "children" else ("high", "low")
    return f"{'very ' if strong else ''}{pair[0] if above else pair[1]} {name}"
