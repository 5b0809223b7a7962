"""What a study and its candidates log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from customer_segmentation.clustering.metrics import frame_means
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.structure_test import StructureResult
from customer_segmentation.clustering.study import Candidate, Study
from customer_segmentation.figures.study import elbow
from customer_segmentation.formatting import told_apart
from customer_segmentation.tracking.descriptions import study_description
from customer_segmentation.tracking.items import FigureItem, Item, Metrics, Params, Table, Tags, Text
from customer_segmentation.tracking.machine_facts import SCORES, scores
from customer_segmentation.verdict.structure import StudyStructure, structure_record

LABELS = "labels.parquet"


CONFIG = "config.yaml"


STRUCTURE = "structure.json"


TABLE = "full_data.csv"


PROFILE_OF_ALL = "full_data_profile.csv"


CENTRES = "centres.json"


START = "warm_start.json"


COUNTS = ("rows_read", "rows_used", "rows_not_selected", "rows_rejected")


def labels_table(study: Study, ids: pd.Series | None) -> pd.DataFrame:
    """Segment of every customer under every k: the column ``customer`` where there are ids, then ``k2``, ``k3``, ...

    Parameters
    ----------
    study : all candidates of one space
    ids : of the customers, in the order of the labels
    """
    columns: dict[str, Any] = {} if ids is None else {"customer": ids.to_numpy()}
    columns.update({f"k{candidate.k}": candidate.labels.astype(np.int16) for candidate in study.candidates})
    return pd.DataFrame(columns)


def segments_table(candidate: Candidate, numbers: pd.DataFrame) -> pd.DataFrame:
    """One row a segment: customers, share, and the members' mean of every feature in its own unit.

    The means of the members are the centre in original units whatever the scaling: a scaling of rows has no inverse.
    A feature that is called as one of the first three columns is told apart from it.

    Parameters
    ----------
    candidate : labels and sizes of its segments
    numbers : features in original units, shape (n_customers, n_features)
    """
    own = {"segment": np.arange(candidate.k), "customers": candidate.sizes}
    own["share"] = candidate.sizes / candidate.sizes.sum()
    table = frame_means(numbers, candidate.labels)
    table.columns = pd.Index(told_apart([str(name) for name in numbers], own))
    return pd.concat([pd.DataFrame(own), table], axis=1)


def study_items(
    study: Study, space: Space, *, ids: pd.Series | None, params: Mapping[str, Any], config: str
) -> Iterator[Item]:
    """Items of a study: every score with ``step`` = k, the elbow, the labels of all candidates, what repeats it.

    Parameters
    ----------
    study : all candidates of one space
    space : the space that was clustered
    ids : of the customers; None where the table has none
    params : logged as they are
    config : composed config of the study, as YAML
    """
    yield Params({**params, "customers": len(space.matrix), "dimensions": space.matrix.shape[1]})
    scores = {candidate.k: candidate.scores for candidate in study.candidates}
    for k, values in scores.items():
        yield Metrics(values, step=k)
    if study.knee is not None:
        yield Metrics({"elbow_knee": study.knee})
        yield Tags({"elbow_knee": study.knee})
    ks = list(scores)

    def curve(name: str) -> list[float]:
        return [values.get(name, float("nan")) for values in scores.values()]

    yield FigureItem(
        partial(
            elbow,
            ks,
            curve("inertia"),
            study.knee,
            curve("silhouette"),
            curve("silhouette_se") if any("silhouette_se" in values for values in scores.values()) else None,
            space.name,
        ),
        "elbow.png",
    )
    yield Table(labels_table(study, ids), LABELS, private=True)
    frame = pd.DataFrame([{"k": k, **values} for k, values in scores.items()])
    yield Table(frame, "scores.csv")
    yield Text(config, CONFIG)
    features = space.features
    yield Tags({"mlflow.note.content": study_description(space.name, features.units, features.about, space.notes)})
    if space.notes:
        yield Tags({"note": "; ".join(space.notes)})


def candidate_tags(candidate: Candidate, *, verdict: str) -> dict[str, str]:
    """Words by which a candidate is found, known before its run is started.

    Parameters
    ----------
    candidate : one k of a study
    verdict : its word, such as ``qualified``
    """
    tags = {"verdict": verdict, "sizes": ", ".join(f"{size:,}" for size in candidate.sizes)}
    if candidate.how:
        tags["fit"] = candidate.how
    return {**tags, "note": "; ".join(candidate.notes)} if candidate.notes else tags


def candidate_items(candidate: Candidate, space: Space, *, params: Mapping[str, Any], config: str) -> Iterator[Item]:
    """Items of a candidate: single values, its segments in original units, and the config from which it is refitted.

    Parameters
    ----------
    candidate : one k of a study
    space : the space that was clustered
    params : logged as they are, and k
    config : composed config of the study, as YAML, without k
    """
    yield Params({**params, "k": candidate.k})
    yield from scores(SCORES, {**candidate.scores, "k": candidate.k})  # in the UI's list params stand after all metrics
    yield Table(segments_table(candidate, space.numbers), "segments.csv")
    yield Text(f"{config.rstrip()}\nk: {candidate.k}\n", CONFIG)


def centres_item(study: Study) -> Text:
    """Centres of all candidates, where no refit to the customers at hand would reproduce them.

    Parameters
    ----------
    study : all candidates of one space
    """
    return Text(json.dumps({candidate.k: candidate.centres.tolist() for candidate in study.candidates}), CENTRES)


def start_items(study: Study) -> list[Item]:
    """Centres that fits were started at: the refit of a candidate needs no model that may be gone by then.

    Parameters
    ----------
    study : all candidates of one space
    """
    given = {candidate.k: candidate.start.tolist() for candidate in study.candidates if candidate.start is not None}
    return [Text(json.dumps(given), START)] if given else []


def structure_items(result: StructureResult, structure: StudyStructure) -> Iterator[Item]:
    """Structure test of a study: tags and metrics to filter by, every pair of neighbours, the heatmap of valleys.

    Parameters
    ----------
    result : the test over all k
    structure : its words and figures
    """
    yield Tags(structure.tags())
    yield Metrics(
        {
            "structure_k_star": structure.k_star,
            "structure_k_valley": structure.k_valley,
            "structure_right": float("nan") if structure.right is None else structure.right,
            **{f"opinion/{name}": k for name, k in structure.opinions.items()},
        }
    )
    yield Text(json.dumps(structure_record(result, structure), indent=1), STRUCTURE)


def full_data_items(
    accounting: Mapping[str, int], table: pd.DataFrame, profile: pd.DataFrame, tags: Mapping[str, str]
) -> Iterator[Item]:
    """The account of all rows, and the sizes and the profile of all segments among them.

    Parameters
    ----------
    accounting : rows read, used, not selected and rejected, of the whole file
    table : one row a candidate and segment
    profile : one row a candidate, segment, variable and level
    tags : engine and passes
    """
    yield Metrics({f"full_data/{name}": float(accounting.get(name, 0)) for name in COUNTS})
    yield Table(table, TABLE)
    if len(profile):
        yield Table(profile, PROFILE_OF_ALL)
    if tags:
        yield Tags(tags)
