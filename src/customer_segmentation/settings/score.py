"""The schemas of ``segment score`` and ``segment serve``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from customer_segmentation.paths import typed_path
from customer_segmentation.secrets import HidesSecrets
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.settings.limits import limited
from customer_segmentation.settings.registry import settings_of
from customer_segmentation.settings.tracking import TrackingSettings

NO_INPUT = "input is not set; give the customers with input=FILE and the output with output=FILE"
NO_OUTPUT = "output is not set; say where the labels go with output=FILE, such as output=labels.csv"
#: What tells a text file, or how it is packed, in the name of an output.
_ENDINGS = (".gz", ".zst", ".bz2", ".csv", ".tsv", ".txt", ".parquet", ".xlsx")


@dataclass
class DriftSettings:
    """One file of ``conf/drift/``: how far customers may be from those of the fit, as [watch, refit]."""

    about: str = ""  # what it is, in a line for people
    stability: list[float] = limited([0.1, 0.25], pair=True)  # population stability index of a variable
    segments: list[float] = limited([0.05, 0.1], pair=True)  # change of a segment's share
    distances: list[float] = limited([1.15, 1.5], pair=True)  # mean distance to the centre over the fit's
    tail_share: list[float] = limited([0.03, 0.1], pair=True)  # share beyond the fit's 99 % quantile of distances
    unseen: list[float] = limited([0.01, 0.05], pair=True)  # share of customers with a category new to the fit
    rejected: list[float] = limited([0.05, 1.01], pair=True)  # share of rows without a label
    # that a difference is not chance, over all variables or segments together
    confidence: float = limited(0.99, above=0, below=1, such_as="0.99")
    min_customers: int = limited(50, at_least=0)  # customers; of fewer nothing is said


@settings_of("score")
@dataclass(repr=False)
class ScoreSettings(HidesSecrets):
    """The whole of ``segment score``."""

    # CSV, Parquet, Excel, or an SQLAlchemy URL with `query`; with engine=spark Parquet, CSV, or `catalog` with `query`
    input: str | None = limited(None, required=NO_INPUT)
    # .csv, .tsv, .parquet, .xlsx, .csv.gz, ..., or an SQLAlchemy URL with `table`; with engine=spark a folder for
    # Parquet files, or `catalog` with `table`
    output: str | None = limited(None, required=NO_OUTPUT)
    model: str = "models:/customer-segmentation@champion"  # address of the model, or the folder that holds it
    run_id: str | None = None  # instead of `model`: a run that holds one
    rejects: str | None = None  # CSV of rows without a label; null: beside the output
    # id: the id and the labels; all: every column of the input, and the labels
    columns: str = limited("id", choices=("id", "all"))
    headers: Any = None  # column of the model -> its header in the input
    # in CSV and Excel an apostrophe before an id that a spreadsheet would run, too; false: ids as they came, by which
    # tables are joined. Other texts always get it.
    spreadsheet_safe_ids: bool = False
    overwrite: bool = False  # replace the labels and rejects of an earlier run
    chunk: int = limited(100_000, at_least=1)  # rows in memory at once
    query: str | None = None  # with `input` an SQLAlchemy URL
    table: str = "segments"  # of an output that is a database
    sheet: str | None = None  # of a workbook; several that make up one table as [Jan,Feb]
    delimiter: str | None = None  # between the cells of a text; null: found out
    encoding: str | None = None  # of a text, such as utf-8 or cp1252; null: found out
    decimal: str | None = limited(None, choices=(".", ","))  # mark of numbers in a text; null: found out
    # YYYY-MM-DD from which dates of the customers count; null: the day of the customers that the model was fitted to
    reference_date: str | None = limited(None, date=True)
    drift: DriftSettings = field(default_factory=DriftSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    # from which word on the exit code is 3
    fail_on_drift: str = limited("never", choices=("never", "watch", "refit"))
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    name: str | None = None  # of the run; null: made from the table's name
    quiet: bool = False  # say nothing in the terminal


@settings_of("serve")
@dataclass
class ServeSettings:
    """The whole of ``segment serve``."""

    model: str = "models:/customer-segmentation@champion"  # address of the model, or the folder that holds it
    run_id: str | None = None  # instead of `model`: a run that holds one
    port: int = limited(5001, at_least=1, at_most=65535)  # of this machine, on which it listens
    tracking: TrackingSettings = field(default_factory=TrackingSettings)


def rejects_of(settings: ScoreSettings) -> Path:
    """Where rejected rows go: beside the output, unless it is said.

    Parameters
    ----------
    settings : of the scoring
    """
    if settings.rejects:
        return typed_path(settings.rejects)
    output = settings.output or ""
    if "://" in output:
        return Path(f"{settings.table}_rejected.csv")
    path = typed_path(output)
    stem = path.name
    for suffix in reversed(path.suffixes):
        if suffix.lower() in _ENDINGS:
            stem = stem.removesuffix(suffix)
    return path.with_name(f"{stem}_rejected.csv")
