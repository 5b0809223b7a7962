"""What a candidate's segments are called when they are promoted: the champion's names, while they hold."""

from __future__ import annotations

from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.segments.matching import Matching
from customer_segmentation.segments.names import NameChange, carry_names, name_segments
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.segment_name import CLAIMED, SegmentName, names_from_plain
from customer_segmentation.workflows.rebuild import RebuiltCandidate, playbook_of_sweep


def names_of(
    found: RebuiltCandidate, champion: SegmentModel | None, matching: Matching | None
) -> tuple[tuple[SegmentName, ...], tuple[NameChange, ...], Profiles, dict[int, str]]:
    """Names of a candidate's clusters, those that could not be kept, the profiles that they rest on, first actions.

    Parameters
    ----------
    found : RebuiltCandidate
    champion : SegmentModel or None
    matching : Matching or None
        Of the champion's clusters with the candidate's.
    """
    profiles = found.customers.profile(found.space, found.fit.labels, found.fit.estimator)
    # the one by which the sweep named them, whatever became of its file
    playbook = playbook_of_sweep(found.store, found.run.data.tags["sweep"], found.spec.settings)
    actions = found.customers.first_actions(found.space, found.fit, profiles, playbook)
    previous = [] if champion is None else names_from_plain(champion.about.get(CLAIMED, []))
    if matching is None or not previous:
        return name_segments(profiles, playbook), (), profiles, actions
    names, changes = carry_names(previous, matching.predecessor, profiles, playbook)
    return names, changes, profiles, actions
