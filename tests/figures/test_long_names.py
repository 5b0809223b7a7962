"""A name that fits on a second line is never cut by an ellipsis, and a unit is said once."""

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.figures.candidate import means_heatmap, silhouette_plot, sizes
from customer_segmentation.figures.elbows import all_elbows
from customer_segmentation.figures.labels import text_width, wrap_all
from customer_segmentation.figures.member_flow import member_flow
from customer_segmentation.figures.rules import rules_tree
from customer_segmentation.figures.scatter import scatter_pairs
from customer_segmentation.figures.segment_card import segment_card
from customer_segmentation.figures.space_map import principal_plane, space_map
from customer_segmentation.figures.sweep import sweep_heatmaps
from customer_segmentation.figures.verdict import front_figure, silhouettes_and_yardstick
from customer_segmentation.model.rules import learn_rules

NAMES = [f"Very high average basket, many visits a month, rarely cancelled {i}" for i in "ABC"]
#: Of columns, which stand in a narrower place.
COLUMNS = [f"Average revenue a month {i} (EUR)" for i in ("net", "gross", "past")]
STUDY = "value_and_usage_of_a_year · log_standard · gaussian_mixture"


def frame_and_labels():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.lognormal(size=(300, 3)), columns=COLUMNS)
    return frame, np.digitize(frame[COLUMNS[0]], [0.7, 1.6])


def card():
    rows = pd.DataFrame({"variable": COLUMNS, "effect": [1.0, -0.5, 0.1], "here": "3", "all": "2"})
    return segment_card(rows, segment=0, name="N", k=3)


def tree():
    frame, labels = frame_and_labels()
    return rules_tree(learn_rules(frame, labels, depth=3, leaves=5), NAMES, "Questions")


def leaderboard():
    rows = [(study, k) for study in (STUDY, "b") for k in (2, 3)]
    table = pd.DataFrame(rows, columns=["study", "k"])
    return table.assign(inertia_share=0.5, silhouette=0.3, yardstick=0.8, verdict=["chosen", "", "", ""])


def front():
    table = pd.DataFrame({"name": ["a", "b"], "reference_silhouette": [0.2, 0.3], "stability": [0.9, 0.8]})
    table = table.assign(value_explained=[0.4, 0.5], on_front=True, ruled_out=False, role=["chosen", ""])
    return front_figure(table, value="Average revenue a month, of past year")


def flow():
    frame, labels = frame_and_labels()
    measure = "average revenue of the trailing twelve months, after returns (EUR)"
    return member_flow({2: labels > 0, 3: labels}, frame[COLUMNS[0]], "Flow", measure=measure, unit="€", chosen=3)


def best():
    table = pd.DataFrame([[0.9, 0.8]], index=["value_and_usage_of_the_past_year"], columns=["minmax", "standard"])
    return sweep_heatmaps(table, table * 0 + 3)


def with_customers(draw):
    def drawn():
        return draw(*frame_and_labels())

    return drawn


FIGURES = {
    "map": with_customers(
        lambda frame, labels: space_map(principal_plane(frame.to_numpy()), labels, COLUMNS, "Map", names=NAMES)
    ),
    "scatter": with_customers(
        lambda frame, labels: scatter_pairs(
            frame, labels, frame.groupby(labels).mean(), dict.fromkeys(COLUMNS, "€"), "Pairs", names=NAMES
        )
    ),
    "silhouettes": with_customers(
        lambda frame, labels: silhouette_plot(frame[COLUMNS[0]].clip(-1, 1) / 3, labels, "Silhouettes", names=NAMES)
    ),
    "means": lambda: means_heatmap(COLUMNS, [["1"] * 4] * 3, np.zeros((3, 3)), "Means", names=NAMES),
    "sizes": lambda: sizes([3, 2, 1], names=NAMES),
    "card": card,
    "tree": tree,
    "elbows": lambda: all_elbows(leaderboard(), study=STUDY, k=3),
    "yardstick": lambda: silhouettes_and_yardstick(leaderboard()),
    "front": front,
    "flow": flow,
    "best": best,
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=list(FIGURES))
def test_what_fits_on_a_second_line_is_whole(draw, texts, tidy):
    figure = draw()
    tidy(figure, overlap=str.isdigit)
    written = texts(figure)
    assert not [text for text in written if "…" in text]
    assert not [text for text in written if "(EUR) (€)" in text], "a unit is said once"


def test_names_that_do_not_fit_on_their_lines_stay_apart():
    long = [f"{'An average of the trailing twelve months ' * 4}{end}" for end in ("net", "gross")]
    wrapped = wrap_all([*long, "short"], 1.5)
    assert len(set(wrapped)) == 3
    assert all(text_width(line) <= 1.55 for text in wrapped for line in text.split("\n"))
