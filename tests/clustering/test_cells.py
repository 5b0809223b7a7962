"""Cells of a space: what they hold, and that runs on them are those of K-means with weights."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from customer_segmentation.clustering import cells as module
from customer_segmentation.clustering.cells import Cells, summed_up


@pytest.fixture(scope="module")
def rows():
    found = np.random.default_rng(3).lognormal(size=(5000, 3))
    return found - found.mean(axis=0)


def made(rows, k, number=np.float64):
    return Cells(*summed_up(rows, k, 1, number), k, number)


def draws():
    return np.random.default_rng(1)


def inertia(cells, centres):
    apart = np.square(cells.means[:, None] - centres[None]).sum(axis=2)
    return float(cells.weights @ apart.min(axis=1))


def test_cells_hold_every_row_once_and_keep_outliers_apart(rows):
    cells = made(rows, 5)
    assert cells.weights.sum() == len(rows)
    assert len(cells.means) <= module.CELLS
    np.testing.assert_allclose(cells.weights @ cells.means, rows.sum(axis=0), atol=1e-8)
    within = np.square(rows).sum() - cells.weights @ np.square(cells.means).sum(axis=1)
    assert within < 0.03 * np.square(rows).sum()
    first, again = (summed_up(rows.copy(), k, 1, np.float64)[0] for k in (5, 7))
    assert again is first  # every k of a study has the same
    few = made(rows[:300], 5)
    assert len(few.means) == 300
    assert (few.weights == 1).all()


def test_runs_end_where_weighted_k_means_ends(rows, monkeypatch):
    monkeypatch.setattr(module, "GAIN", 1e-9)
    monkeypatch.setattr(module, "STEPS", 300)
    cells = made(rows, 6)
    starts = cells.starts(10, draws())
    runs = cells.descend(starts, np.inf)
    assert len(runs.inertias) == 10
    plain = [
        KMeans(6, init=start, n_init=1, tol=0).fit(cells.means, sample_weight=cells.weights).inertia_
        for start in starts
    ]
    np.testing.assert_allclose(np.sort(runs.inertias), np.sort(plain), rtol=1e-5)
    for centres, found in zip(runs.centres, runs.inertias, strict=True):
        assert inertia(cells, centres) == pytest.approx(found, rel=1e-6)
    best = float(runs.inertias.min())
    some = cells.descend(starts, best * 1.01).inertias
    assert some.min() == pytest.approx(best, rel=1e-9)
    assert len(some) < 10


def test_a_centre_is_moved_where_it_helps_most_at_once(rows):
    cells = made(rows, 6)
    centres = cells.descend(cells.starts(1, draws()), np.inf).centres[0]
    moved = cells.moved(centres, 3, draws())
    after = [inertia(cells, one) for one in moved]
    assert after == sorted(after)
    assert len(after) == 3
    assert all((one == centres).all(axis=1).sum() == 5 for one in moved)
    taken = next(at for at in range(6) if not (moved[0][at] == centres[at]).all())
    others = [np.vstack([np.delete(centres, at, axis=0), moved[0][taken]]) for at in range(6)]
    assert after[0] == pytest.approx(min(inertia(cells, one) for one in others), rel=1e-9)


def test_cells_as_near_to_two_centres_count_once():
    rows = np.array([[-1.0], [0.0], [1.0]])
    cells = made(rows, 2)
    runs = cells.descend(np.array([[[0.5], [0.5]], [[-1.0], [1.0]]]), np.inf)
    np.testing.assert_allclose(np.sort(runs.inertias), [2 / 3, 2.0])


def test_many_clusters(rows):
    cells = made(rows, 60)
    assert cells.descend(cells.starts(4, draws()), np.inf).centres.shape == (4, 60, 3)
