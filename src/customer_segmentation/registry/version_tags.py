"""What a version says of itself: tags by which versions are told apart and searched, facts for its page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from customer_segmentation.formatting import markdown
from customer_segmentation.registry.checks import Check
from customer_segmentation.registry.segment_identity import Identity
from customer_segmentation.registry.versions import user
from customer_segmentation.tracking.descriptions import link

PARAMS = ("features", "scaling", "clustering", "k", "seed")


def title_of(run: Any) -> str:
    """Name of a candidate's run: study and k."""
    return str(run.info.run_name)


def version_tags(
    run: Any,
    *,
    gate: str,
    checks: Sequence[Check],
    identity: Identity | None,
    before: int | None,
    promotion: str,
    reason: str,
) -> dict[str, str]:
    """Everything that the gate found.

    Parameters
    ----------
    run : mlflow.entities.Run
        Of the candidate.
    gate : {"passed", "refused", "forced"}
    checks : sequence of Check
    identity : Identity or None
        None where the candidate could not be refitted.
    before : int or None
        Version of the champion that it was compared with.
    promotion : str
        What the thresholds are for.
    reason : str
        "" where none was given.
    """
    tags, params = run.data.tags, run.data.params
    inputs = run.inputs.dataset_inputs if run.inputs else []
    failed = [check for check in checks if check.failed]
    found = {
        "gate": gate,
        "gate_against": against(before),
        "promotion": promotion,
        **{f"check.{check.name}": f"{check.result}: {check.sentence}" for check in checks},
        "candidate": title_of(run),
        **{name: params[name] for name in PARAMS if name in params},
        "sweep": tags.get("sweep", ""),
        "data_source": inputs[0].dataset.name if inputs else "",
        "data_digest": tags.get("data_digest", ""),
        "by": user(),
    }
    if failed:
        found["refused_because" if gate == "refused" else "forced_despite"] = "; ".join(
            f"{check.title}: {check.sentence}" for check in failed
        )
    if reason:
        found["reason"] = reason
    if identity is not None:
        listed = {str(number): identity.names.get(number, "") for number in identity.numbers}
        found["segments"] = json.dumps(listed, ensure_ascii=False)
        if identity.notes:
            found["identity"] = " ".join(identity.notes)
    return found


def version_facts(run: Any, *, before: int | None, reason: str) -> dict[str, str]:
    """Where a version is from, by whom and why, in the markdown of its page.

    Parameters
    ----------
    run : the candidate's run
    before : the champion that it was compared with; None: nobody
    reason : as the user gave it
    """
    tags, experiment = run.data.tags, run.info.experiment_id
    facts = {"candidate": link(experiment, run.info.run_id, title_of(run))}
    if "sweep" in tags:
        facts["sweep"] = link(experiment, tags["sweep"], tags["sweep"])
    facts["gate against"] = against(before)
    facts["by"] = markdown(user())
    if reason:
        facts["reason"] = markdown(reason)
    return facts


def against(before: int | None) -> str:
    """What a candidate was compared with."""
    return "no champion" if before is None else f"version {before}"
