"""The chosen candidate beside a coarser and a finer one of its space: refitted and described."""

from __future__ import annotations

import pandas as pd

from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.names import name_segments
from customer_segmentation.segments.partitions import Partition, partition_of
from customer_segmentation.verdict.leaderboard import label, row_of
from customer_segmentation.verdict.other_k import compared_k
from customer_segmentation.workflows.rebuild import RebuiltCandidate, fit_of


def side_by_side(
    board: pd.DataFrame, chosen: pd.Series, opened: RebuiltCandidate, insights: SegmentInsights
) -> tuple[Partition, ...]:
    """Describe the numbers of segments that a person would choose between; none where there is no other.

    Parameters
    ----------
    board : DataFrame
        The leaderboard.
    chosen : Series
        Its chosen row.
    opened : RebuiltCandidate
        The chosen candidate.
    insights : SegmentInsights
        Of its segments.
    """
    own = int(board.index[board["run_id"] == chosen["run_id"]][0])
    compared = compared_k(board, own)
    if len(compared) < 2:
        return ()
    opened.customers.make_room()
    found, playbook = [], playbook_of(opened.spec.settings)
    for index in compared:
        row, profiles, names = row_of(board, index), insights.profiles, insights.names
        if index != own:
            study_id = str(board.loc[index, "study_id"])
            fit = fit_of(opened.spec, opened.space, int(row["k"]), store=opened.store, study_id=study_id)
            profiles = opened.customers.profile(opened.space, fit.labels, fit.estimator)
            names = name_segments(profiles, playbook)
        found.append(partition_of(row, label(row), profiles, names))
    return tuple(found)
