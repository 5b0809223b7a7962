"""Signs and codes of money."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What a currency is called in an amount; the dollar is one, whichever country's.
_MARKS = {
    **{"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₺": "TRY", "₽": "RUB", "₩": "KRW", "zł": "PLN"},
    **{"R$": "BRL", "TL": "TRY", "kr": "kr", "Kč": "CZK", "Ft": "HUF", "lei": "RON"},
}
#: Whose sign others share, by what the sign is called above.
_SHARED = {
    "USD": ("CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "kr": ("SEK", "NOK", "DKK"),
    "JPY": ("CNY",),
    "GBP": ("EGP",),
}
UPPER = {mark.upper(): code for mark, code in _MARKS.items()}
_CODES = [
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "JPY",
    "CNY",
    "INR",
    "TRY",
    "RUB",
    "KRW",
    "PLN",
    "SEK",
    "NOK",
    "DKK",
    "CZK",
    "HUF",
    "RON",
    "BGN",
    "BRL",
    "MXN",
    "ARS",
    "CLP",
    "COP",
    "PEN",
    "CAD",
    "AUD",
    "NZD",
    "SGD",
    "HKD",
    "ZAR",
    "ILS",
    "AED",
    "SAR",
    "THB",
    "IDR",
    "MYR",
    "PHP",
    "VND",
    "TWD",
    "UAH",
    "EGP",
    "NGN",
    "KES",
]
#: Signs of money, of which Unicode has a class.
_SIGNS = "$¢-¥֏؋৲৳৻૱௹฿៛₠-⃀﷼﹩＄￠￡￥￦"
_OTHERS = rf"TL|kr|Kč|Ft|lei)(?![A-Za-z])|(R\$|zł|[{_SIGNS}])"
_CODE = re.compile(rf"(?<![A-Za-z])((?i:{'|'.join(_CODES)})|{_OTHERS}")
_IN_HEADERS = re.compile(rf"(?<![A-Za-z])({'|'.join(_CODES)}|{_OTHERS}")  # where "Try" and "Pen" are words


def may_be(one: str, other: str) -> bool:
    """Whether two names may be of one currency.

    Parameters
    ----------
    one, other : codes, of which some share a sign
    """
    return one == other or other in _SHARED.get(one, ()) or one in _SHARED.get(other, ())


def currency_in(text: str) -> str | None:
    """Code of the currency that an amount is written in; None without any.

    Parameters
    ----------
    text : an amount, a unit or a header
    """
    mark = _CODE.search(text)
    return None if mark is None else _MARKS.get(mark[0], mark[0].upper() if mark[0].upper() in _CODES else mark[0])


def currencies_of(headers: Iterable[str]) -> set[str]:
    """Codes of the currencies that headers or units name.

    Parameters
    ----------
    headers : such as ``Spend ($)`` and ``EUR/month``
    """
    return {_MARKS.get(mark[0], mark[0]) for header in headers for mark in _IN_HEADERS.finditer(header)}
