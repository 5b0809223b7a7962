"""Settings of the smaller commands."""

from __future__ import annotations

from dataclasses import dataclass, field

from customer_segmentation.settings.data import AS_THE_RUN, DataSettings
from customer_segmentation.settings.engine import EngineAddress
from customer_segmentation.settings.limits import limited
from customer_segmentation.settings.registry import settings_of
from customer_segmentation.settings.sweep import ExplorationSettings, HypothesesSettings
from customer_segmentation.settings.tracking import TrackingSettings

#: What `segment init` reads of `data`; the rest it writes.
OF_A_NEW_TABLE = (
    *("path", "query", "delimiter", "encoding", "decimal", "sheet", "table"),
    *("keep", "populations", "reference_date", "max_rejected_share", "max_rows", "transactions"),
)

TWO_RUNS = "expected two runs, such as run_id=BEFORE other=AFTER; `segment ui` shows their ids"


@settings_of("report")
@dataclass
class ReportSettings:
    """The whole of ``segment report``."""

    run_id: str | None = None  # of a sweep or a candidate; null: the last sweep spoken of
    output: str | None = None  # a copy: FILE.html, or FILE.md for markdown
    slides: str | None = None  # a folder for the figures of a meeting, one slide of 1920 x 1080 pixels (PNG) each
    overwrite: bool = False  # replace the copy, or the slides, of an earlier report
    # path: where the table is now, if it has moved
    data: DataSettings = field(default_factory=DataSettings, metadata={"reads": ("path",), "because": AS_THE_RUN})
    engine: EngineAddress = field(default_factory=EngineAddress)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    quiet: bool = False  # say nothing in the terminal


@settings_of("init")
@dataclass
class InitSettings:
    """The whole of ``segment init``."""

    data: DataSettings = field(
        default_factory=DataSettings,
        metadata={
            "reads": OF_A_NEW_TABLE,
            "because": "segment init describes the table of data.path, whatever else is set",
        },
    )
    name: str | None = None  # of the files that are written; null: made from the name of the table
    # customers: one row a customer; orders: summed up to customers
    table: str = limited("auto", choices=("auto", "customers", "orders"))
    # HEADER=ROLE: what a column is for, where that is known better; on the command line roles.HEADER=ROLE
    roles: list[str] = field(default_factory=list)
    # Numbers and yes/no columns with blanks are features too, with a median or the most frequent answer in their place.
    impute: bool = False
    strict: bool = False  # write nothing and end with a non-zero code while anything is not sure
    force: bool = False  # overwrite files of an earlier init


@settings_of("migrate")
@dataclass
class MigrateSettings:
    """The whole of ``segment migrate``."""

    run_id: str | None = limited(None, required=TWO_RUNS)  # before: a candidate, or a sweep for its chosen one
    other: str | None = limited(None, required=TWO_RUNS)  # after
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    quiet: bool = False  # say nothing in the terminal


@settings_of("explore")
@dataclass
class ExploreSettings:
    """The whole of ``segment explore``."""

    data: DataSettings = field(default_factory=DataSettings)
    exploration: ExplorationSettings = field(default_factory=ExplorationSettings)
    hypotheses: HypothesesSettings = field(default_factory=HypothesesSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    # of all intervals; a hypothesis is tested at 1 - confidence
    confidence: float = limited(0.95, above=0, below=1, such_as="0.95")
    name: str | None = None  # of the run; null: made from the table's name
    quiet: bool = False  # say nothing in the terminal
