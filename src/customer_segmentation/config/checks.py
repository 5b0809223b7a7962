"""Checks of composed settings that need no data: done for every job before any work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customer_segmentation.clustering.feature_set import columns_of_repairs, declared_features
from customer_segmentation.config.playbook_file import check_playbook_of
from customer_segmentation.data.expressions import parse
from customer_segmentation.settings.data import Role
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import SweepSettings


def check_sweep(settings: SweepSettings, features: str) -> list[str]:
    """Check the settings of one study; return the columns of the customer table that it needs.

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    parse_k(settings.k)
    check_playbook_of(settings)
    columns = settings.data.columns
    needed = declared_features(settings.features, columns, features).columns
    needed += declared_features(settings.yardstick.features, columns, "of the yardstick").columns
    return list(dict.fromkeys(columns_of_repairs(list(dict.fromkeys(needed)), columns)))


def exploration_columns(settings: SweepSettings) -> list[str]:
    """Columns that the exploration reads and the table's contract knows; others are not missed."""
    asked = [
        *(
            column
            for name, spec in settings.exploration.correlate.items()
            for column in parse(spec, where=f"exploration.correlate.{name}").columns
        ),
        *settings.exploration.counts,
        *settings.exploration.bands,
        *(
            column
            for name, spec in settings.hypotheses.variables.items()
            for column in parse(
                {key: value for key, value in spec.items() if key not in ("unit", "about")}
                if isinstance(spec, Mapping)
                else spec,
                where=f"hypotheses.variables.{name}",
            ).columns
        ),
        *(name for test in settings.hypotheses.tests for name in (test["x"], test["y"], *_given(test))),
    ]
    usable = {name for name, spec in settings.data.columns.items() if spec.role is not Role.id}
    return [column for column in dict.fromkeys(asked) if column in usable]


def _given(test: Mapping[str, Any]) -> list[str]:
    given = test.get("given") or []
    return [given] if isinstance(given, str) else [str(name) for name in given]
