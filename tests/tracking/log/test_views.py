"""Views of the UI: what they name is what runs hold."""

import json
import re

import pytest

from customer_segmentation.tracking.descriptions import experiment_description
from customer_segmentation.tracking.log.sweep import in_rank_order
from customer_segmentation.tracking.log.views import VIEWS, share_views, view_address
from customer_segmentation.tracking.store import open_store


@pytest.fixture
def store():
    return open_store(uri=None, experiment="views", artifacts=None)


def test_views_are_tags_of_the_experiment_that_the_description_links_to(store):
    share_views(store, "first")
    share_views(store, "newest")
    tags = store.client.get_experiment(store.experiment_id).tags
    states = {name.rpartition(".")[2]: json.loads(text) for name, text in tags.items() if "sharedViewState" in name}
    assert set(states) == {view.name for view in VIEWS}
    assert all(len(text) <= 5000 for text in tags.values())  # what a store takes
    assert "newest" in states["candidates"]["searchFilter"]
    text = experiment_description(store.experiment_id)
    assert set(re.findall(r"viewStateShareKey=(\w+)", text)) == set(states)
    assert view_address(store.experiment_id) in text
    for view in VIEWS:
        assert view.columns == tuple(sorted(view.columns, key=lambda column: column.replace("`", ""))), (
            "the UI's own order, so that what comes first is seen here"
        )
    assert "metrics.`k`" in VIEWS[0].columns[:3]
    assert VIEWS[0].order in VIEWS[0].columns[:3]
    for state in states.values():
        assert state["orderByKey"].startswith(("metrics.`", "params.`", "attributes."))
        store.client.search_runs([store.experiment_id], state["searchFilter"])  # the store understands it


def test_the_leaderboard_is_in_rank_order():
    import pandas as pd

    board = pd.DataFrame(
        {
            "run_id": list("abcde"),
            "k": [2, 3, 4, 5, 6],
            "verdict": ["qualified", "ruled_out:unstable", "runner_up", "best_of_study", "chosen"],
            "yardstick": [0.9, 1.0, 0.5, 0.95, 0.7],
        }
    )
    ranked = in_rank_order(board)
    assert list(ranked["run_id"]) == ["e", "c", "d", "a", "b"]
    assert list(ranked["rank"]) == [1, 2, 3, 4, 5]
    assert list(ranked.columns)[:4] == ["rank", "k", "verdict", "yardstick"]
