"""Money of several currencies in one table or column: sums of it mean nothing, so that it is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.errors import DataError
from customer_segmentation.formatting import counted
from customer_segmentation.sources.parsing.blanks import is_blank
from customer_segmentation.sources.parsing.money import UPPER, currency_in, may_be
from customer_segmentation.sources.parsing.texts import fold, texts_of

_HEADERS = frozenset(
    fold(word)
    for word in (
        *("Currency", "Currency Code", "Curr", "Ccy", "Währung", "Waehrung", "Devise", "Moneda", "Divisa", "Moeda"),
        *("Valuta", "Para Birimi", "Döviz", "币种", "货币", "通貨", "Monnaie", "Waluta", "Валюта", "Cur", "Currencies"),
    )
)
#: What else may stand in such a header: what the money is of, and that a code is meant.
_BESIDE = frozenset(
    (
        *("amount", "billing", "charge", "code", "customer", "id", "invoice", "iso", "item", "local", "name", "of"),
        *("order", "original", "payment", "price", "purchase", "sale", "sales", "sign", "symbol", "the", "total"),
        "transaction",
    )
)


def currency_column(headers: Sequence[str]) -> int | None:
    """Position of a column that names the currency of each row; None where its header does not say so.

    >>> currency_column(["Order", "Amount in EUR", "Exchange Currency Rate", "order_currency_iso"])
    3

    Parameters
    ----------
    headers : of the table
    """
    for at, header in enumerate(headers):
        words = [fold(word) for word in re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header))]
        if fold(header) in _HEADERS or (_HEADERS & set(words) and not set(words) - _HEADERS - _BESIDE):
            return at
    return None


def refuse_several(amounts: pd.Series, named: pd.Series | None, *, where: str) -> None:
    """Refuse amounts of several currencies.

    Parameters
    ----------
    amounts : Series of shape (n_rows,)
        Raw cells, which may carry a mark or a code such as EUR.
    named : Series of shape (n_rows,) or None
        Cells of a column that names the currency.
    where : str
        Column and table, for the message.

    Raises
    ------
    DataError
        Names the currencies and in how many rows each stands.
    """
    found = _counts(named) if named is not None else pd.Series(dtype=np.int64)
    if len(found) < 2 and not pd.api.types.is_numeric_dtype(amounts.dtype):
        written = texts_of(amounts).value_counts()  # each spelling once
        found = written.groupby([currency_in(str(text)) or np.nan for text in written.index]).sum()
        found = found.sort_values(ascending=False)
    refuse_counts(found, where=where)


def refuse_counts(found: pd.Series, *, where: str) -> None:
    """Refuse amounts of several currencies, of which the rows are counted.

    Parameters
    ----------
    found : number of rows by currency, the commonest first
    where : column and table, for the message

    Raises
    ------
    DataError
        Names the currencies and in how many rows each stands.
    """
    if len(found) >= 2:
        listed = ", ".join(f"{name} in {counted(count, 'row')}" for name, count in found.head(5).items())
        raise DataError(
            f"{where} holds amounts of {len(found)} currencies ({listed}); a sum of them means nothing. Convert them, "
            "or give a table of one currency, such as with data.query."
        )


def _counts(named: pd.Series) -> pd.Series:
    return named_currencies(named).value_counts()


def named_currencies(named: pd.Series) -> pd.Series:
    """Code of the currency that each cell names; missing where it is blank."""
    texts = texts_of(named)
    return texts.mask(is_blank(texts)).str.upper().replace(UPPER)


def other_currency(texts: pd.Series, unit: str) -> npt.NDArray[np.bool_]:
    """Which amounts are written in another currency than their column: they are no numbers of it.

    A sign that several currencies share, such as $, is any of them.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
    unit : str
        Of the column, such as ``€/month``; without a currency nothing is another one.

    Returns
    -------
    bool array of shape (n_cells,)

    Examples
    --------
    >>> other_currency(pd.Series(["12", "12 €", "$12", "12 EUR"]), "$/month").tolist()
    [False, True, False, True]
    """
    own, other = currency_in(unit), np.zeros(len(texts), dtype=bool)
    if own is not None:
        marked = np.flatnonzero(texts.str.contains(r"[^0-9.,+\s-]", regex=True).to_numpy(dtype=bool))
        codes = [currency_in(str(text)) for text in texts.iloc[marked]]
        other[marked] = [code is not None and not may_be(code, own) for code in codes]
    return other
