"""``segment score``: label a table of customers with a model, lose no row, and say how far they are from the fit."""

from __future__ import annotations

from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page
from customer_segmentation.console.lines import warn
from customer_segmentation.formatting import counted

DRIFTED = 3  # exit code

SINGLE = (
    (
        "input=FILE",
        "CSV, Excel, JSON, Parquet, Arrow; a folder; https, s3; or an SQLAlchemy URL with query=SELECT ...",
    ),
    ("output=FILE", ".csv, .tsv, .parquet, .xlsx, .csv.gz, .csv.zst; or an SQLAlchemy URL with table=NAME"),
    ("model=models:/customer-segmentation/3", "or models:/NAME@ALIAS, runs:/RUN_ID/NAME; default: the champion"),
    ("run_id=RUN_ID", "the model of a run; of a sweep: its chosen one"),
    ("columns=all", "every column of the input with the labels, instead of the id alone"),
    ("spreadsheet_safe_ids=true", "an apostrophe before ids such as @u0 too (CSV, Excel); default: ids as they came"),
    ("'headers={Total Revenue: Umsatz}'", "where a header of the input is not recognised"),
    ("rejects=FILE.csv", "rows without a label, with reasons; default: beside the output"),
    ("overwrite=true", "replace the output of an earlier run"),
    ("chunk=100000", "rows in memory at once"),
    ("fail_on_drift=refit", "exit code 3 when customers have drifted that far (or from `watch` on)"),
    ("delimiter=; encoding=cp1252 decimal=, sheet=NAME", "where it cannot be detected"),
    ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
    ("name=NAME   quiet=true", "name of the run; say nothing in the terminal"),
)


def run(request: Request) -> int:
    """Score a table and print what became of it; the exit code is 3 where `fail_on_drift` says so."""
    from customer_segmentation.config.checks import check_score

    settings, plan = request.settings, request.plan
    check_score(settings)
    model = settings.model if settings.run_id is None else "runs:"
    store = request.for_writing(request.existing_store(model))
    from customer_segmentation.console.progress import ScoreProgress
    from customer_segmentation.console.scoring import print_score
    from customer_segmentation.workflows.score import score_table

    with ScoreProgress(str(settings.input), quiet=settings.quiet) as progress:
        done = score_table(
            settings,
            store,
            choices=plan.choices,
            config_text=plan.config_text,
            command=request.line,
            progress=progress,
        )
    if not settings.quiet:
        print_score(done, store)
    if done.drifted(settings.fail_on_drift):
        if settings.quiet:  # an exit code has its reason, whatever is not to be said
            warn(f"segment score: drift: {done.drift.word}; {'; '.join(done.drift.reasons[:1])}")
        return DRIFTED
    if done.done.scored:
        return 0
    warn(f"segment score: none of the {counted(done.done.rows, 'row')} got a label; the reasons are in {done.rejects}.")
    return 1


SPEC = CommandSpec(
    name="score",
    place=90,
    summary="label a table of customers with a model, and report drift",
    takes_one="one table is scored at a time",
    run=run,
    help=partial(
        help_page,
        [
            "segment score: label a table of customers, and report how far they have drifted from those of the fit.",
            "Usage: segment score input=FILE output=FILE [key=value ...]",
            (
                "Read and written in chunks. Every row is either scored, in order and with its id, or rejected with"
                " its reason to a side file. The output appears when it is whole: a killed run leaves none. Counts,"
                " model version, digest of the input and drift (steady, watch or refit) go to one MLflow run "
                "(tags.level = 'score')."
            ),
        ],
        decisions={"drift": "how far is too far", "engine": "what reads and labels: this process, or Spark"},
        settings=SINGLE,
        examples=[
            "segment score input=customers.csv output=labels.csv",
            "segment score input=customers.parquet output=labels.parquet columns=all",
            "segment score input=sqlite:///crm.db 'query=SELECT * FROM customers' output=sqlite:///crm.db table=labels",
            "segment score input=new.xlsx output=labels.xlsx run_id=RUN_ID fail_on_drift=refit",
        ],
    ),
)
