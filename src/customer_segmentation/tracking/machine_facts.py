"""What a candidate's run holds for people, and what the program alone reads of it.

A person compares a dozen scores and finds a run by a few words. All the rest, such as versions, figures of the
screening or the position of the study in the sweep, stands as JSON in a few tags that sort last, one for each step
that writes: a tag is one row of the store where a score is two, and it comes with the run, so that nothing is fetched
to read it.
`whole` puts both together again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from customer_segmentation.tracking.checked_files import json_tag
from customer_segmentation.tracking.items import Metrics, Tags

if TYPE_CHECKING:
    from mlflow.entities import Run

#: Begins the name of every tag that the program alone reads: the last of the list.
PREFIX = "z."

#: The study of a candidate; a person sees it as the run above.
STUDY_ID = f"{PREFIX}study_id"

#: Tags of JSON, by who writes them: words known at the start, scores of the study, of the verdict, of the segments.
WORDS, SCORES, EVALUATION, SEGMENTS = (f"{PREFIX}{name}" for name in ("words", "scores", "evaluation", "segments"))

#: Scores that a person compares; the others of a candidate go into a tag.
FOR_PEOPLE = (
    "yardstick",
    "silhouette",
    "reference_silhouette",
    "stability",
    "smallest_share",
    "value_explained",
    "explained_by_tree",
    "inertia",
    "k",
    "davies_bouldin",
    "calinski_harabasz",
    "high_value_value_share",
)

#: Words by which a person finds a candidate; the others go into a tag.
WORDS_FOR_PEOPLE = ("level", "sweep", "study", "verdict", "sizes", "note", "segments", "explained_with",
                    "ruled_out_because", "violations", "violated_because", "registered")  # fmt: skip


def folded(tag: str, values: Mapping[str, Any]) -> dict[str, str]:
    """One tag that holds many values; nan and None are left out.

    Parameters
    ----------
    tag : its name, one of those above
    values : numbers and words
    """
    kept = {name: value for name, value in values.items() if _is_known(value)}
    return {tag: json.dumps(kept, ensure_ascii=False)} if kept else {}


def scores(tag: str, values: Mapping[str, float]) -> tuple[Metrics, Tags]:
    """Scores of a candidate: those that a person compares, and a tag with the others.

    Parameters
    ----------
    tag : name of the tag
    values : name to value
    """
    others = {name: float(value) for name, value in values.items() if name not in FOR_PEOPLE and value is not None}
    return Metrics({name: values[name] for name in values if name in FOR_PEOPLE}), Tags(folded(tag, others))


def words(values: Mapping[str, Any]) -> dict[str, Any]:
    """Words of a candidate that is started: those for people and MLflow's own as they are, the others in one tag."""
    own = {
        name: value
        for name, value in values.items()
        if name in WORDS_FOR_PEOPLE or name.startswith(("mlflow.", PREFIX))
    }
    others = {name: str(value) for name, value in values.items() if name not in own and value not in (None, "")}
    return {**own, **folded(WORDS, others)}


def whole(run: Run) -> Run:
    """A run with the scores and words of its folded tags as if each had been logged on its own."""
    from mlflow.entities import Metric, Param, RunData, RunTag
    from mlflow.entities import Run as Whole

    asked = (WORDS, SCORES, EVALUATION, SEGMENTS)
    found = {name: json_tag(run, name, dict) for name in asked if name in run.data.tags}
    if not found:
        return run
    found[STUDY_ID] = {"study_id": run.data.tags[STUDY_ID]} if STUDY_ID in run.data.tags else {}
    values = {name: value for group in found.values() for name, value in group.items()}
    metrics = {**{name: value for name, value in values.items() if isinstance(value, float)}, **run.data.metrics}
    tags = {**{name: value for name, value in values.items() if isinstance(value, str)}, **run.data.tags}
    data = RunData(
        metrics=[Metric(name, value, 0, 0) for name, value in metrics.items()],
        params=[Param(name, value) for name, value in run.data.params.items()],
        tags=[RunTag(name, value) for name, value in tags.items()],
    )
    return Whole(run.info, data, run.inputs, run.outputs)


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))
