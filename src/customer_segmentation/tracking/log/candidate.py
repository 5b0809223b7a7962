"""What a candidate logs about its segments, in the folder ``segments/`` of its run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.clustering.metrics import cluster_means, cluster_sizes, frame_means
from customer_segmentation.clustering.space import Space
from customer_segmentation.figures.candidate import centres_heatmap, silhouette_plot, sizes
from customer_segmentation.figures.scatter import scatter_pairs
from customer_segmentation.segments.claims import Claim
from customer_segmentation.segments.high_value import list_files
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.rfm_grid import GRID
from customer_segmentation.segments.stakes import Stake
from customer_segmentation.tracking.items import FigureItem, Item, Table, Tags, Text
from customer_segmentation.tracking.machine_facts import SEGMENTS as SCORES_OF_SEGMENTS
from customer_segmentation.tracking.machine_facts import scores

PROFILE = "segments/profile.csv"


SEGMENTS = "segments/segments.json"


CONCENTRATION = "segments/concentration.csv"


#: Pairs of more features than this would not be readable on one picture.
MAIN_FEATURES = 4


def profile_items(profiles: Profiles) -> Iterator[Item]:
    """The profile as a tidy table."""
    yield Table(profiles.table, PROFILE)


def insight_items(insights: SegmentInsights, *, playbook: str, safe_ids: bool = False) -> Iterator[Item]:
    """Names, recommendations and the list of customers.

    ``segments.json`` holds ``playbook`` and, under ``segments``, one entry each: ``segment``, ``name``, ``traits``,
    ``claims`` (what the name says, with figures), ``recommendations``, and the figures of `Profiles.segments`.

    Parameters
    ----------
    insights : what is said of the segments
    playbook : name of the playbook that it rests on
    safe_ids : write an apostrophe before an id that a spreadsheet would run, too; else ids are as they came
    """
    yield Text(json.dumps(segments_record(insights, playbook=playbook), indent=2, ensure_ascii=False), SEGMENTS)
    yield Tags({"segments": "; ".join(f"{name.segment} {name.name}" for name in insights.names)})
    if len(insights.profiles.concentration):
        yield Table(insights.profiles.concentration, CONCENTRATION)
    if insights.rfm is not None:
        yield Table(insights.rfm.table, GRID)
    high = insights.high_value
    if insights.listing is not None:
        customers = insights.listing()
        for path in list_files(len(customers)):
            yield Table(customers, path, private=True, as_it_came=() if safe_ids else ("customer",))
    if high is not None and high.segments:
        shares = {"high_value_share": high.share, "high_value_value_share": high.value_share}
        yield from scores(SCORES_OF_SEGMENTS, shares)


def segments_record(insights: SegmentInsights, *, playbook: str) -> dict[str, Any]:
    """What is said of the segments, as plain values.

    Parameters
    ----------
    insights : what is said of the segments
    playbook : name of the playbook that it rests on
    """
    segments = []
    for figures, name in zip(insights.profiles.segments.to_dict("records"), insights.names, strict=True):
        segments.append(
            {
                **{str(key): _plain(value) for key, value in figures.items()},
                "name": name.name,
                "stake": _stake(insights.stakes[name.segment]) if name.segment < len(insights.stakes) else None,
                "rule": name.rule,
                "traits": list(name.traits),
                "claims": [_claim(claim) for claim in name.claims],
                "recommendations": [
                    {
                        "action": item.action,
                        "text": item.text,
                        "because": [_claim(claim) for claim in item.because],
                        "for": item.target,
                        "differs": item.differs,
                        "at_stake": _plain(item.amount),
                        "money": item.money,
                        "stake": _stake(item.stake),
                    }
                    for item in insights.of(name.segment)
                ],
            }
        )
    high = insights.high_value
    return {
        "playbook": playbook,
        "segments": segments,
        "high_value": None
        if high is None
        else {
            "segments": list(high.segments),
            "customers": high.count,
            "share": _plain(high.share),
            "value": _plain(high.value),
            "value_share": _plain(high.value_share),
        },
        "left_out": insights.profiles.left_out,
        "unassigned": insights.profiles.unassigned,
        "missing": insights.profiles.missing,
        "relations": [relation.sentence for relation in insights.relations],
    }


def _stake(stake: Stake | None) -> dict[str, Any] | None:
    return None if stake is None else {key: _plain(value) for key, value in asdict(stake).items()}


def _claim(claim: Claim) -> dict[str, Any]:
    return {**{key: _plain(value) for key, value in asdict(claim).items()}, "text": claim.text}


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main_features(numbers: pd.DataFrame, labels: np.ndarray, most: int = MAIN_FEATURES) -> list[str]:
    """Features in which the segments differ most: the largest share of variance between segments, in declared order.

    Parameters
    ----------
    numbers : features in original units, shape (n_customers, n_features)
    labels : segment of each customer, 0 to k - 1
    most : at most so many names
    """
    shares = {}
    for name in numbers:
        column = numbers[name].to_numpy(dtype=float)
        total = ((column - column.mean()) ** 2).sum()
        means = cluster_means(column[:, None], labels)[:, 0]
        shares[name] = (
            0.0 if total == 0 else float((cluster_sizes(labels) * (means - column.mean()) ** 2).sum() / total)
        )
    best = sorted(shares, key=lambda name: -shares[name])[:most]
    return [str(name) for name in numbers if name in best]


def chosen_items(
    space: Space,
    labels: np.ndarray,
    *,
    name: str,
    silhouette: tuple[np.ndarray, np.ndarray],
    seed: int,
    names: Sequence[str] | None = None,
) -> Iterator[Item]:
    """Silhouette plot, scatter of each pair of main features, centres and sizes.

    Parameters
    ----------
    space : Space
    labels : int array of shape (n_customers,)
    name : str
        Of the candidate.
    silhouette : tuple of arrays
        Rows that were used, and their silhouettes.
    seed : int
        Of the sample that a scatter draws on large tables.
    names : sequence of k str, optional
        Of the segments.
    """
    rows, values = silhouette
    yield FigureItem(
        partial(silhouette_plot, values, labels[rows], f"Silhouettes of {name}", names=names), "figures/silhouettes.png"
    )
    yield FigureItem(
        partial(sizes, list(cluster_sizes(labels)), f"Segments of {name}", names=names), "figures/sizes.png"
    )
    numbers = space.numbers
    if not numbers.shape[1]:
        return
    units = space.features.units
    means = frame_means(numbers, labels)
    middle = pd.Series({name: numbers[name].mean() for name in numbers})
    spread = pd.Series({name: numbers[name].std(ddof=0) for name in numbers})
    yield FigureItem(
        partial(centres_heatmap, means, middle, spread, units, f"Centres of {name}", names=names),
        "figures/centres.png",
    )
    main = main_features(numbers, labels)
    yield FigureItem(
        partial(
            scatter_pairs, numbers[main], labels, means[main], units, f"Segments of {name}", seed=seed, names=names
        ),
        "figures/pairs.png",
    )
