"""One study as it was asked for, and what its settings make: the space and the unfitted estimators."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customer_segmentation.clustering.clusterer import Clusterers, Restarts
from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.space import Space, build_space
from customer_segmentation.config.instantiate import make_estimator, make_scaler
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.workflows.prepare import PreparedCustomers


@dataclass(frozen=True)
class StudySpec:
    """One study as it was asked for."""

    settings: SweepSettings
    choices: Mapping[str, str]
    overrides: tuple[str, ...]
    number: int
    config: str  # YAML of the composed config, k left out

    @property
    def name(self) -> str:
        """Feature set, scaling, and whatever else this sweep varies."""
        shown = {"features", "scaling", "k", "experiments", "hydra.sweeper.params"}
        varied = json.loads(os.environ.get("SEGMENT_VARIED", "[]"))
        further = [
            text.partition("=")[2] if "." not in text.partition("=")[0] and "=" in text and _is_choice(text) else text
            for text in self.overrides
            if text.partition("=")[0] in varied and text.partition("=")[0] not in shown
        ]
        return " · ".join([self.choices["features"], self.choices["scaling"], *further])

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
        }


#: Jobs that this process has run, by their sweep and overrides: composing one again costs a fifth of a second.
_RUN: dict[tuple[str, tuple[str, ...]], StudySpec] = {}


def remember(sweep_id: str, job: StudySpec) -> None:
    """Keep a job for what comes after the studies; those of other sweeps are forgotten."""
    for other in [key for key in _RUN if key[0] != sweep_id]:
        del _RUN[other]
    _RUN[sweep_id, job.overrides] = job


def spec_of_job(sweep_id: str, overrides: Sequence[str]) -> StudySpec | None:
    """Job of these overrides, if this process has run it."""
    return _RUN.get((sweep_id, tuple(overrides)))


def _is_choice(override: str) -> bool:
    return override.partition("=")[0] in ("clustering", "features", "scaling")


def space_of(job: StudySpec, customers: PreparedCustomers) -> Space:
    """Space of a job: its feature set of the customers, under its scaling."""
    settings = job.settings
    return build_space(
        customers.table.customers,
        declared_features(settings.features, customers.table.columns, job.choices["features"]),
        scaling=job.choices["scaling"],
        scaler=make_scaler(settings.scaling.scaler, job.choices["scaling"]),
    )


def estimators_of(job: StudySpec) -> Clusterers:
    """How the fits of a study get an unfitted estimator for k and a seed: the config is read once, then cloned."""
    first = make_estimator(job.settings.clustering.estimator, job.choices["clustering"], 2, job.settings.seed)
    large = job.settings.large
    return Clusterers(first, Restarts(large.threshold, large.init_sample))
