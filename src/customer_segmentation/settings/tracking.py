"""Where runs are stored."""

from __future__ import annotations

from dataclasses import dataclass, field

from customer_segmentation.secrets import HidesSecrets
from customer_segmentation.settings.limits import limited
from customer_segmentation.settings.registry import settings_of


@dataclass(repr=False)
class TrackingSettings(HidesSecrets):
    """One file of ``conf/tracking/``: where runs go."""

    uri: str | None = None  # null: MLFLOW_TRACKING_URI, else sqlite:///mlflow.db in the current folder
    experiment: str = "customer-segmentation"  # name of the MLflow experiment of all runs
    artifacts: str | None = None  # null: ./mlartifacts for a local store, the server's own place otherwise
    # best: the best candidate of every study gets its model; chosen: only the chosen one
    models: str = limited("best", choices=("best", "chosen"))
    # how runs name customers, in labels, lists and rejected rows. hashed: by a keyed hash of the id; none: not at all.
    # With either, rejected rows keep no other cell, and the example of a model mixes the cells of many customers.
    customers: str = limited("ids", choices=("ids", "hashed", "none"))
    # with which ids are hashed, such as ${oc.env:CUSTOMERS_KEY}; without one, ids that can be guessed are found again
    customers_key: str | None = limited(None, read_with=("customers", "hashed"))
    figures: bool = True  # of studies, the verdict, chosen candidates and explorations; false: none are drawn
    report: bool = True  # report.html at the end of a sweep; false: when `segment report` is asked for it
    timeout: int = limited(10, at_least=1)  # seconds a server may take to answer the first request


@settings_of("ui")
@dataclass
class UiSettings:
    """The whole of ``segment ui``."""

    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    port: int = limited(5000, at_least=1, at_most=65535)  # of this machine, on which it listens
    open: bool = True  # open the page in a browser where there is one
