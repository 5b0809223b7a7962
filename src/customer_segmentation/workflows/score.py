"""A table of customers labelled with a model: no row lost, and how far they are from those of the fit."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import counted, markdown, percent
from customer_segmentation.paths import typed_path
from customer_segmentation.scoring.collected import Collected
from customer_segmentation.scoring.columns import contract_of
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.scoring.distributed import CATALOG, Place, score_there
from customer_segmentation.scoring.drift import WORDS, Drift
from customer_segmentation.scoring.earlier import LABELS, LISTED, REJECTED
from customer_segmentation.scoring.load import LoadedModel, loaded
from customer_segmentation.scoring.outputs import Output
from customer_segmentation.scoring.pair import settle
from customer_segmentation.scoring.score import Comparison, Scored, score
from customer_segmentation.scoring.written import WrittenBeside, WrittenFiles
from customer_segmentation.secrets import redact
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.settings.score import ScoreSettings, rejects_of
from customer_segmentation.sources.base import READING, TableSource
from customer_segmentation.sources.distributed import DistributedSource, engine_tags
from customer_segmentation.sources.open import open_source, refuse_unread
from customer_segmentation.tracking.items import Tags, Text
from customer_segmentation.tracking.log.scoring import score_items, scored_table
from customer_segmentation.tracking.runs import closing, open_run, record
from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_errors import after

SHOWN = 6  # reasons why rows were rejected, of all that there are


@dataclass(frozen=True)
class ScoredTable:
    """A scoring as it was logged.

    Attributes
    ----------
    done : Scored
        The account of the rows.
    drift : Drift
    compared : str
        A sentence on who was compared with the fit, where it is not all customers; else empty.
    segments : dict of str to int
        Customers by the segment's name.
    source, output : str
        What people call the table, with the sheet that was taken of a workbook; where the labels are.
    rejects : str
        Where rows without a label are.
    model : str
        What people call it.
    run_id : str
    day : str
        The day from which the customers' dates count, where it was not given; else empty.
    """

    done: Scored
    drift: Drift
    compared: str
    segments: dict[str, int]
    source: str
    output: str
    rejects: str
    model: str
    run_id: str
    day: str

    def drifted(self, word: str) -> bool:
        """Whether customers have drifted as far as a word says, or further."""
        return word in WORDS and self.drift.word in WORDS[WORDS.index(word) :]


def score_table(
    settings: ScoreSettings,
    store: Store,
    *,
    choices: Mapping[str, str],
    config_text: str,
    command: str,
    progress: Callable[[int, int | None], None] = lambda done, expected: None,  # noqa: ARG005 - the signature of its kind
    into: tuple[Collected, Collected] | None = None,
) -> ScoredTable:
    """Label a table and log what became of its rows to one run, which is ended whatever happens.

    Parameters
    ----------
    settings : ScoreSettings
    store : Store
    choices : mapping
        Decision to the name of the file taken.
    config_text : str
        The composed config as YAML.
    command : str
        By which it can be repeated.
    progress : callable
        Told the rows done, and those expected where that is known.
    into : pair of Collected, optional
        What takes the rows with a label and those without, instead of the files of the settings.

    Raises
    ------
    DataError
        The table cannot be read, or lacks columns of the model.
    StoreError
        There is no such model, or what belongs to the labels cannot be logged.
    """
    with _own_words():
        model = loaded(store, settings.model, settings.run_id)
        model = replace(model, model=model.model.at(settings.reference_date))
        headers = {str(name): str(header) for name, header in (settings.headers or {}).items()}
        specs = contract_of(model.model.contract, headers)
        source = _input_of(settings, specs)
        label, place, aside = _labelling(settings, source, into, written := WrittenFiles(store))
        watch = Comparison(model.model)
        tags = {"command": command, "model": model.label, **_origin(model), **engine_tags(settings.engine)}
        run_id = open_run(store, name=settings.name or f"score {source.name}", level="score", tags=tags)
        written.run_id = run_id
        with closing(store, run_id):
            try:
                done = label(
                    model=model.model,
                    watch=watch,
                    specs=specs,
                    headers=headers,
                    columns=settings.columns,
                    progress=progress,
                )
            except Exception as error:
                record(store, run_id, [Tags({"failed_because": " ".join(redact(str(error)).split())})])
                raise
            with after(f"the labels are written, to {place}, but not what belongs to them"):
                drift, compared = watch.measure(settings.drift)
                segments = {model.model.name_of(one): done.segments[one] for one in sorted(model.model.numbers)}
                data_set = scored_table(source.name, specs, source.sha256, asked=settings.query or "", rows=done.rows)
                params = {
                    "model": model.uri,
                    "model_version": model.version,
                    "model_id": model.model_id,
                    "input": source.name,
                    "input_sha256": source.sha256 or None,
                    "output": place,
                    "columns": settings.columns,
                    "drift": choices.get("drift"),
                }
                items = score_items(
                    params={key: value for key, value in params.items() if value is not None},
                    counts={"rows": done.rows, "scored": done.scored, "rejected": done.rejected},
                    reasons=dict(done.reasons),
                    segments=segments,
                    drift=drift,
                    data_set=data_set,
                    note=_note(done, drift, segments, model=model.label, source=source.name, compared=compared),
                )
                record(store, run_id, [Text(config_text, "config.yaml"), *items])
    day = "" if settings.reference_date else model.model.reference_date or ""
    return ScoredTable(done, drift, compared, segments, source.name, place, aside, model.label, run_id, day)


def _labelling(
    settings: ScoreSettings, source: TableSource, into: tuple[Collected, Collected] | None, written: WrittenFiles
) -> tuple[Callable[..., Scored], str, str]:
    """What labels the rows, here or where they are; where labels go, and where rows without one."""
    if isinstance(source, DistributedSource):
        there = Place(str(settings.output), settings.table, settings.overwrite)
        there.check()
        place = f"table {settings.table}" if there.output == CATALOG else there.output
        return partial(score_there, source=source, place=there), place, f"{place}, with the reason"
    if into is not None:
        kept = partial(score, source=source, output=into[0], rejects=into[1], size=settings.chunk)
        return kept, "a Python session", "a Python session"
    aside = rejects_of(settings)
    if "://" not in str(settings.output):
        settle(typed_path(str(settings.output)), aside)
    output, said = output_of(settings, written), settings.rejects is not None
    if isinstance(output, TableOutput):
        settle(output, aside)
    path = None if isinstance(output, TableOutput) else output.path
    beside = written if said else WrittenBeside(written, _name_of(output), path)
    rejects = Output(aside, overwrite=settings.overwrite, key="rejects", said=said, written=beside)
    here = partial(
        score,
        source=source,
        output=output,
        rejects=rejects,
        size=settings.chunk,
        safe_ids=settings.spreadsheet_safe_ids,
    )
    return here, _name_of(output), str(aside)


def all_rows(labels: Collected, rejects: Collected, *, first_row: int) -> pd.DataFrame:
    """Labels and reasons of every row of a table, in its order.

    Parameters
    ----------
    labels, rejects : Collected
        As `score_table` has filled them.
    first_row : int
        Number of the table's first row.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        The columns of `customer_segmentation.scoring.outputs.LISTED` that the scoring has, and ``reason``.
    """
    aside = [table.select(list(REJECTED)).to_pandas() for table in rejects.tables]
    reasons = pd.concat(aside).set_index("row")["reason"] if aside else pd.Series(dtype=object)
    rows = np.arange(first_row, first_row + labels.rows + rejects.rows)
    told = [name for name in LISTED if labels.tables and name in labels.tables[0].column_names]
    kept = [table.select(told).to_pandas() for table in labels.tables]
    found = pd.concat(kept) if kept else pd.DataFrame(columns=list(LABELS))
    found = found.set_axis(np.setdiff1d(rows, reasons.index), axis=0).reindex(rows)
    found["segment"] = found["segment"].astype("Int64")
    found["segment_name"] = found["segment_name"].astype("category")
    return found.assign(reason=reasons.reindex(rows).astype(object).where(lambda cells: cells.notna(), None))


def _input_of(settings: ScoreSettings, specs: Mapping[str, ColumnSpec]) -> TableSource:
    """The table that is to be labelled, opened."""
    there = settings.engine.kind != "local"
    source = open_source(
        DataSettings(
            path=None if there and settings.input == CATALOG else settings.input,
            max_rows=sys.maxsize,  # every row gets its label
            query=settings.query,
            sheet=settings.sheet,
            delimiter=settings.delimiter,
            encoding=settings.encoding,
            decimal=settings.decimal,
            columns=dict(specs),
        ),
        settings.engine,
    )
    refuse_unread(source, [key for key in READING if getattr(settings, key) is not None])
    return source


def output_of(settings: ScoreSettings, written: WrittenFiles | None = None) -> Output | TableOutput:
    """Where labels go.

    Parameters
    ----------
    settings : of the scoring
    written : what scorings have written, which alone may be replaced
    """
    target = str(settings.output)
    if "://" in target:
        return TableOutput(target, settings.table, overwrite=settings.overwrite)
    return Output(Path(target), overwrite=settings.overwrite, written=written)


def _note(done: Scored, drift: Drift, segments: Mapping[str, int], *, model: str, source: str, compared: str) -> str:
    """Description of the run, in markdown."""
    lines = [
        (
            f"**{counted(done.rows, 'row')} of {markdown(source)} = {done.scored:,} scored + {done.rejected:,} "
            f"rejected**, by {markdown(model)}."
        ),
        "",
        f"Drift: **{drift.word}**{'. ' + compared if compared else ''}",
        "",
        *(f"- {markdown(reason)}" for reason in drift.reasons),
        *(["", markdown(drift.power.told)] if drift.power is not None and drift.power.told else []),
        "",
        "| segment | customers | share |",
        "|---|---|---|",
        *(
            f"| {markdown(name)} | {count:,} | {percent(count / max(done.scored, 1))} |"
            for name, count in segments.items()
        ),
    ]
    if done.rejected:
        shown = done.reasons.most_common(SHOWN)
        lines += ["", "Rejected:", "", *(f"- {count:,} × {markdown(reason)}" for reason, count in shown)]
    return "\n".join(lines)


def _name_of(output: Output | TableOutput) -> str:
    """Name of an output for people."""
    return str(output.path) if isinstance(output, Output) else f"table {output.table} of {output.shown}"


def _origin(model: LoadedModel) -> dict[str, str]:
    tags = {"model_id": model.model_id, "model_version": model.version, "model_run_id": model.run_id}
    return {key: value for key, value in tags.items() if value}


@contextmanager
def _own_words() -> Iterator[None]:
    """Keys that reading a table names, such as data.path, under the names that scoring has for them."""  # noqa: DOC501 - raised again as it came
    try:
        yield
    except (DataError, SettingsError) as error:
        if "data." not in str(error):
            raise
        text = str(error).replace("data.path", "input")
        spelling = r"drop the spelling from data\.columns\.(.+)\.synonyms"
        text = re.sub(spelling, r"say which is meant with 'headers={\1: HEADER}'", text)
        raise type(error)(re.sub(r"\bdata\.(query|sheet|delimiter|encoding|decimal)\b", r"\1", text)) from error
