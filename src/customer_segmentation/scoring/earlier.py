"""What an earlier scoring wrote: by the columns that it adds, and by the record of what was written."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.open import open_path

#: The columns that a scoring adds, and those with which rejected rows end.
LABELS = ("segment", "segment_name", "distance", "margin")
REJECTED = ("row", "reason")
#: All that a scoring may add: what to do first where the model knows it, the value where the input has it.
LISTED = ("segment", "segment_name", "first_action", "value", "distance", "margin")
_LEFT_OUT: tuple[tuple[str, ...], ...] = ((), ("value",), ("first_action",), ("first_action", "value"))
_ENDS = [[name for name in LISTED if name not in left_out] for left_out in _LEFT_OUT]


class Record(Protocol):
    """Knows which files scorings have written."""

    def holds(self, key: str, path: Path) -> bool:
        """Whether a scoring wrote a file as it is now.

        Parameters
        ----------
        key : output or rejects
        path : of the file
        """

    def note(self, key: str, path: Path) -> None:
        """Keep that this scoring has written a file.

        Parameters
        ----------
        key : output or rejects
        path : where it is
        """


def is_scored(path: Path, *, key: str, written: Record | None) -> bool:
    """Whether a scoring wrote a file, by its last columns and the record; nothing is lost in one without a byte.

    Parameters
    ----------
    path : of the file
    key : output for labels, rejects for rejected rows
    written : what scorings have written
    """
    try:
        if path.stat().st_size == 0:
            return True
        names = _header(path)
        alike = has_labels(names) if key == "output" else names[-2:] == list(REJECTED)
        return alike and written is not None and written.holds(key, path)
    except (OSError, ValueError, KeyError, EOFError, csv.Error, zipfile.BadZipFile, pa.ArrowException, DataError):
        return False


def has_labels(names: Sequence[str]) -> bool:
    """Whether the last columns of a table are those of labels."""
    lowered = [str(name).lower() for name in names]
    return any(lowered[-len(end) :] == end for end in _ENDS)


def _header(path: Path) -> list[str]:
    """Names of the columns of a table, by what the file is and not by its name."""
    return list(open_path(str(path), DataSettings()).headers)
