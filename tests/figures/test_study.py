import numpy as np
import pytest

from customer_segmentation.figures.study import elbow

INERTIA = [1.075190, 0.610560, 0.318167, 0.216203, 0.151481, 0.122050, 0.100107, 0.082008, 0.072989, 0.064338]
SILHOUETTE = [np.nan, 0.60, 0.62, 0.6507, 0.6, 0.58, 0.55, 0.54, 0.52, 0.5]


def _points(axes):
    return next(line.get_xydata() for line in axes.lines if line.get_linestyle() == "-")


def test_curves_knee_and_best_silhouette(texts, tidy):
    figure = elbow(range(1, 11), INERTIA, 4, SILHOUETTE, None, "value · l2_rows")
    left, right = figure.axes
    np.testing.assert_allclose(_points(left), np.column_stack([range(1, 11), INERTIA]))
    np.testing.assert_allclose(_points(right)[1:], np.column_stack([range(2, 11), SILHOUETTE[1:]]))
    written = texts(figure)
    assert "value · l2_rows" in written
    assert "knee: k = 4" in written
    assert "highest: 0.651 at k = 4" in written
    assert [str(k) for k in range(1, 11)] == [tick.get_text() for tick in left.get_xticklabels()]
    assert left.get_ylim()[0] == 0
    tidy(figure)


def test_order_of_k_does_not_matter():
    order = np.random.default_rng(0).permutation(10)
    mixed = elbow(np.arange(1, 11)[order], np.array(INERTIA)[order], 4, np.array(SILHOUETTE)[order], None)
    for panel in (0, 1):
        plain = elbow(range(1, 11), INERTIA, 4, SILHOUETTE, None)
        np.testing.assert_array_equal(_points(mixed.axes[panel]), _points(plain.axes[panel]))


def test_sampled_silhouette_has_95_percent_intervals(texts, tidy):
    figure = elbow([2, 3, 4], [3.0, 2.0, 1.5], None, [0.3, 0.4, 0.35], [0.01, 0.02, 0.01])
    bars = figure.axes[1].collections[0].get_segments()
    assert bars[1][:, 1] == pytest.approx([0.4 - 1.959964 * 0.02, 0.4 + 1.959964 * 0.02])
    assert any("from a sample, with 95 % intervals" in text for text in texts(figure))
    tidy(figure)


@pytest.mark.parametrize(
    ("ks", "inertia", "knee", "silhouette"),
    [
        ([1], [5.0], None, [np.nan]),
        ([4], [5.0], None, [0.3]),
        ([4], [0.0], None, None),
        ([2, 3], [0.0, 0.0], None, [1.0, 1.0]),
        ([2, 9], [3.0, 1.0], 5, [-0.2, -0.3]),
        (list(range(1, 41)), np.geomspace(1e12, 1e5, 40), 3, [np.nan, *np.linspace(0.5, -0.3, 39)]),
    ],
)
def test_few_and_many_k(ks, inertia, knee, silhouette, tidy):
    tidy(elbow(ks, inertia, knee, silhouette, None, "A study of a $name$ that is long " * 8))


def test_what_is_missing_is_said(texts):
    written = " ".join(texts(elbow([1], [5.0], None, [np.nan])))
    assert "no knee" in written
    assert "not defined: it needs k of 2 or more" in written
