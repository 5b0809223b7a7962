"""The schema of ``segment export``."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from customer_segmentation.secrets import HidesSecrets
from customer_segmentation.settings.limits import limited
from customer_segmentation.settings.registry import settings_of
from customer_segmentation.settings.tracking import TrackingSettings

Dialect = Literal["duckdb", "postgres", "bigquery", "snowflake", "spark", "sqlite"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
Format = Literal["sql", "rules", "onnx"]
FORMATS: tuple[Format, ...] = get_args(Format)


def is_picture(output: str | None) -> bool:
    """Whether an output is to be a picture, by its name."""
    return str(output or "").lower().endswith((".png", ".svg"))


@settings_of("export")
@dataclass(repr=False)
class ExportSettings(HidesSecrets):
    """The whole of ``segment export``."""

    model: str = "models:/customer-segmentation@champion"  # address of the model, or the folder that holds it
    run_id: str | None = None  # instead of `model`: a run that holds one
    format: str = limited("sql", choices=FORMATS)  # onnx is refused with the reason
    # of SQL: duckdb | postgres | bigquery | snowflake | spark | sqlite
    dialect: str = limited("duckdb", choices=DIALECTS)
    table: str = "customers"  # name of the customers' table in the database
    headers: Any = None  # column of the model -> its name in that table
    id: str | None = None  # column that names the customer; null: that of the model's contract
    # YYYY-MM-DD from which dates of the customers count; null: the day of the customers that the model was fitted to
    reference_date: str | None = limited(None, date=True)
    output: str | None = None  # file; null: the terminal. Of format=rules also .png or .svg: the tree as a picture
    overwrite: bool = False  # replace the file of an earlier export
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
