"""Files of runs from which a candidate is made again: their checksums are tags, and an altered one is refused."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping

from customer_segmentation.errors import StoreError
from customer_segmentation.formatting import first_line

VERDICT = "verdict.json"  # every sweep that finished has it
CHECKED = frozenset(
    ["config.yaml", "contract.yaml", "columns.json", "playbook.yaml", "centres.json", "warm_start.json"]
)
CHECKSUM = "z.sha256."  # and the name of the file


def checksum(content: bytes) -> str:
    """Checksum of a file."""
    return hashlib.sha256(content).hexdigest()


def refuse_altered(run_id: str, path: str, content: bytes | None, tags: Mapping[str, str]) -> None:
    """Refuse a file of a run that is not the one that was logged.

    Parameters
    ----------
    run_id : str
    path : str
        Of the artifact; of any but `CHECKED` nothing is known.
    content : bytes or None
        As it is now; None where it is gone.
    tags : mapping
        Of the run.

    Raises
    ------
    StoreError
        Its checksum is not that of the run.
    """
    expected = tags.get(CHECKSUM + path)
    if expected is not None and (content is None or checksum(content) != expected):
        what = "is gone" if content is None else "was altered since it was logged (its checksum differs)"
        raise StoreError(
            f"{path} of run {run_id} {what}, so that nothing is made from it; bring the file back, or run the sweep "
            "again with resume=false."
        )


@contextlib.contextmanager
def understood(run_id: str, path: str) -> Iterator[None]:
    """Tell in one sentence that a file of a run is not what a sweep writes: half written, altered, or of another.

    Parameters
    ----------
    run_id : of the run
    path : of the artifact, which is read in the block

    Raises
    ------
    StoreError
        It cannot be read.
    """
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"{path} of run {run_id} is not as it was logged ({type(error).__name__}: {first_line(error)}); bring the "
            "file back, or run the sweep again with resume=false."
        ) from error
