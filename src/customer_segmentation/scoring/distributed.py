"""Score a table where its rows are: labels are written there, and what became of the rows is counted there."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.model.segment_model import Labelled, SegmentModel
from customer_segmentation.paths import typed_path
from customer_segmentation.scoring.columns import id_of, positions_of
from customer_segmentation.scoring.earlier import has_labels
from customer_segmentation.scoring.list_rows import ListRows
from customer_segmentation.scoring.score import Comparison, Scored, count_reason, counts_of, refuse_twice
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.sources.base import Chunk
from customer_segmentation.sources.distributed import DistributedSource
from customer_segmentation.sources.parsing.texts import texts_of
from customer_segmentation.sources.tables import names_of

NOTICES = logging.getLogger(__name__)
#: File in a folder of labels; readers of Parquet skip what begins so.
MARK = "_segment_score"
CATALOG = "catalog"  # as an input or an output: a query on, or a table of, the engine's catalog
#: Files that Spark writes into it, and their checksums.
_PART = re.compile(rf"\.?(part-.*|_SUCCESS|{MARK})(\.crc)?")
EMPTY = "the row is empty"
#: What may be written behind the columns of the input, and its types.
TYPES = {
    "segment": "long",
    "segment_name": "string",
    "first_action": "string",
    "value": "double",
    "distance": "double",
    "margin": "double",
    "reason": "string",
}


@dataclass(frozen=True)
class _Labels:
    """A model at work on chunks. It is sent to where the rows are."""

    model: SegmentModel
    known: Mapping[int, str]
    listed: ListRows

    def of(self, chunk: Chunk) -> tuple[Labelled, pd.DataFrame, np.ndarray]:
        """Labels of a chunk, its cells by name, and why rows have no label."""
        cells = chunk.frame.rename(columns=self.known)
        labelled = self.model.predict(cells, decimal=self.listed.decimal)
        reasons = labelled.table["reason"].to_numpy(dtype=object).copy()
        bad = np.flatnonzero(pd.notna(reasons))
        bare = bad[_all_texts(chunk.frame.iloc[bad]) == ""]
        if len(bare) and chunk.texts is not None:
            texts = chunk.texts(bare)
            reasons[bare[(texts.fillna("") == "").all(axis=1).to_numpy()]] = EMPTY
        return labelled, cells, reasons

    def rows(self, chunk: Chunk) -> pa.Table:
        """What is written of each row of a chunk."""
        labelled, cells, reasons = self.of(chunk)
        columns = {**self.listed.added(labelled, cells), "reason": pa.array(reasons, pa.string(), from_pandas=True)}
        for name in {"segment_name", "first_action"} & set(columns):
            columns[name] = pc.cast(columns[name], pa.string())
        return pa.table(columns)

    @property
    def types(self) -> dict[str, str]:
        """Of what is written behind the columns of the input."""
        return {name: TYPES[name] for name in (*self.listed.names, "reason")}

    def counts(self, chunks: Iterator[Chunk]) -> Iterator[bytes]:
        """What became of the rows of chunks, and their drift."""
        watch, done = Comparison(self.model), Scored()
        for chunk in chunks:
            labelled, cells, reasons = self.of(chunk)
            watch.add(labelled, cells)
            segments = labelled.table["segment"].dropna().to_numpy(dtype=np.int64)
            done.segments.update(counts_of(segments))
            broken = chunk.broken["reason"].tolist() if len(chunk.broken) else []
            for reason in [*reasons[pd.notna(reasons)], *broken]:
                count_reason(done, str(reason))
            done.rows += len(reasons) + len(broken)
            done.scored += len(segments)
        yield json.dumps(
            {
                "rows": done.rows,
                "scored": done.scored,
                "segments": {str(number): count for number, count in done.segments.items()},
                "reasons": done.reasons,
                "drift": watch.state,
            }
        ).encode()


def _all_texts(frame: pd.DataFrame) -> np.ndarray:
    """All cells of each row as one text: empty where nothing stands in any."""
    found = np.full(len(frame), "", dtype=object)
    for name in frame:
        found = found + texts_of(frame[name]).fillna("").to_numpy(dtype=object)
    return found


@dataclass
class Place:
    """Where labels are written by other processes.

    Attributes
    ----------
    output : str
        A folder for Parquet files, or `CATALOG`.
    table : str
        Of the catalog, where that is the output.
    overwrite : bool
        Replace a folder of this machine that an earlier scoring has written.
    """

    output: str
    table: str = ""
    overwrite: bool = False
    _found: str = field(default="", init=False)  # what stood there when the command began

    @property
    def folder(self) -> Path | None:
        """The folder, where it is one of this machine."""
        return None if self.output == CATALOG or "://" in self.output else typed_path(self.output).absolute()

    def check(self) -> None:
        """Refuse to write over what is there.

        Raises
        ------
        SettingsError
            There is something that is not to be replaced.
        """
        if self.folder is not None:
            if not self.folder.parent.is_dir():
                raise SettingsError(f"output={self.output}: there is no folder {self.folder.parent}; create it first.")
            _settle(self.folder)
            _refuse_existing(self.folder, overwrite=self.overwrite)
            self._found = _content(self.folder)
        elif self.overwrite:
            raise SettingsError("overwrite=true replaces only a folder of this machine; name another output.")

    def write(self, write: Callable[..., None]) -> None:
        """Write it all; a folder of this machine appears when it is whole.

        Parameters
        ----------
        write : takes the place and whether it is a table

        Raises
        ------
        DataError
            It cannot be written.
        SettingsError
            A folder of that name has appeared, or the one that is replaced has changed.
        """
        if self.folder is None:
            write(self.table if self.output == CATALOG else self.output, is_table=self.output == CATALOG)
            return
        mark = f"{os.getpid()}.{secrets.token_hex(4)}"
        new, earlier = (self.folder.with_name(f".{self.folder.name}.{mark}.{word}") for word in ("writing", "earlier"))
        try:
            write(f"file://{new}", is_table=False)  # as_uri() writes %20 for a blank, which Spark takes as it stands
            (new / MARK).write_text(_content(new), encoding="utf-8")
            if self._found:
                self.folder.rename(earlier)
            if _content(earlier) != self._found or os.path.lexists(self.folder):
                raise SettingsError(
                    f"output={self.output} has appeared or was changed while the command ran and was left as it is; "
                    "give another name."
                )
            new.rename(self.folder)
            shutil.rmtree(earlier, ignore_errors=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DataError(f"{self.output} cannot be written ({reason}); name another place with output=.") from error
        finally:
            shutil.rmtree(new, ignore_errors=True)
            if earlier.exists() and not os.path.lexists(self.folder):
                earlier.rename(self.folder)


def score_there(  # noqa: PLR0913 - each is named at the call
    model: SegmentModel,
    source: DistributedSource,
    place: Place,
    watch: Comparison,
    *,
    specs: Mapping[str, ColumnSpec],
    headers: Mapping[str, str],
    columns: str = "id",
    progress: Callable[[int, int | None], None] = lambda *_: None,
) -> Scored:
    """Label every row of a table where it is; rows without a label are written with the reason.

    Parameters
    ----------
    model : SegmentModel
    source : DistributedSource
    place : Place
        Where the labels go; it is not there yet.
    watch : Comparison
        Gets the counts of what was scored.
    specs : mapping of str to ColumnSpec
        Contract of the model's columns.
    headers : mapping of str to str
        Headers that the user names.
    columns : {"id", "all"}
    progress : callable
        Told the rows done, and those expected.

    Raises
    ------
    DataError
        The table lacks a column that the model needs, or holds no row.
    SettingsError
        A name would stand twice in the output.
    """
    positions = positions_of(source.headers, specs, needed=model.needed, named=headers, source=source.name)
    id_column = id_of(specs)
    done = Scored(id_column=id_column if id_column in positions else None)
    listed = ListRows(model, specs, positions, columns, source.decimal)
    refuse_twice(source, listed)
    own = names_of(source.headers)
    twice = [name for name, kept in zip(own, listed.kept_names(source), strict=True) if name != kept]
    if columns == "all" and twice:
        raise SettingsError(
            f"{source.name} has a column {twice[0]!r} already, as scored tables have; rename it, or give columns=id."
        )
    wanted = {at: specs[name] for name, at in positions.items()}
    labels = _Labels(model, {at: name for name, at in positions.items()}, listed)
    for answer in source.mapped(labels.counts, wanted):
        part = json.loads(answer)
        done.rows += part["rows"]
        done.scored += part["scored"]
        done.segments.update({int(number): count for number, count in part["segments"].items()})
        done.reasons.update(part["reasons"])
        watch.merge(part["drift"])
    done.rejected = done.rows - done.scored
    progress(done.rows, done.rows)
    if not done.rows:
        raise DataError(f"{source.name} has a header and no rows; there are no customers to score.")
    if done.scored:  # else, as of a table that is read here, the labels of an earlier run stay
        kept = None if columns == "all" else [] if done.id_column is None else [positions[done.id_column]]
        place.write(partial(source.written, labels.rows, wanted, kept=kept, added=labels.types))
    return done


def _settle(folder: Path) -> None:
    """Put back labels whose name a killed command had taken for others, and remove what it left besides."""
    left = re.compile(rf"\.{re.escape(folder.name)}\.(\d+)\.[0-9a-f]{{8}}\.(writing|earlier)")
    names = {path: left.fullmatch(path.name) for path in folder.parent.iterdir()}
    for path, name in sorted(names.items()):
        if name is None or Path(f"/proc/{name[1]}").exists() or not Path("/proc/self").exists():
            continue
        if path.is_symlink() or not path.is_dir() or path.stat().st_uid != os.getuid():
            continue
        if name[2] == "earlier" and not os.path.lexists(folder):
            path.rename(folder)
            NOTICES.warning("a scoring was killed while its labels took their name; those before it are in %s", folder)
        elif all(_PART.match(file.name) or file.name == "_temporary" for file in path.iterdir()):
            shutil.rmtree(path, ignore_errors=True)


def _content(folder: Path) -> str:
    """By what a change of a folder is seen: its files, their sizes and times; empty where nothing is."""
    if not os.path.lexists(folder):
        return ""
    files = {path.relative_to(folder).as_posix(): path.lstat() for path in folder.rglob("*") if path.name != MARK}
    return json.dumps({name: [files[name].st_size, files[name].st_mtime_ns] for name in sorted(files)})


def _refuse_existing(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that exists, unless it may be replaced and is of an earlier scoring.

    Raises
    ------
    SettingsError
        It is not to be replaced.
    """
    if not os.path.lexists(folder):
        return
    if not overwrite:
        raise SettingsError(f"output={folder} exists; give another name, or overwrite=true.")
    import pyarrow.dataset as dataset

    try:
        names = list(dataset.dataset(folder, format="parquet").schema.names) if folder.is_dir() else []
    except (OSError, pa.ArrowException):
        names = []
    others = [path.name for path in folder.iterdir() if not _PART.match(path.name)] if names else []
    if names[-1:] != ["reason"] or not has_labels(names[:-1]) or others or not (folder / MARK).is_file():
        found = f" ({others[0]} is not one of its files)" if others else ""
        raise SettingsError(
            f"output={folder} is not an output of an earlier scoring with this engine{found}, so overwrite=true does "
            "not replace it; give another name."
        )
    if (folder / MARK).read_text(encoding="utf-8") != _content(folder):
        raise SettingsError(
            f"output={folder} was changed since segment score wrote it, so overwrite=true does not replace it; give "
            "another name."
        )
