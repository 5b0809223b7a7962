"""A store that must be there already: commands that read what sweeps have left create none."""

from __future__ import annotations

import os

from customer_segmentation.errors import StoreError
from customer_segmentation.settings.sweep import TrackingSettings
from customer_segmentation.tracking.store import SQLITE, Store, open_store, store_uri


def existing_store(tracking: TrackingSettings) -> Store:
    """Open the store of the settings.

    Raises
    ------
    StoreError
        A local store has no file yet, or the store cannot be reached.
    """
    uri = store_uri(tracking.uri)
    if uri.startswith(SQLITE) and not os.path.exists(uri.removeprefix(SQLITE)):
        raise StoreError(f"there is no store at {uri}; run `segment sweep` first, or give another with tracking.uri=.")
    return open_store(uri=uri, experiment=tracking.experiment, artifacts=tracking.artifacts, timeout=tracking.timeout)
