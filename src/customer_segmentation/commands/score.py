"""``segment score``: label a table of customers with a model, lose no row, and say how far they are from the fit."""

from __future__ import annotations

import re
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.compose import Plan, plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.console.help import help_page
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.score import ScoreSettings
from customer_segmentation.sources.new_file import same_file

if TYPE_CHECKING:
    from customer_segmentation.scoring.database_output import TableOutput
    from customer_segmentation.scoring.load import LoadedModel
    from customer_segmentation.scoring.outputs import Output

DRIFTED = 3  # exit code

SINGLE = (
    ("input=FILE", "CSV, Parquet or Excel, also packed; or an SQLAlchemy URL with query=SELECT ..."),
    ("output=FILE", ".csv, .tsv, .parquet, .xlsx, .csv.gz, .csv.zst; or an SQLAlchemy URL with table=NAME"),
    ("model=models:/customer-segmentation/3", "or models:/NAME@ALIAS, runs:/RUN_ID/model; default: the champion"),
    ("run_id=RUN_ID", "the model of a run; of a sweep: its chosen one"),
    ("columns=all", "every column of the input with the labels, instead of the id alone"),
    ("'headers={Total Revenue: Umsatz}'", "where a header of the input is not recognised"),
    ("rejects=FILE.csv", "rows without a label, with reasons; default: beside the output"),
    ("overwrite=true", "replace the output of an earlier run"),
    ("chunk=100000", "rows in memory at once"),
    ("fail_on_drift=refit", "exit code 3 when customers have drifted that far (or from `watch` on)"),
    ("delimiter=; encoding=cp1252 decimal=, sheet=NAME", "where the input does not speak for itself"),
    ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
    ("name=NAME   quiet=true", "name of the run; say nothing in the terminal"),
)


def help_text() -> str:
    """Return the help of the command."""
    return help_page(
        [
            "segment score: label a table of customers, and report how far they have drifted from those of the fit.",
            "",
            "Usage: segment score input=FILE output=FILE [key=value ...]",
            "",
            "Read and written in chunks. Every row is either scored, in order and with its id, or rejected with its",
            "reason to a side file. The output appears when it is whole: a killed run leaves none. Counts, model",
            "version, digest of the input and drift (steady, watch or refit) go to one MLflow run",
            "(tags.level = 'score').",
        ],
        decisions={"drift": "how far is too far"},
        settings=SINGLE,
        examples=[
            "segment score input=customers.csv output=labels.csv",
            "segment score input=customers.parquet output=labels.parquet columns=all",
            "segment score input=sqlite:///crm.db 'query=SELECT * FROM customers' output=sqlite:///crm.db table=labels",
            "segment score input=new.xlsx output=labels.xlsx run_id=RUN_ID fail_on_drift=refit",
        ],
    )


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code: 3 where `fail_on_drift` says so."""
    if any(word in ("-h", "--help") for word in arguments):
        print(help_text())
        return 0
    planned = plan("score", arguments)
    if planned.flags:
        run_jobs(planned, lambda config: None)
        return 0
    if planned.swept:
        key, values = next(iter(planned.swept.items()))
        raise SettingsError(f"{key} has {len(values)} values; one table is scored at a time.")
    settings: ScoreSettings = planned.settings[0]
    check(settings)
    # SIGTERM ends as Ctrl-C does, so that the run is closed and nothing is left aside
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _in_own_words():
        return _score(planned, settings, f"segment score {shlex.join(arguments)}".strip())


def check(settings: ScoreSettings) -> None:
    """Check what needs no data.

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    if not settings.input:
        raise SettingsError("input is not set; give the customers with input=FILE and the output with output=FILE.")
    if not settings.output:
        raise SettingsError("output is not set; say where the labels go with output=FILE, such as output=labels.csv.")
    if settings.headers is not None and not isinstance(settings.headers, Mapping):
        raise SettingsError(f"headers={settings.headers}: expected pairs such as 'headers={{Total Revenue: Umsatz}}'.")
    if settings.rejects is not None and not re.search(r"\.(csv|tsv|txt)(\.(gz|zst|bz2))?$", settings.rejects.lower()):
        raise SettingsError(f"rejects={settings.rejects}: expected a name that ends in .csv.")
    paths = {key: value for key in ("input", "output", "rejects") if (value := getattr(settings, key))}
    places = {key: Path(value).expanduser().absolute() for key, value in paths.items() if "://" not in value}
    for key, other in (("input", "output"), ("input", "rejects"), ("output", "rejects")):
        if key in places and other in places and same_file(places[key], places[other]):
            raise SettingsError(f"{other} is the same file as {key}; give it another name.")


def rejects_of(settings: ScoreSettings) -> Path:
    """Where rejected rows go: beside the output, unless it is said."""
    if settings.rejects:
        return Path(settings.rejects).expanduser()
    output = settings.output or ""
    if "://" in output:
        return Path(f"{settings.table}_rejected.csv")
    path = Path(output).expanduser()
    stem = path.name
    for suffix in reversed(path.suffixes):
        if suffix.lower() in (".gz", ".zst", ".bz2", ".csv", ".tsv", ".txt", ".parquet", ".xlsx"):
            stem = stem.removesuffix(suffix)
    return path.with_name(f"{stem}_rejected.csv")


class _in_own_words:  # noqa: N801 - reads as what it does
    """Keys that reading a table names, such as data.path, under the names that this command has for them."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, DataError | SettingsError) and "data." in str(error):
            text = str(error).replace("data.path", "input")
            spelling = r"drop the spelling from data\.columns\.(.+)\.synonyms"
            text = re.sub(spelling, r"say which is meant with 'headers={\1: HEADER}'", text)
            raise type(error)(re.sub(r"\bdata\.(query|sheet|delimiter|encoding|decimal)\b", r"\1", text)) from error


def rejects_output(settings: ScoreSettings) -> Output:
    """Where rejected rows go, looked at before any work."""
    from customer_segmentation.scoring.outputs import Output

    said = settings.rejects is not None
    return Output(rejects_of(settings), overwrite=settings.overwrite, key="rejects", said=said)


def output_of(settings: ScoreSettings) -> Output | TableOutput:
    """Where labels go."""
    from customer_segmentation.scoring.database_output import TableOutput
    from customer_segmentation.scoring.outputs import Output

    target = str(settings.output)
    if "://" in target:
        return TableOutput(target, settings.table, overwrite=settings.overwrite)
    return Output(Path(target), overwrite=settings.overwrite)


def _score(planned: Plan, settings: ScoreSettings, command: str) -> int:
    from customer_segmentation.commands.command import tidy
    from customer_segmentation.scoring.load import loaded
    from customer_segmentation.tracking.store import command as command_for
    from customer_segmentation.tracking.store import existing_store

    store = existing_store(settings.tracking, model=settings.model if settings.run_id is None else "runs:")
    model = loaded(store, settings.model, settings.run_id)
    from customer_segmentation.console.progress import ScoreProgress
    from customer_segmentation.scoring.columns import contract_of
    from customer_segmentation.scoring.drift import WORDS
    from customer_segmentation.scoring.score import Comparison, score
    from customer_segmentation.settings.data import DataSettings
    from customer_segmentation.sources.open import open_source
    from customer_segmentation.tracking.items import Tags, Text
    from customer_segmentation.tracking.log.scoring import score_items
    from customer_segmentation.tracking.runs import closing, record, start_run, take_over_run

    headers = {str(name): str(header) for name, header in (settings.headers or {}).items()}
    specs = contract_of(model.model.contract, headers)
    source = open_source(
        DataSettings(
            path=settings.input,
            max_rows=sys.maxsize,  # every row gets its label
            query=settings.query,
            sheet=settings.sheet,
            delimiter=settings.delimiter,
            encoding=settings.encoding,
            decimal=settings.decimal,
            columns=dict(specs),
        )
    )
    output = output_of(settings)
    rejects = rejects_output(settings)
    watch = Comparison(model.model)
    store, adopted = take_over_run(store)
    tidy(store, quiet=settings.quiet)
    tags = {"command": command, "model": model.label, **_origin(model)}
    name = settings.name or f"score {source.name}"
    if adopted is None:
        run_id = start_run(store, name=name, level="score", tags=tags)
    else:
        run_id = adopted
        store.client.update_run(run_id, name=name)
        record(store, run_id, [Tags({**tags, "level": "score", "mlflow.runName": name})])
    with closing(store, run_id):
        try:
            with ScoreProgress(source.name, quiet=settings.quiet) as progress:
                done = score(
                    model.model,
                    source,
                    output,
                    rejects,
                    watch,
                    specs=specs,
                    headers=headers,
                    columns=settings.columns,
                    size=settings.chunk,
                    progress=progress,
                )
        except Exception as error:
            record(store, run_id, [Tags({"failed_because": " ".join(str(error).split())})])
            raise
        drift, compared = watch.measure(settings.drift)
        from customer_segmentation.console.scoring import note_of, print_score

        names = {number: model.model.name_of(number) for number in model.model.numbers}
        segments = {names[number]: done.segments[number] for number in sorted(names)}
        logged = store.client.get_run(run_id).data.params  # an adopted run has those of its entry point
        params = {
            "model": model.uri,
            "model_version": model.version,
            "model_id": model.model_id,
            "input": source.name,
            "input_sha256": source.sha256 or None,
            "output": output_name(output),
            "columns": settings.columns,
            "drift": planned.choices.get("drift"),
        }
        items = score_items(
            params={key: value for key, value in params.items() if value is not None and key not in logged},
            counts={"rows": done.rows, "scored": done.scored, "rejected": done.rejected},
            reasons=dict(done.reasons),
            segments=segments,
            drift=drift,
            note=note_of(done, drift, model.label, source.name, segments, compared),
        )
        record(store, run_id, [Text(planned.config_text, "config.yaml"), *items])
    if not settings.quiet:
        print_score(
            done,
            drift,
            segments,
            output=output_name(output)
            if done.scored
            else f"none: no row got a label, {output_name(output)} is not written",
            rejects=rejects_of(settings),
            model=model.label,
            compared=compared,
            run_id=run_id,
            following=command_for(store, "sweep" if drift.word == "refit" else "ui"),
        )
    if settings.fail_on_drift in WORDS and drift.word in WORDS[WORDS.index(settings.fail_on_drift) :]:
        return DRIFTED
    return 0 if done.scored else 1


def output_name(output: Output | TableOutput) -> str:
    """Name of an output for people."""
    return str(
        getattr(output, "path", None) or f"table {getattr(output, 'table', '')} of {getattr(output, 'shown', '')}"
    )


def _origin(model: LoadedModel) -> dict[str, Any]:
    tags = {"model_id": model.model_id, "model_version": model.version, "model_run_id": model.run_id}
    return {key: value for key, value in tags.items() if value}
