"""Which files scorings have written: their checksums are tags of the scorings' runs, wherever the files are moved."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from customer_segmentation.tracking.items import Tags
from customer_segmentation.tracking.runs import record
from customer_segmentation.tracking.store import Store

if TYPE_CHECKING:
    from customer_segmentation.tracking.read import Run


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
        return bool(self.runs_of(key, path))

    def runs_of(self, key: str, path: Path) -> list[Run]:
        """Scorings that wrote a file as it is now.

        Parameters
        ----------
        key : output or rejects
        path : of the file
        """
        client = self._store.client
        experiments = [one.experiment_id for one in client.search_experiments()]
        return list(client.search_runs(experiments, f"tags.{key}_sha256 = '{checksum_of(path)}'"))

    def note(self, key: str, path: Path) -> None:
        """Keep that a file is written by this scoring, before it takes its name.

        Parameters
        ----------
        key : output or rejects
        path : where it is
        """
        record(self._store, self.run_id, [Tags({f"{key}_sha256": checksum_of(path)})])


class WrittenBeside:
    """The record, of rejected rows in a place that nobody has named: those of another list stay.

    Parameters
    ----------
    written : WrittenFiles
    output : str
        What the labels are called.
    path : Path, optional
        Of the labels; None where they go to a database.
    """

    def __init__(self, written: WrittenFiles, output: str, path: Path | None) -> None:
        self._written, self._output, self._path = written, output, path

    def holds(self, key: str, path: Path) -> bool:
        """Whether a scoring wrote the file as it is now, with labels that were in this place or are those in it now.

        Parameters
        ----------
        key : output or rejects
        path : of the file
        """
        is_there = self._path is not None and self._path.is_file()
        labels = checksum_of(self._path) if self._path is not None and is_there else None
        return any(
            run.data.params.get("output") == self._output or run.data.tags.get("output_sha256", "") == labels
            for run in self._written.runs_of(key, path)
        )

    def note(self, key: str, path: Path) -> None:
        """Keep that a file is written by this scoring.

        Parameters
        ----------
        key : output or rejects
        path : where it is
        """
        self._written.note(key, path)


def checksum_of(path: Path) -> str:
    """Checksum of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
