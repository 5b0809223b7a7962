"""One study as it was asked for, and what its settings make: the space and the unfitted estimators."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customer_segmentation.clustering.clusterer import Clusterers, Restarts
from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.space import Space, build_space
from customer_segmentation.config.compose import ComposedJob
from customer_segmentation.config.instantiate import make_estimator, make_scaler
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.secrets import HidesSecrets
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.workflows.prepare import PreparedCustomers

#: Keys that a study's name always says, or that are no part of a study.
SAID = frozenset({"features", "scaling", "k", "experiments", "hydra.sweeper.params"})


@dataclass(frozen=True, repr=False)
class StudySpec(HidesSecrets):
    """One study as it was asked for.

    Attributes
    ----------
    name : str
        See `study_name`.
    settings : SweepSettings
    choices : mapping
        Decision to the name of the file taken.
    overrides : tuple of str
        By which Hydra composed it.
    number : int
        Among the studies of the sweep.
    config : str
        YAML of the composed config, k left out.
    """

    name: str
    settings: SweepSettings
    choices: Mapping[str, str]
    overrides: tuple[str, ...]
    number: int
    config: str

    @property
    def run_name(self) -> str:
        """Name of its run: the table first, as one experiment may hold the runs of several."""
        return f"{self.choices['data']} · {self.name}"

    @property
    def params(self) -> dict[str, Any]:
        """Settings by which its runs are compared."""
        return {
            "features": self.choices["features"],
            "scaling": self.choices["scaling"],
            "clustering": self.choices["clustering"],
            "seed": self.settings.seed,
            "data": self.choices["data"],
            "keep": self.settings.data.keep,
            "selection": self.choices["selection"],
            "yardstick": self.choices["yardstick"],
            **({"init": self.settings.clustering.init} if self.settings.clustering.init else {}),
        }

    def clusters_value(self, table: CustomerTable) -> bool:
        """Whether the value column is among what the segments were made from: explaining it is circular then.

        Parameters
        ----------
        table : of its customers, which knows the value column
        """
        features = declared_features(self.settings.features, table.columns, self.choices["features"])
        return table.value_column is not None and table.value_column in features.columns


def study_name(choices: Mapping[str, str], overrides: Sequence[str], varied: Collection[str]) -> str:
    """Feature set, scaling, and whatever else its sweep varies.

    Parameters
    ----------
    choices : mapping
        Decision to the name of the file taken.
    overrides : sequence of str
        Of the study.
    varied : collection of str
        Keys with several values in the sweep.

    Examples
    --------
    >>> study_name({"features": "value", "scaling": "none"}, ["clustering=kmeans", "seed=1"], ["clustering", "seed"])
    'value · none · kmeans · seed=1'
    """
    further = [text for text in overrides if text.partition("=")[0] in varied and text.partition("=")[0] not in SAID]
    named = [text.removeprefix("clustering=") for text in further]
    return " · ".join([choices["features"], choices["scaling"], *named])


def spec_of(job: ComposedJob, varied: Collection[str]) -> StudySpec:
    """Study of a composed job; ``varied`` holds the keys with several values in its sweep.

    Parameters
    ----------
    job : as it was composed
    varied : keys with several values in the sweep
    """
    start = f"clustering.init={job.settings.clustering.init or 'null'}"  # the version, where an alias was typed
    told = [start if text.startswith("clustering.init=") else text for text in job.overrides]
    name = study_name(job.choices, told, varied)
    return StudySpec(name, job.settings, job.choices, job.overrides, job.number, job.config)


#: Studies that this process has run, by their sweep and overrides: composing one again costs a fifth of a second.
#: They are forgotten when their sweep ends.
_RUN: dict[tuple[str, tuple[str, ...]], StudySpec] = {}


def remember(sweep_id: str, spec: StudySpec) -> None:
    """Keep a study for what comes after the studies of its sweep.

    Parameters
    ----------
    sweep_id : id of the sweep's run
    spec : settings of the study
    """
    _RUN[sweep_id, spec.overrides] = spec


def forget(sweep_id: str) -> None:
    """Let go of the studies of a sweep."""
    for key in list(_RUN):
        if key[0] == sweep_id:
            _RUN.pop(key, None)


def remembered(sweep_id: str, overrides: Sequence[str]) -> StudySpec | None:
    """Study of these overrides, if this process has run it.

    Parameters
    ----------
    sweep_id : id of the sweep's run
    overrides : by which the study was composed
    """
    return _RUN.get((sweep_id, tuple(overrides)))


def space_of(spec: StudySpec, customers: PreparedCustomers) -> Space:
    """Space of a study: its feature set of the customers, under its scaling. The last one is kept.

    Parameters
    ----------
    spec : settings of the study
    customers : its customers
    """
    settings = spec.settings
    key = repr((settings.features, settings.scaling, spec.choices["features"], spec.choices["scaling"]))
    if key in customers.last_space:
        return customers.last_space[key]
    customers.last_space.clear()
    customers.make_room()
    customers.last_space[key] = space = build_space(
        customers.table.customers,
        declared_features(settings.features, customers.table.columns, spec.choices["features"]),
        scaling=spec.choices["scaling"],
        scaler=make_scaler(settings.scaling.scaler, spec.choices["scaling"]),
        indicators=settings.scaling.indicators,
    )
    return space


def estimators_of(spec: StudySpec) -> Clusterers:
    """How the fits of a study get an unfitted estimator for k and a seed: the config is read once, then cloned."""
    first = make_estimator(spec.settings.clustering.estimator, spec.choices["clustering"], 2, spec.settings.seed)
    large = spec.settings.large
    return Clusterers(first, Restarts(large.threshold, large.init_sample))
