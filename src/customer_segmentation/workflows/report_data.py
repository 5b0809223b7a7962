"""Gather what a report says from the store and, for the segments, from a candidate that is opened again.

One way for the end of a sweep and for ``segment report``: the sweep hands over the candidate that it has just refitted,
the command opens it again.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from customer_segmentation.clustering.clusterer import MakeEstimator
from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.metrics import adjusted_rand_index, cluster_means
from customer_segmentation.clustering.warm_start import at_centres
from customer_segmentation.figures.elbows import all_elbows
from customer_segmentation.figures.scatter import scatter_pairs
from customer_segmentation.model.build import rules_of
from customer_segmentation.report.data import CandidateFacts, FullDataScores, ReportData, SweepFacts, TableFacts
from customer_segmentation.report.document import Picture
from customer_segmentation.report.pictures import drawn, segment_pictures, stored, vectors
from customer_segmentation.report.rules import rules_picture
from customer_segmentation.report.space_checks import SpaceCheck, check_space
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.partitions import from_plain
from customer_segmentation.settings.data import Role
from customer_segmentation.tracking.checked_files import VERDICT, understood
from customer_segmentation.tracking.log.candidate import main_features
from customer_segmentation.tracking.log.exploration import rejected_reasons
from customer_segmentation.tracking.log.sweep import PARTITIONS
from customer_segmentation.tracking.read import (
    artifact_of,
    full_data_of,
    full_profile_of,
    json_of,
    labels_by_k,
    run_of,
    runs_of,
)
from customer_segmentation.tracking.store import Store, place_words
from customer_segmentation.workflows.rebuild import RebuiltCandidate
from customer_segmentation.workflows.study_spec import estimators_of

#: Customers up to which a space that mixes features is fitted once more under another unit.
REFITTED = 100_000


ROWS = ("rows_read", "rows_used", "rows_not_selected", "rows_rejected")


WORDS = ("study", "features", "scaling", "clustering", "verdict", "sizes", "run_id", "study_id")


#: Pictures of the sweep's run: artifact, alternative text; title and caption are in them.
SWEEP_PICTURES = {
    "correlations": (
        "exploration/correlations.png",
        "Matrix of correlation coefficients; the same numbers are in exploration/correlations.csv of the sweep's run.",
    ),
    "counts": (
        "exploration/counts.png",
        "Bars of customers by group; the same numbers are in exploration/counts.csv of the sweep's run.",
    ),
    "heatmaps": (
        "sweep_heatmaps.png",
        "Two matrices, feature sets by scalings: best yardstick and k; the same numbers are in leaderboard.csv.",
    ),
    "sweep_silhouettes": (
        "verdict/silhouettes.png",
        "Two panels of curves by k, silhouettes and yardstick; the same numbers are in leaderboard.csv.",
    ),
    "verdict_valleys": (
        "verdict/valleys.png",
        "Matrix of segments by segments: how deep the valley between them is; the numbers are in structure.json.",
    ),
    "verdict_stability": (
        "verdict/stability.png",
        "Dots by k: stability of the evaluated candidates; the numbers are in verdict.json, under short_list.",
    ),
    "verdict_front": (
        "verdict/front.png",
        "Dots: stability against separation and value explained; the numbers are in verdict.json, under short_list.",
    ),
}


def gather(
    store: Store,
    sweep_id: str,
    opened: RebuiltCandidate | None,
    insights: SegmentInsights | None,
    *,
    of_candidate: bool = False,
    pictures: bool = True,
) -> ReportData:
    """Gather a report.

    Parameters
    ----------
    store : Store
        With the experiment of the sweep.
    sweep_id : str
    opened : RebuiltCandidate or None
        The candidate that is described; None where a sweep chose none.
    insights : SegmentInsights or None
        Of its segments.
    of_candidate : bool
        The report is one of this candidate, not of the sweep.
    pictures : bool
        Draw them; the first page has none.
    """
    run = run_of(store, sweep_id)
    board = leaderboard_of_sweep(store, sweep_id)
    studies = runs_of(store, sweep_id, "study")
    candidate = None if opened is None else _candidate(opened, board)
    data = ReportData(
        of_candidate=of_candidate,
        table=_table(store, run, studies),
        sweep=SweepFacts(
            run_id=sweep_id,
            experiment=store.experiment,
            command=run.data.tags.get("command", "segment sweep"),
            params=run.data.params,
            tags=run.data.tags,
            studies=len(studies),
            failed={
                study.data.tags["study"]: study.data.tags["failed_because"]
                for study in studies
                if "failed_because" in study.data.tags
            },
            started=_day(run.info.start_time),
            place=place_words(store),
            name=str(run.info.run_name),
        ),
        leaderboard=board,
        verdict=json_of(store, sweep_id, VERDICT, dict),
        description=_frame(store, sweep_id, "exploration/description.csv"),
        hypotheses=_frame(store, sweep_id, "exploration/hypotheses.csv"),
        candidate=candidate,
        insights=insights,
        partitions=from_plain(json_of(store, sweep_id, PARTITIONS, list)),
    )
    return replace(data, pictures=_pictures(store, data, opened, insights)) if pictures else data


def _candidate(opened: RebuiltCandidate, board: pd.DataFrame) -> CandidateFacts:
    space, tags = opened.space, opened.run.data.tags
    rows = board[board["run_id"] == opened.run.info.run_id] if len(board) else board
    return CandidateFacts(
        name=opened.name,
        run_id=opened.run.info.run_id,
        study=tags["study"],
        features=space.features.name,
        scaling=space.scaling,
        k=opened.fit.k,
        about=space.features.about,
        units=space.features.units,
        check=_check(opened),
        row=rows.iloc[0] if len(rows) else pd.Series(opened.run.data.metrics, dtype=object),
        full_data=_full_data(opened),
        rules=rules_of(opened.fit, space, opened.spec.settings.selection),
    )


def _full_data(opened: RebuiltCandidate) -> FullDataScores | None:
    study_id, k = opened.run.data.tags["study_id"], opened.fit.k
    found = full_data_of(opened.store, study_id)
    if found is None:
        return None
    counts, table = found
    profile = full_profile_of(opened.store, study_id)
    return FullDataScores(counts, table[table["k"] == k], None if profile is None else profile[profile["k"] == k])


def _check(opened: RebuiltCandidate) -> SpaceCheck:
    """Check what the space measures; where it mixes features, whether the segments outlive a change of unit."""
    space = opened.space
    numeric = [name for name in space.features.of_kind("numeric") if name in space.values]
    check = check_space(space.matrix, space.dimensions, space.values[numeric])
    if not check.distorted or len(space.matrix) > REFITTED:
        return check
    value = opened.customers.table.value_column
    named = [feature.name for feature in space.features.features if value in feature.expression.columns]
    changed = next((name for name in [*named, *check.weights] if name in numeric), None)
    if changed is None:
        return check
    values = space.values.assign(**{changed: space.values[changed] / 1000})
    with np.errstate(all="ignore"):
        matrix = np.ascontiguousarray(clone(space.preparation[1]).fit_transform(values), dtype=np.float64)
    if not np.isfinite(matrix).all():
        return check
    make: MakeEstimator = estimators_of(opened.spec)
    if opened.fit.start is not None:  # a change of unit is looked for, and none of the start
        make = at_centres(make, cluster_means(matrix, opened.fit.labels, opened.fit.k))
    other = fit_k(matrix, opened.fit.k, make_estimator=make, seed=opened.spec.settings.seed)
    return replace(check, unit_change=(changed, adjusted_rand_index(opened.fit.labels, other.labels)))


def _table(store: Store, run: Any, studies: list[Any]) -> TableFacts:
    import yaml

    sweep_id, metrics, tags = run.info.run_id, run.data.metrics, run.data.tags
    rows = {name: int(metrics.get(name, 0)) for name in ROWS}
    customers = next((int(study.data.params["customers"]) for study in studies if "customers" in study.data.params), 0)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a wide table's contract takes the other one seconds
    contract, config = (
        yaml.load(artifact_of(store, sweep_id, name) or b"", Loader=loader) or {}  # noqa: S506 - it is a safe one
        for name in ("contract.yaml", "config.yaml")
    )
    data = config.get("data") or {}
    value = next((name for name, spec in contract.items() if spec.get("role") == Role.value.value), "")
    keep = run.data.params.get("keep", "all")
    rejected = _frame(store, sweep_id, "rejected.csv") if rows["rows_rejected"] else pd.DataFrame()
    return TableFacts(
        source=tags.get("data_source", "the table"),
        rows=rows,
        customers=customers or rows["rows_used"],
        population="" if keep == "all" else keep.replace("_", " "),
        reasons=tuple(rejected_reasons(rejected)) if "reason" in rejected else (),
        notes=tags.get("rows_note", ""),
        repairs=tags.get("repairs", ""),
        ignored_columns=tags.get("ignored_columns", ""),
        synthetic=data.get("source") == "sample" or (data.get("source") == "orders" and not data.get("path")),
        value=value,
        value_unit=str(contract.get(value, {}).get("unit", "")),
        outcomes=tuple(name for name, spec in contract.items() if spec.get("role") == Role.outcome.value),
    )


def _pictures(
    store: Store, data: ReportData, opened: RebuiltCandidate | None, insights: SegmentInsights | None
) -> dict[str, Picture]:
    """Pictures that the runs hold, and those that are drawn for the report."""
    found = {}
    for name, (path, alt) in SWEEP_PICTURES.items():
        content = artifact_of(store, data.sweep.run_id, path)
        if content is not None:
            found[name] = stored(content, name, alt=alt)
    board = data.leaderboard
    if len(board) and "inertia_share" in board and board["k"].min() < board["k"].max():
        found["elbows"] = _elbows(data)
    if opened is None or insights is None:
        return found
    found["pairs"] = _pairs(store, opened, insights)
    if data.candidate is not None:
        found["rules"] = rules_picture(data.candidate.rules, [name.name for name in insights.names])
    found |= segment_pictures(
        opened.space,
        opened.fit.labels,
        insights,
        labels_by_k=labels_by_k(store, opened.run.data.tags["study_id"]),
        value=opened.customers.value,
        seed=opened.spec.settings.seed,
    )
    return found


def _elbows(data: ReportData) -> Picture:
    candidate = data.candidate
    study, marked = (None, None) if candidate is None else (candidate.study, candidate.k)
    shown = data.leaderboard if study is None else data.leaderboard[data.leaderboard["study"] == study]
    first = shown.sort_values("k").head(12)
    told = ", ".join(f"k = {k}: {share:.3f}" for k, share in zip(first["k"], first["inertia_share"], strict=True))
    front = f" In front {study}, with k = {marked} marked." if study is not None else ""
    return vectors(
        all_elbows(data.leaderboard, study=study, k=marked),
        "elbows",
        title="Elbows of all studies",
        caption=f"Inertia of every study as a share of its inertia with one segment.{front} A sharp bend would "
        "favour its k.",
        alt=f"Curves that fall with k. {study or 'The first'}: {told}.",
    )


def _pairs(store: Store, opened: RebuiltCandidate, insights: SegmentInsights) -> Picture:
    """Scatter pairs: as the candidate's run holds them, else drawn again."""
    numbers, labels = opened.space.numbers, opened.fit.labels
    main = main_features(numbers, labels)
    caption = f"Customers and centres of the segments in their own units: {', '.join(main)}."
    alt = (
        f"Scatter plots of {', '.join(main)} in pairs, coloured by segment, centres numbered; the profiles hold the "
        "means."
    )
    content = artifact_of(store, opened.run.info.run_id, "figures/pairs.png")
    if content is not None:
        return stored(content, "pairs", alt=alt)
    means = numbers.groupby(labels).mean()
    names = [name.name for name in insights.names] or None
    figure = scatter_pairs(
        numbers[main], labels, means[main], opened.space.features.units, f"Segments of {opened.name}", names=names,
        seed=opened.spec.settings.seed,
    )  # fmt: skip
    return drawn(figure, "pairs", caption=caption, alt=alt)


def leaderboard_of_sweep(store: Store, sweep_id: str) -> pd.DataFrame:
    """Leaderboard as the sweep logged it: words stay words, even where they read like a missing value.

    Parameters
    ----------
    store : where the run is
    sweep_id : id of the sweep's run
    """
    content = artifact_of(store, sweep_id, "leaderboard.csv")
    if content is None:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in (*WORDS, "k", "yardstick")})
    with understood(sweep_id, "leaderboard.csv"):
        return pd.read_csv(
            io.BytesIO(content), dtype=dict.fromkeys(WORDS, "object"), keep_default_na=False, na_values=[""]
        ).fillna({"verdict": ""})


def _frame(store: Store, run_id: str, path: str) -> pd.DataFrame:
    content = artifact_of(store, run_id, path)
    with understood(run_id, path):
        return pd.DataFrame() if content is None else pd.read_csv(io.BytesIO(content))


def _day(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return f"{moment.day} {moment:%B %Y}"
