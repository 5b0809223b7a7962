import numpy as np
import pandas as pd
import pytest

from customer_segmentation.figures.verdict import (
    front_figure,
    silhouettes_and_yardstick,
    stability_by_k,
    valley_heatmap,
)


def pair(i, j, ratio, separated, used=True):
    return {"i": i, "j": j, "ratio": ratio, "separated": separated, "used": used}


def short_list(studies, rows=12):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "study": rng.choice(studies, rows),
            "k": rng.integers(2, 9, rows),
            "stability": rng.uniform(0.7, 1, rows),
            "value_explained": rng.uniform(0.3, 0.9, rows),
            "reference_silhouette": rng.uniform(0.2, 0.5, rows),
            "confirmed": rng.uniform(size=rows) < 0.3,
            "ruled_out": rng.uniform(size=rows) < 0.3,
            "on_front": rng.uniform(size=rows) < 0.3,
            "role": ["chosen", "runner_up"][:rows] + [""] * (rows - 2),
        }
    )
    frame["name"] = frame["study"] + " · k=" + frame["k"].astype(str)
    return frame.assign(worst=frame["stability"] - 0.1)


def test_a_cell_for_each_pair_of_neighbours_and_a_frame_for_each_border(texts, tidy):
    pairs = [pair(0, 1, 0.25, True), pair(1, 2, 1.1, False), pair(0, 2, 0.01, True, used=False)]
    figure = valley_heatmap(pairs, 3, "Borders")
    written = texts(figure)
    assert written.count("0.25") == 2
    assert written.count("1.10") == 2
    assert "0.01" not in written
    assert len(figure.axes[0].lines) == 2
    tidy(figure)


@pytest.mark.parametrize("k", [2, 12])
def test_valleys_of_any_k(k, tidy):
    tidy(valley_heatmap([], k, "Borders of a candidate with a $long$ name " * 4, sentence="No natural structure."))


@pytest.mark.parametrize("studies", [1, 3, 12])
def test_stability_of_any_number_of_studies(studies, tidy):
    names = [f"a feature set of a long name {number} · standard" for number in range(studies)]
    tidy(stability_by_k(short_list(names), rand=0.9))


@pytest.mark.parametrize("rows", [2, 12])
def test_the_front(rows, texts, tidy):
    frame = short_list(["value · standard", "spend · minmax"], rows)
    frame.loc[1, "reference_silhouette"] = np.nan
    figure = front_figure(frame, value="Total $ Revenue $")
    assert texts(figure).count(frame.loc[0, "name"]) == 2
    tidy(figure)


def test_silhouettes_say_that_they_do_not_compare(texts, tidy):
    board = pd.DataFrame(
        [
            {"study": f"set {s} · standard", "k": k, "silhouette": 0.3 + s / 50, "yardstick": 1 - s / 20, "verdict": ""}
            for s in range(12)
            for k in range(1, 5)
        ]
    )
    board.loc[board["k"] == 1, "silhouette"] = np.nan
    board.loc[5, "verdict"] = "chosen"
    figure = silhouettes_and_yardstick(board)
    assert any("not against each other" in text.replace("\n", " ") for text in texts(figure))
    assert "set 11 · standard" in texts(figure)  # the highest silhouette
    tidy(figure)
