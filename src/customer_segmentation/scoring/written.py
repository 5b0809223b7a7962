"""Which files scorings have written: their checksums are tags of the scorings' runs, wherever the files are moved."""

from __future__ import annotations

import hashlib
from pathlib import Path

from customer_segmentation.tracking.items import Tags
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.store import Store


class WrittenFiles:
    """The record of a store: what a scoring noted in it was written by one.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.run_id = ""  # of the scoring that writes; known when it has begun

    def holds(self, key: str, path: Path) -> bool:
        """Whether a scoring wrote a file as it is now.

        Parameters
        ----------
        key : output or rejects
        path : of the file
        """
        client = self._store.client
        experiments = [one.experiment_id for one in client.search_experiments()]
        return bool(client.search_runs(experiments, f"tags.{key}_sha256 = '{checksum_of(path)}'", max_results=1))

    def note(self, key: str, path: Path) -> None:
        """Keep that a file is written by this scoring, before it takes its name.

        Parameters
        ----------
        key : output or rejects
        path : where it is
        """
        record(self._store, self.run_id, [Tags({f"{key}_sha256": checksum_of(path)})])


def checksum_of(path: Path) -> str:
    """Checksum of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
