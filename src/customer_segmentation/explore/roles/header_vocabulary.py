"""What a header's words tell about its column: an id, a code, money, a duration, the outcome.

English words and the commonest German ones; a guess from them is written down with its reason, for a person to check.
"""

from __future__ import annotations

import re
import unicodedata

_PARTS = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüßà-ÿ]+|\d+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PERSON = _set(
    "customer client member user account acct subscriber household contact buyer shopper patient guest donor kunde "
    "kunden mitglied mitglieds konto nutzer"
)
_ID_WORDS = _set("id ids uid uuid guid identifier")
_NUMBER_WORDS = _set("no nr num number nummer key code ref reference")
#: A word that ends like this and begins with a person: customerid, kundennummer, memberno.
_JOINED = re.compile(
    r"(?:customer|client|member|user|account|acct|subscriber|household|contact|kunden?|mitglieds?|nutzer|konto)"
    r"(?:id|no|nr|number|num|nummer|key|code|ref)"
)
ORDER = _set(
    "order orders invoice transaction receipt basket purchase bestellung bestell rechnung bon ticket trans txn"
)
_ORDER_JOINED = re.compile(
    r"(?:order|invoice|transaction|receipt|bestell|rechnungs?)(?:id|no|nr|number|num|nummer|key)"
)
CODE = _set(
    "zip zipcode postcode postal plz postleitzahl phone telephone telefon mobile fax iban bic code sku ean isbn "
    "latitude longitude lat lon lng geo geohash ip index"
)
#: Whole numbers under these words name a kind; with few different ones they are categories.
KIND = _set(
    "type kind plan tier level class group category segment branch store shop region area district cluster channel "
    "club studio site location station filiale standort tarif typ art klasse gruppe"
)
DATE = _set("date datum day timestamp time joined since signup birthday birth dob created updated at on")

_LEAVING = _set(
    "churn churned churner attrition attrited exited cancelled canceled cancel cancellation lapsed quit terminated "
    "unsubscribed resigned gekündigt kündigung abgewandert"
)
_LEFT = _set("left exit ended inactive former")
_STAYING = _set("active aktiv retained stayed current")
_EVENT = re.compile(
    r"^(?:churn|cancel|left\b|lapsed|lost|inactive|inaktiv|closed|exit|former|expired|terminated|quit|attrit|ended|"
    r"gekündigt|ehemalig|resigned|unsubscribed|dropped)",
    re.IGNORECASE,
)

#: word -> how much it speaks for "what a customer is worth to us"
_MONEY = {
    **dict.fromkeys(_set("revenue turnover umsatz erlös ltv clv cltv"), 5.0),
    **dict.fromkeys(_set("sales spend spent spending expenditure ausgaben monetary"), 4.0),
    **dict.fromkeys(_set("paid amount amt betrag summe montant importe payments"), 3.0),
    **dict.fromkeys(_set("fee fees charge charges price cost dues premium beitrag preis gebühr"), 1.5),
}
_MONEY_TOTAL = _set("total lifetime gesamt overall annual yearly ytd all")
_MONEY_RATE = _set("avg average mean monthly month weekly unit per last first durchschnitt monatlich")
_MONEY_AGAINST = _set(
    "refund refunds refunded return returns discount debt limit balance due overdue tax shipping count visits"
)

_UNITS = {
    **dict.fromkeys(_set("months month monate"), "months"),
    **dict.fromkeys(_set("years year age jahre alter yrs"), "years"),
    **dict.fromkeys(_set("days tage"), "days"),
    **dict.fromkeys(_set("weeks wochen"), "weeks"),
    **dict.fromkeys(_set("hours hrs stunden"), "hours"),
    **dict.fromkeys(_set("minutes mins min minuten"), "minutes"),
    **{word: word for word in ("km", "kg", "cm")},
    "gb": "GB",
    "mb": "MB",
    **dict.fromkeys(_set("visits visit besuche checkins"), "visits"),
    **dict.fromkeys(_set("orders purchases bestellungen"), "orders"),
    **{word: word for word in ("sessions", "logins", "calls", "clicks", "points", "referrals", "classes", "items")},
    **dict.fromkeys(_set("percent pct prozent"), "%"),
}
#: Units of what cannot be negative.
COUNTED = _set("months years days weeks hours minutes visits orders sessions logins calls clicks items")
_BRACKETED = re.compile(r"[(\[]\s*([^)\]\d]{1,12}?)\s*[)\]]\s*$")
_CURRENCY_WORDS = {"eur": "€", "euro": "€", "usd": "$", "dollar": "$", "dollars": "$", "gbp": "£", "chf": "CHF"}


def words_of(header: str) -> list[str]:
    """Words of a header, lowered.

    >>> words_of("avgOrderValue (EUR)"), words_of("Total_Visits2023")
    (['avg', 'order', 'value', 'eur'], ['total', 'visits', '2023'])
    """
    return [part.lower() for part in _PARTS.findall(unicodedata.normalize("NFC", header))]


def slug(text: str) -> str:
    """Text as a name of small letters, digits and underscores; empty where it has none of them.

    >>> slug("Größe (cm)"), slug("Members 2023.csv")
    ('groesse_cm', 'members_2023_csv')
    """
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(letter, plain).replace(letter.upper(), plain)
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", ascii_text.lower()).strip("_")


def names_person(words: list[str]) -> bool:
    """Whether the header is that of a customer's id."""
    if any(_JOINED.fullmatch(word) for word in words):
        return True
    return bool(PERSON & set(words)) and (len(words) == 1 or bool((_ID_WORDS | _NUMBER_WORDS) & set(words)))


def names_id(words: list[str]) -> bool:
    """Whether the header is that of any id."""
    return names_person(words) or bool(_ID_WORDS & set(words)) or bool(words and words[-1] in _NUMBER_WORDS)


def names_order(words: list[str]) -> bool:
    """Whether the header is that of an order's number."""
    if any(_ORDER_JOINED.fullmatch(word) for word in words):
        return True
    return bool(ORDER & set(words)) and bool((_ID_WORDS | _NUMBER_WORDS) & set(words))


def outcome_kind(words: list[str]) -> str:
    """Return what the header says about leaving: "leaving", "staying", "maybe" (status, left), or nothing."""
    if _LEAVING & set(words):
        return "leaving"
    if _STAYING & set(words) and len(words) <= 3:
        return "staying"
    return "maybe" if (_LEFT | {"status", "state"}) & set(words) else ""


def is_event(value: str) -> bool:
    """Whether a value says that the customer is gone."""
    return bool(_EVENT.match(value.strip()))


def money_score(words: list[str]) -> float:
    """How much the header speaks for the customer's worth; 0 and less: not money."""
    found = set(words)
    score = max((_MONEY.get(word, 0.0) for word in words), default=0.0)
    if "value" in found and found & {"lifetime", "customer", "order", "basket", "purchase"}:
        score = max(score, 4.5)
    if score == 0:
        return 0.0
    return (
        score + 1.0 * bool(found & _MONEY_TOTAL) - 0.75 * bool(found & _MONEY_RATE) - 4 * bool(found & _MONEY_AGAINST)
    )


def unit_of(header: str, sample: list[str], *, money: bool) -> str:
    """Unit of a number: its sign in the cells, else what the header says; empty where neither tells."""
    signs = [sign for sign in "$€£¥" if any(sign in text for text in sample)]
    bracketed = _BRACKETED.search(header)
    words = words_of(header)
    currency = next((_CURRENCY_WORDS[word] for word in words if word in _CURRENCY_WORDS), "")
    currency = currency or next((sign for sign in "$€£¥" if sign in header), "")
    if len(signs) == 1 or currency:
        return signs[0] if len(signs) == 1 else currency
    if any(text.endswith("%") for text in sample) or "%" in header:
        return "%"
    if bracketed:
        return _UNITS.get(bracketed[1].lower(), bracketed[1])
    if money or "per" in words or "/" in header:  # a rate
        return ""
    return next((_UNITS[word] for word in reversed(words) if word in _UNITS), "")
