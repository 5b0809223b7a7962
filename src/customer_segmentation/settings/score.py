"""The schemas of ``segment score`` and ``segment serve``."""

from dataclasses import dataclass, field
from typing import Any

from customer_segmentation.settings.tracking import TrackingSettings


@dataclass
class DriftSettings:
    """One file of ``conf/drift/``: how far customers may be from those of the fit, as [watch, refit]."""

    about: str = ""
    stability: list[float] = field(default_factory=lambda: [0.1, 0.25])  # population stability index of a variable
    segments: list[float] = field(default_factory=lambda: [0.05, 0.1])  # change of a segment's share
    distances: list[float] = field(default_factory=lambda: [1.15, 1.5])  # mean distance to the centre over the fit's
    tail_share: list[float] = field(
        default_factory=lambda: [0.03, 0.1]
    )  # share beyond the fit's 99 % quantile of distances
    unseen: list[float] = field(
        default_factory=lambda: [0.01, 0.05]
    )  # share of customers with a category new to the fit
    rejected: list[float] = field(default_factory=lambda: [0.05, 1.01])  # share of rows without a label
    confidence: float = 0.99  # that a difference is none of chance, over all variables or segments together
    min_customers: int = 50  # customers; of fewer nothing is said


@dataclass
class ScoreSettings:
    """The whole of ``segment score``."""

    input: str | None = None  # CSV, Parquet, Excel, or an SQLAlchemy URL with `query`
    output: str | None = None  # .csv, .tsv, .parquet, .xlsx, .csv.gz, ..., or an SQLAlchemy URL with `table`
    model: str = "models:/customer-segmentation@champion"
    run_id: str | None = None  # instead of `model`: a run that holds one
    rejects: str | None = None  # CSV of rows without a label; null: beside the output
    columns: str = "id"  # id: the id and the labels; all: every column of the input, and the labels
    headers: Any = None  # column of the model -> its header in the input
    overwrite: bool = False
    chunk: int = 100_000  # rows in memory at once
    query: str | None = None
    table: str = "segments"  # of an output that is a database
    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    drift: DriftSettings = field(default_factory=DriftSettings)
    fail_on_drift: str = "never"  # never | watch | refit: from which word on the exit code is 3
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    name: str | None = None
    quiet: bool = False


@dataclass
class ServeSettings:
    """The whole of ``segment serve``."""

    model: str = "models:/customer-segmentation@champion"
    run_id: str | None = None
    port: int = 5001
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
