"""``segment export``: a model as one SELECT that labels customers where they are."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.console.help import help_page
from customer_segmentation.console.lines import say, show
from customer_segmentation.settings.export import DIALECTS, is_picture

_HEAD = 4_000  # bytes of a file in which an export says that it is one

SINGLE = (
    ("run_id=RUN_ID", "the model of a run; of a sweep: its chosen one"),
    ("model=models:/customer-segmentation/3", "or models:/NAME@ALIAS, runs:/RUN_ID/NAME; default: the champion"),
    ("format=rules", "a shallow tree that explains the segments, in words and as one SQL CASE; default: sql"),
    ("format=rules output=tree.svg", "the tree as a picture, also .png"),
    ("dialect=postgres", ", ".join(DIALECTS)),
    ("table=shop.customers", "name of the customers' table in the database; default: customers"),
    ("'headers={Total Revenue: revenue}'", "where a column has another name in that table"),
    ("id=customer_id", "column that names the customer; default: the id of the model's contract"),
    ("output=labels.sql   overwrite=true", "a file instead of the terminal; replaces an earlier export"),
    ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
)


def run(request: Request) -> int:
    """Print the SELECT, or write it to a file."""
    from customer_segmentation.config.checks import check_export, check_headers
    from customer_segmentation.sources.new_file import NewFile
    from customer_segmentation.workflows.export import SIGNATURE, export_model, export_picture

    settings = request.settings
    check_headers(settings.headers)
    check_export(settings)
    target = None
    if settings.output is not None:
        target = NewFile(
            Path(settings.output),
            overwrite=settings.overwrite,
            is_ours=lambda path: SIGNATURE.encode() in path.read_bytes()[:_HEAD],
            key="output",
            what="an export of an earlier command",
        )
    store = request.existing_store(settings.model if settings.run_id is None else "runs:")
    if target is not None and is_picture(settings.output):
        target.write_bytes(export_picture(settings, store))
        say(f"{settings.output}: the tree of {settings.run_id or settings.model}")
        return 0
    text = export_model(settings, store)
    if target is None:
        show(text.removesuffix("\n"))
        return 0
    target.write_text(text)
    say(f"{settings.output}: {settings.format} of {settings.run_id or settings.model}")
    return 0


SPEC = CommandSpec(
    name="export",
    place=100,
    summary="a model as one SELECT that labels customers in a warehouse",
    takes_one="one model is exported at a time",
    run=run,
    help=partial(
        help_page,
        [
            "segment export: a model as one SELECT, which labels customers where they are.",
            "Usage: segment export [run_id=RUN_ID] [format=sql] [dialect=duckdb] [key=value ...]",
            (
                "The SELECT gives each customer segment, segment_name, distance, margin and, where there is no "
                "label, the reason, exactly as `segment score` does. Numbers must stand in the table as numbers, or"
                " as texts with a decimal point and no other marks. Scalings with a closed form: standard, minmax, "
                "robust, none, log_standard, power, l2_rows."
            ),
        ],
        settings=SINGLE,
        examples=[
            "segment export dialect=postgres table=shop.customers output=labels.sql",
            "segment export run_id=RUN_ID dialect=bigquery 'headers={Total Revenue: total_revenue}'",
            "segment export format=rules",
            "segment export format=rules output=tree.png",
        ],
    ),
)
