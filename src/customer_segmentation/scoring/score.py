"""Score a table: chunk after chunk labelled and written, no row lost, and what became of them counted."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from customer_segmentation.data.cleaning import distinct_texts
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.model.segment_model import Labelled, SegmentModel
from customer_segmentation.scoring.collected import Collected
from customer_segmentation.scoring.columns import id_of, positions_of
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.scoring.drift import Drift, DriftWatch
from customer_segmentation.scoring.earlier import REJECTED
from customer_segmentation.scoring.list_rows import ListRows
from customer_segmentation.scoring.outputs import Output, as_it_came
from customer_segmentation.scoring.pair import together
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.settings.score import DriftSettings
from customer_segmentation.sources.base import Chunk, TableSource
from customer_segmentation.sources.parsing.texts import fold
from customer_segmentation.sources.row_spool import RowSpool
from customer_segmentation.sources.tables import names_of, texts_frame

MOST_REASONS = 1000
_VALUE = re.compile(r": '(?:[^']|'(?! is ))*' ")


@dataclass
class Scored:
    """What became of the rows of an input: read = scored + rejected."""

    rows: int = 0
    scored: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    segments: Counter[int] = field(default_factory=Counter)
    id_column: str | None = None


class Comparison:
    """Drift of the customers whom the fit would have kept; of all, where the input does not tell them or has none.

    A fit without churned customers says nothing about how churned ones look: to compare a whole table with it would
    find drift where there is none.

    Parameters
    ----------
    model : SegmentModel
    """

    def __init__(self, model: SegmentModel) -> None:
        self.population: Mapping[str, Any] = model.about.get("population") or {}
        watches = [DriftWatch(model.reference, model.numbers, model.names) for _ in range(2)]
        self.inside, self.outside = watches

    def add(self, labelled: Labelled, cells: pd.DataFrame) -> None:
        """Count a chunk.

        Parameters
        ----------
        labelled : the chunk's labels, features and problems
        cells : the chunk as it was read, with the column of the population
        """
        column = self.population.get("column")
        if column is None or column not in cells:
            self.inside.add(labelled)
            return
        excluded = {fold(word) for word in self.population["exclude"]}
        codes, distinct = distinct_texts(cells[column])
        kept = np.array([*(fold(str(text)) not in excluded for text in distinct), True])[codes]
        self.inside.add(labelled, kept)
        if not kept.all():
            self.outside.add(labelled, ~kept)

    @property
    def state(self) -> dict[str, Any]:
        """What `merge` takes: numbers and texts alone."""
        return {"inside": self.inside.state, "outside": self.outside.state}

    def merge(self, state: Mapping[str, Any]) -> None:
        """Add what was compared elsewhere, as its `state` says."""
        self.inside.merge(state["inside"])
        self.outside.merge(state["outside"])

    @property
    def rejected(self) -> int:
        """Rows without a label."""
        return self.inside.rejected

    def measure(self, settings: DriftSettings) -> tuple[Drift, str]:
        """Judge; with a sentence on who was left out, or on why nobody was."""
        beyond = self.outside.customers
        if not beyond:
            return self.inside.measure(settings), ""
        words = f"{self.population['column']}: {', '.join(self.population['exclude'])}"
        others = self.inside.customers
        if others >= min(settings.min_customers, beyond):  # of two that are too few the larger is told of
            return (
                self.inside.measure(settings),
                (
                    f"Compared are the {others:,} customers that the fit would have kept; {beyond:,} "
                    f"others ({words}) are labelled nevertheless."
                ),
            )
        return (
            self.outside.measure(settings),
            (
                f"Compared are the {beyond:,} customers that the fit left out ({words}): the table has only {others:,} "
                "others."
            ),
        )


def score(  # noqa: PLR0913 - each is named at the call
    model: SegmentModel,
    source: TableSource,
    output: Output | TableOutput | Collected,
    rejects: Output | Collected,
    watch: Comparison,
    *,
    specs: Mapping[str, ColumnSpec],
    headers: Mapping[str, str],
    columns: str = "id",
    safe_ids: bool = False,
    size: int = 100_000,
    progress: Callable[[int, int | None], None] = lambda *_: None,
) -> Scored:
    """Label every row of a table.

    Parameters
    ----------
    model : SegmentModel
    source : TableSource
    output : Output, TableOutput or Collected
        Of the rows with a label, in the order of the input.
    rejects : Output or Collected
        CSV of the rows without one: their cells as they were, their number in the input and the reason. Written only
        where there are such rows; one of an earlier run that may be replaced is removed.
    watch : Comparison
        Counts what is scored.
    specs : mapping of str to ColumnSpec
        Contract of the model's columns.
    headers : mapping of str to str
        Headers that the user names.
    columns : {"id", "all"}
    safe_ids : bool
        Let an id that a spreadsheet would run be changed as other texts are.
    size : int
        Rows in memory at once.
    progress : callable
        Told the rows done and those expected.

    Raises
    ------
    DataError
        The table lacks a column that the model needs, cannot be read to its end, or holds no row.
    """
    positions = positions_of(source.headers, specs, needed=model.needed, named=headers, source=source.name)
    id_column = id_of(specs)
    done = Scored(id_column=id_column if id_column in positions else None)
    listed = ListRows(model, specs, positions, columns, source.decimal, safe_ids)
    refuse_twice(source, listed)
    wanted = {at: specs[name] for name, at in positions.items()}
    names = names_of(source.text_names, taken=REJECTED)
    key = None if done.id_column is None or safe_ids else names[positions[done.id_column]]
    start = broken = 0
    try:
        with RowSpool() as spool:
            for chunk in ahead(source.chunks(wanted, size=size, everything=columns == "all")):
                broken += len(chunk.broken)
                if not len(chunk.rows):
                    continue
                cells = chunk.frame.rename(columns={at: name for name, at in positions.items()})
                labelled = model.predict(cells, decimal=source.decimal)
                watch.add(labelled, cells)
                good = labelled.table["segment"].notna().to_numpy()
                output.write(listed.of(chunk, labelled, cells, good, source))
                done.scored += int(good.sum())
                done.segments.update(counts_of(labelled.table["segment"].to_numpy(dtype=np.int64, na_value=-1)[good]))
                if not good.all():
                    bad = np.flatnonzero(~good)
                    reasons = [str(reason) for reason in labelled.table["reason"].to_numpy()[bad]]
                    if chunk.everything is not None:
                        part = texts_frame(chunk.everything.take(pa.array(bad)), source.text_names)
                        _reject(rejects, part.assign(row=chunk.rows[bad], reason=reasons), names, key, done)
                    else:
                        spool.add(bad + start, chunk.rows[bad], reasons)
                start += len(chunk.rows)
                progress(start, source.expected_rows)
            if spool.count or broken:
                for part in source.rejected(spool):
                    _reject(rejects, part, names, key, done)
        _account(done, source.name, rejected=rejects.rows, expected=watch.rejected + broken)
        _publish(output, rejects, done)
    except OSError as error:
        raise DataError(
            f"the labels cannot be written ({error.strerror or error}); make room, or name another place with output=."
        ) from error
    finally:
        output.discard()
        rejects.discard()
    return done


def _account(done: Scored, name: str, *, rejected: int, expected: int) -> None:
    """Count the rows, none of which may be lost.

    Raises
    ------
    DataError
        There is no row; or the rejected ones are not as many at the second reading of the table.
    """
    done.rejected = rejected
    done.rows = done.scored + rejected
    if not done.rows:
        raise DataError(f"{name} has a header and no rows; there are no customers to score.")
    if rejected != expected:
        raise DataError(
            f"{name} changed while it was read: of {expected:,} rejected rows {rejected:,} were found again; run it "
            "once more."
        )


def _publish(output: Output | TableOutput | Collected, rejects: Output | Collected, done: Scored) -> None:
    """Put what was written in its place, all of it or nothing."""
    rejects.finish()
    if not done.scored:  # the labels of an earlier run stay: one broken input does not cost them
        rejects.publish()
        return
    output.finish()
    with together(output, rejects):
        if done.rejected:
            rejects.publish()
        else:
            rejects.remove_earlier()
        output.publish()


def ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Chunks, of which the next is read while one is worked on: the parser leaves Python's lock alone."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        following = reader.submit(next, chunks, None)
        while (chunk := following.result()) is not None:
            following = reader.submit(next, chunks, None)
            yield chunk


def counts_of(segments: np.ndarray) -> dict[int, int]:
    """Rows of each segment."""
    values, counts = np.unique(segments, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def refuse_twice(source: TableSource, listed: ListRows) -> None:
    """Refuse an output in which the column of the ids would stand twice.

    Parameters
    ----------
    source : the input
    listed : what is written of its rows

    Raises
    ------
    SettingsError
        The ids stand in a column of such a name.
    """
    if listed.id_column is None or listed.columns == "all":
        return
    name = names_of(source.headers)[listed.positions[listed.id_column]]
    if name.strip().lower() in listed.names:
        raise SettingsError(
            f"the ids of {source.name} stand in a column {name!r}, as scored tables have one; rename it in the "
            f"input and say so with {shlex.quote(f'headers={{{listed.id_column}: NEW NAME}}')}."
        )


def count_reason(done: Scored, reason: str) -> None:
    """Count a row without a label, by its reason without the row's own cells.

    Parameters
    ----------
    done : counts so far
    reason : of the row
    """
    kind = _VALUE.sub(" ", reason)
    done.reasons[kind if kind in done.reasons or len(done.reasons) < MOST_REASONS else "other"] += 1


def _reject(aside: Output | Collected, part: pd.DataFrame, names: list[str], key: str | None, done: Scored) -> None:
    """Write rows without a label with all their cells; a row in which nothing stands has no other reason."""
    cells = part.iloc[:, :-2].fillna("").astype("str")
    empty = (cells.apply(lambda column: column.str.strip()) == "").all(axis=1).to_numpy()
    reasons = np.where(empty, "the row is empty", part["reason"].to_numpy(dtype=object))
    for reason in reasons:
        count_reason(done, str(reason))
    columns: list[Any] = [pa.array(cells.iloc[:, at], pa.large_string()) for at in range(cells.shape[1])]
    columns += [pa.array(part["row"].to_numpy(dtype=np.int64)), pa.array(reasons.tolist(), pa.large_string())]
    fields = [pa.field(name, cells.type) for name, cells in zip([*names, *REJECTED], columns, strict=True)]
    fields = [as_it_came(field) if field.name == key else field for field in fields]
    aside.write(pa.table(columns, schema=pa.schema(fields)))
