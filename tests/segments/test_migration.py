import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from customer_segmentation.figures.migration import migration_heatmap
from customer_segmentation.segments.migration import joined, migration


def test_who_moves_where_is_counted_as_pandas_does():
    rng = np.random.default_rng(0)
    before = rng.integers(0, 4, 500)
    numbers = np.array([2, 0, 3, 1])
    after = np.where(rng.random(500) < 0.9, numbers[before], 4)
    found = migration(before, after, names_before={0: "Loyal"})
    np.testing.assert_array_equal(found.counts, pd.crosstab(before, after).to_numpy())
    assert found.table["customers"].sum() == 500
    assert found.stayed == pytest.approx((after == numbers[before]).mean())
    assert found.rand == pytest.approx(adjusted_rand_score(before, after))
    assert found.matching.new == (4,)
    same = found.table[found.table["same"]]
    assert dict(zip(same["before"], same["after"], strict=True)) == dict(enumerate(numbers))
    assert found.names_before[:2] == ("0 Loyal", "segment 1")
    shares = found.table.groupby("before")["share_of_before"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(4))


def test_customers_of_one_side_only_are_counted_and_not_moved():
    before = pd.DataFrame({"customer": ["a", "b", "c", "d"], "k2": [0, 0, 1, 1]})
    after = pd.DataFrame({"customer": ["e", "d", "b", "c"], "k3": [2, 0, 1, 0]})
    labels = joined(before, after, ("k2", "k3"))
    found = migration(labels["before"].to_numpy(), labels["after"].to_numpy())
    assert (found.customers, found.only_before, found.only_after) == (3, 1, 1)
    assert found.counts.tolist() == [[0, 1, 0], [2, 0, 0]]
    assert found.stayed == 1.0


def test_the_heatmap_holds_every_count():
    counts = np.array([[120, 0, 3], [4, 1500, 0]])
    figure = migration_heatmap(counts, ["a" * 80, "<script>"], ["=1+1", "😀", "x"], [(0, 0), (1, 1)], "From A to B")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"120", "3", "4", "1,500"} <= set(texts)
