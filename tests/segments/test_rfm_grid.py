"""The classic grid: every cell has one group, equal customers get equal scores, the table adds up."""

import numpy as np
import pandas as pd

from customer_segmentation.segments.rfm_grid import GROUPS, fifths, rfm_grid


def test_every_pair_of_scores_is_in_one_group():
    cells = [(r, f) for parts in GROUPS.values() for firsts, seconds in parts for r in firsts for f in seconds]
    assert sorted(cells) == [(r, f) for r in "12345" for f in "12345"]


def test_scores_groups_and_shares_are_those_of_the_customers():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "Recency": generator.integers(0, 400, 500),
            "Frequency": generator.geometric(0.4, 500),
            "Monetary": generator.gamma(2, 50, 500),
        }
    )
    labels = (frame["Frequency"] > 2).to_numpy().astype(int)
    grid = rfm_grid(frame, labels)
    best = frame["Recency"].le(frame["Recency"].quantile(0.2)) & (fifths(frame["Frequency"]) == 5)
    assert set(grid.scores["rfm_group"][best]) <= {"Champions"}
    assert grid.scores["rfm"][best].str.match("5[45][1-5]").all()
    assert grid.scores.groupby(frame["Frequency"])["rfm"].agg(lambda one: one.str[1].nunique()).eq(1).all()
    assert grid.table["customers"].sum() == 500
    assert np.isclose(grid.table["share"].sum(), 1)
    assert np.isclose(grid.table["value_share"].sum(), 1)
    for row in grid.table.to_dict("records"):
        inside = (grid.scores["rfm_group"] == row["group"]).to_numpy()
        assert inside.sum() == row["customers"]
        assert np.mean(labels[inside] == row["segment"]) == row["in_segment"] >= 0.5
    assert rfm_grid(frame.drop(columns="Recency"), labels) is None
