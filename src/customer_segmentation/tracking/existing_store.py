"""A store that must be there already, and the words by which the next command finds it again."""

from __future__ import annotations

import os
import shlex

from customer_segmentation.errors import StoreError
from customer_segmentation.settings.sweep import TrackingSettings
from customer_segmentation.tracking.store import SQLITE, Store, open_store, store_uri


def existing_store(tracking: TrackingSettings, *, model: str | None = None) -> Store:
    """Open the store of the settings.

    Parameters
    ----------
    tracking : TrackingSettings
    model : str, optional
        Address of a model that is all that is asked of the store: one in a folder needs none, so that the store is made
        for the runs that are to come.

    Raises
    ------
    StoreError
        A local store has no file yet, or the store cannot be reached.
    """
    uri = store_uri(tracking.uri)
    needed = model is None or model.startswith(("models:", "runs:"))
    if needed and uri.startswith(SQLITE) and not os.path.exists(uri.removeprefix(SQLITE)):
        first = "`segment sweep`" if model is None else "`segment sweep` and `segment promote`"
        raise StoreError(f"there is no store at {uri}; run {first} first, or give another with tracking.uri=.")
    return open_store(uri=uri, experiment=tracking.experiment, artifacts=tracking.artifacts, timeout=tracking.timeout)


def command(store: Store, *words: str) -> str:
    """``segment WORDS`` to be pasted into a terminal, with the store and the experiment where they are not the usual.

    Parameters
    ----------
    store : Store
    *words : str
        The command and its overrides.
    """
    where = [] if store.usual else [f"tracking.uri={store.uri}"]
    if store.experiment != TrackingSettings().experiment:
        where.append(f"tracking.experiment={store.experiment}")
    return shlex.join(["segment", *words, *where])
