"""The schema of ``segment init``: which file to describe, under which name."""

from dataclasses import dataclass, field

from customer_segmentation.settings.data import DataSettings


@dataclass
class InitSettings:
    """The whole of ``segment init``."""

    data: DataSettings = field(default_factory=DataSettings)
    name: str | None = None  # of the files that are written; null: made from the name of the table
    table: str = "auto"  # auto | customers (one row a customer) | orders (summed up to customers)
    force: bool = False  # overwrite files of an earlier init
