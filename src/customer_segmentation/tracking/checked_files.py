"""Files of runs of which a candidate is made again or told: their checksums are tags, and an altered one is refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.errors import StoreError
from customer_segmentation.formatting import first_line

if TYPE_CHECKING:
    from mlflow.entities import Run

VERDICT = "verdict.json"  # every sweep that finished has it
#: What a report, a migration or a notebook tells without computing it again; a user may have taken one away.
TOLD = frozenset(
    [
        *(VERDICT, "leaderboard.csv", "side_by_side.json", "structure.json", "labels.parquet", "rejected.csv"),
        *("exploration/description.csv", "exploration/hypotheses.csv", "full_data.csv", "full_data_profile.csv"),
        *("segments/segments.json", "segments/customers.csv"),
    ]
)
CHECKED = TOLD | {"config.yaml", "contract.yaml", "columns.json", "playbook.yaml", "centres.json", "warm_start.json"}
CHECKSUM = "z.sha256."  # and the name of the file


def checksum(content: bytes) -> str:
    """Checksum of a file."""
    return hashlib.sha256(content).hexdigest()


def checksums_in(folder: Path) -> dict[str, str]:
    """Tags of a run with the checksums of those of its files that are checked; ``folder`` holds them before they go."""
    return {CHECKSUM + path: checksum((folder / path).read_bytes()) for path in CHECKED if (folder / path).is_file()}


def refuse_altered(run_id: str, path: str, content: bytes | None, tags: Mapping[str, str]) -> None:
    """Refuse a file of a run that is not the one that was logged.

    Parameters
    ----------
    run_id : str
    path : str
        Of the artifact; of any but `CHECKED` nothing is known.
    content : bytes or None
        As it is now; None where it is gone, which is no matter for those of `TOLD`.
    tags : mapping
        Of the run.

    Raises
    ------
    StoreError
        Its checksum is not that of the run.
    """
    expected = tags.get(CHECKSUM + path)
    if content is None and path in TOLD:
        return
    if expected is not None and (content is None or checksum(content) != expected):
        what = "is gone" if content is None else "was altered since it was logged (its checksum differs)"
        raise StoreError(
            f"{path} of run {run_id} {what}, so that nothing is made from it; bring the file back, or run the sweep "
            "again with resume=false."
        )


@contextlib.contextmanager
def understood(run_id: str, path: str) -> Iterator[None]:
    """Tell in one sentence that a file or tag of a run is not what a sweep writes: half written, altered, of another.

    Parameters
    ----------
    run_id : of the run
    path : of the artifact, or the name of a tag, which is read in the block

    Raises
    ------
    StoreError
        It cannot be read.
    """
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"{path} of run {run_id} is not as it was logged ({type(error).__name__}: {first_line(error)}); bring "
            "it back, or run the sweep again with resume=false."
        ) from error


def json_tag(run: Run, name: str, kind: type) -> Any:
    """Read a tag that holds JSON: in the UI anybody may edit it.

    Parameters
    ----------
    run : that has it
    name : of the tag
    kind : ``dict`` or ``list``, which it has to be
    """  # noqa: DOC501 - `understood` makes a StoreError
    with understood(run.info.run_id, f"the tag {name}"):
        found = json.loads(run.data.tags[name])
        if not isinstance(found, kind):
            raise TypeError(f"expected a {kind.__name__}, found a {type(found).__name__}")
        return found
