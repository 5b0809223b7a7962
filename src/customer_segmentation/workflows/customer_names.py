"""How the runs name customers: by their ids, by a keyed hash of them, or not at all (``tracking.customers``)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pandas as pd

from customer_segmentation.data.table import CustomerTable
from customer_segmentation.errors import SettingsError
from customer_segmentation.secret_forms import HIDDEN
from customer_segmentation.settings.tracking import TrackingSettings
from customer_segmentation.tracking.log.exploration import CELL

#: Bytes of a hashed id: enough that no two of a billion customers meet.
HASH_BYTES = 12


def names_of(ids: pd.Series | None, tracking: TrackingSettings) -> pd.Series | None:
    """What runs call the customers; None where they are not to be named.

    Parameters
    ----------
    ids : Series of shape (n_customers,) or None
    tracking : TrackingSettings
        A hash is HMAC-SHA-256 under ``customers_key``: the same customer has the same name in every run.

    Raises
    ------
    SettingsError
        The key is not that of the sweep: it was hidden.
    """
    if ids is None or tracking.customers == "none":
        return None
    if tracking.customers == "ids":
        return ids
    if tracking.customers_key == HIDDEN:
        raise SettingsError(
            f"tracking.customers_key={HIDDEN} stands for a key, which no run keeps; sweep again with "
            "tracking.customers_key='${oc.env:NAME}', of which the reference is kept."
        )
    names = [hashed(str(one), tracking.customers_key) for one in ids]
    return pd.Series(names, index=ids.index, dtype="str", name=ids.name)


def hashed(text: str, key: str | None) -> str:
    """HMAC-SHA-256 of an id, cut to `HASH_BYTES`.

    Parameters
    ----------
    text : the id
    key : under which it is hashed
    """
    return hmac.new((key or "").encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()[: 2 * HASH_BYTES]


def as_runs_may_hold(table: CustomerTable, tracking: TrackingSettings) -> CustomerTable:
    """The table as it is logged: of its rejected rows no more than the number, the customer's name and the reason.

    Parameters
    ----------
    table : CustomerTable
    tracking : TrackingSettings
        With ``customers=ids`` nothing is left out.
    """
    rejected = table.rejected
    if tracking.customers == "ids" or rejected.empty:
        return table
    kept = rejected[[name for name in ("row", "reason") if name in rejected]].copy()
    kept["reason"] = kept["reason"].str.replace(CELL, "…", regex=True)  # it may cite the cell
    named = names_of(rejected.get(table.id_column) if table.id_column else None, tracking)
    if named is not None:
        kept.insert(0, str(table.id_column), named)
    return replace(table, rejected=kept)
