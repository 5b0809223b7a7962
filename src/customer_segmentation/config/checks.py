"""Checks of composed settings that need no data: done for every job before any work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customer_segmentation.clustering.feature_set import columns_of_repairs, declared_features
from customer_segmentation.config.playbook_file import check_playbook_of
from customer_segmentation.data.expressions import parse
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import Role
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import CRITERIA, OPINIONS, RULES, SelectionSettings, SweepSettings

MODELS = ("best", "chosen")


PROFILES = ("all", "features")


def check_sweep(settings: SweepSettings, features: str) -> list[str]:
    """Check the settings of one study; return the columns of the customer table that it needs.

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    parse_k(settings.k)
    _check_selection(settings.selection)
    if settings.tracking.models not in MODELS:
        raise SettingsError(f"tracking.models={settings.tracking.models}: expected one of {', '.join(MODELS)}.")
    if settings.profiles not in PROFILES:
        raise SettingsError(f"profiles={settings.profiles}: expected one of {', '.join(PROFILES)}.")
    check_playbook_of(settings)
    if settings.threads < 1:
        raise SettingsError(f"threads={settings.threads}: expected a whole number of at least 1.")
    if settings.data.customers < 1:
        raise SettingsError(f"data.customers={settings.data.customers}: expected a whole number of at least 1.")
    columns = settings.data.columns
    needed = declared_features(settings.features, columns, features).columns
    needed += declared_features(settings.yardstick.features, columns, "of the yardstick").columns
    return list(dict.fromkeys(columns_of_repairs(list(dict.fromkeys(needed)), columns)))


def _check_selection(selection: SelectionSettings) -> None:
    stability = selection.stability
    if selection.rule not in RULES:
        raise SettingsError(f"selection.rule={selection.rule}: expected one of {', '.join(RULES)}.")
    if selection.rule == "fixed" and (selection.k is None or selection.k < 1):
        raise SettingsError("selection.rule=fixed needs selection.k, a whole number of at least 1.")
    shares = {
        "smallest_share": selection.smallest_share,
        "explained_share": selection.explained_share,
        "near_tie": selection.near_tie,
    }
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise SettingsError(f"selection.{name}={share:g}: expected a share from 0 up to 1, such as 0.05.")
    counts: dict[str, int | None] = {
        "most_segments": selection.most_segments,
        "most_features": selection.most_features,
        **{
            f"stability.{name}": getattr(stability, name)
            for name in ("short_list", "screening", "confirmed", "resamples")
        },
    }
    for name, count in counts.items():
        if count is not None and count < 1:
            raise SettingsError(f"selection.{name}={count}: expected a whole number of at least 1.")
    if not selection.rank_by:
        raise SettingsError(f"selection.rank_by is empty; name one or more of {', '.join(CRITERIA)}.")
    for key, names, known in (
        ("rank_by", selection.rank_by, CRITERIA),
        ("opinions", selection.opinions, OPINIONS),
    ):
        for name in names:
            if name not in known:
                raise SettingsError(f"selection.{key} holds {name}: expected some of {', '.join(known)}.")


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
