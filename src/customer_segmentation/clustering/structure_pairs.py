"""The pairs of neighbouring clusters of one candidate, and whether the density falls between them.

For each pair the rows in a tube around the line through the two centres are counted at either centre and half-way.
Any density with a single peak along that line has at least as many rows half-way as at the poorer centre, which makes
the count half-way a one-sided binomial test. Asked of all pairs of a candidate it is an intersection-union test. The
tube with three counts is this project's own; the rule made of it is in ``structure_test.py``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from scipy.special import bdtr

from customer_segmentation.clustering.metrics import cluster_means, cluster_sizes
from customer_segmentation.clustering.structure_shapes import hollowness, is_bent, leans_together

Matrix = NDArray[np.float64]
Labels = NDArray[np.integer]
Mask = NDArray[np.bool_]

LEVEL, LEVEL_SMALL, SMALL = 0.02, 0.01, 500
"""Level of the test of one pair, and the stricter one below ``SMALL`` customers."""
RATIO, DEEP_RATIO = 0.6, 0.3
"""Largest valley ratio that separates, and the one from which the shape of the clusters no longer matters."""
MIN_TUBE, MIN_TUBE_SHARE = 5, 0.1
"""Rows a side of the tube needs, and as a share of the smaller cluster."""


@dataclass(frozen=True)
class Pair:
    """The valley between clusters ``i`` < ``j`` of one candidate.

    ``at_i``, ``between`` and ``at_j`` count the rows of the tube at the two centres and half-way, in windows of equal
    width; ``alike`` is min(at_i, at_j) summed over customers alike in a "none or some" question, the lowest of all
    questions; ``ratio`` is (between + 1/2) / (alike + 1/2); ``p`` the probability of so few rows between if the
    density among customers alike had one peak; ``girth`` the median squared distance from the line of the rows
    half-way over that of the rows at the centres; ``used`` says that the tube held enough rows; ``weight`` is the
    smaller cluster's size.
    """

    i: int
    j: int
    at_i: int
    between: int
    at_j: int
    alike: int
    ratio: float
    p: float
    girth: float
    separated: bool
    used: bool
    weight: int


@dataclass(frozen=True)
class Valleys:
    """The pairs of one candidate with k clusters, ``tiny`` ones of ``tiny_rows`` customers among them.

    Tiny clusters are left out of every pair, so that a few outliers neither make nor hide structure.
    """

    k: int
    pairs: tuple[Pair, ...]
    tiny: tuple[int, ...]
    tiny_rows: int

    @property
    def used(self) -> tuple[Pair, ...]:
        """The pairs whose tube held enough rows."""
        return tuple(pair for pair in self.pairs if pair.used)

    @property
    def solid(self) -> int:
        """Clusters that are not tiny."""
        return self.k - len(self.tiny)

    @property
    def all_separated(self) -> bool:
        """Whether there are used pairs and a valley in each."""
        return bool(self.used) and all(pair.separated for pair in self.used)

    @property
    def share(self) -> float:
        """Share of used pairs that are separated, weighted by the smaller cluster's customers; 0 without pairs."""
        total = sum(pair.weight for pair in self.used)
        return sum(pair.weight for pair in self.used if pair.separated) / total if total else 0.0

    @property
    def pooled(self) -> tuple[float, float]:
        """Valley ratio and p of the sums of the pairs' counts; (inf, 1) without pairs."""
        poorer = sum(pair.alike for pair in self.used)
        between = sum(pair.between for pair in self.used)
        if not self.used:
            return float(np.inf), 1.0
        return (between + 0.5) / (poorer + 0.5), float(bdtr(between, between + poorer, 0.5))

    @property
    def highest_ratio(self) -> float:
        """The shallowest valley's ratio; infinite without pairs."""
        return max((pair.ratio for pair in self.used), default=np.inf)

    @property
    def groups(self) -> int:
        """Groups of solid clusters that remain when pairs without a valley between them are joined."""
        joins = [(pair.i, pair.j) for pair in self.used if not pair.separated]
        rows, columns = zip(*joins, strict=True) if joins else ((), ())
        graph = coo_array((np.ones(len(joins)), (rows, columns)), shape=(self.k, self.k))
        return int(connected_components(graph, directed=False, return_labels=False)) - len(self.tiny)


def tiny_size(n: int, k: int) -> float:
    """Return the number of customers below which one of k clusters of n customers is tiny.

    Parameters
    ----------
    n : number of customers
    k : number of clusters
    """
    return max(10.0, min(0.01 * n, 0.1 * n / k))


class _Clusters:
    """Rows sorted by cluster, with the inner products from which every distance of the test follows."""

    def __init__(self, matrix: Matrix, labels: Labels, k: int, seed: int, questions: Mask) -> None:
        order = np.argsort(labels, kind="stable")
        self.questions = questions[order]
        self.rows, self.labels, self.k, self.seed = matrix[order], np.asarray(labels)[order], k, seed
        self.sizes = cluster_sizes(self.labels, k)
        self.centres = cluster_means(self.rows, self.labels, k)
        ends = np.cumsum(self.sizes)
        self.bounds = [slice(int(end - size), int(end)) for end, size in zip(ends, self.sizes, strict=True)]
        self.gram = self.centres @ self.centres.T
        # x . c - |c|^2 / 2: the nearest centre has the largest, and differences are distances to bisecting planes.
        self.affinity = self.rows @ self.centres.T - np.diag(self.gram) / 2
        self.affinity[:, self.sizes == 0] = -np.inf
        self.norms = np.einsum("rc,rc->r", self.rows, self.rows)
        self.pull = self._pull()
        self._hollow: dict[int, float] = {}

    def _pull(self) -> Matrix:
        """How much of each row's affinity (n,) to its own centre comes from the row itself being part of that centre.

        Each row draws its centre towards itself. With few rows for the dimension that empties the border between the
        halves of any split cluster, so the counts place every row against its centre without it.
        """
        size = self.sizes[self.labels].astype(float)
        own = self.affinity[np.arange(len(self.labels)), self.labels]
        square = np.diag(self.gram)[self.labels]
        product = own + square / 2
        rest = np.maximum(size - 1, 1)
        product_without = (size * product - self.norms) / rest
        square_without = (size**2 * square - 2 * size * product + self.norms) / rest**2
        return np.where(size > 1, own - (product_without - square_without / 2), 0.0)

    def of(self, cluster: int) -> Matrix:
        return self.rows[self.bounds[cluster]]

    def hollow(self, cluster: int) -> float:
        if cluster not in self._hollow:
            rng = np.random.default_rng([self.seed, self.k, cluster])
            self._hollow[cluster] = hollowness(self.of(cluster), rng)
        return self._hollow[cluster]

    def neighbours(self) -> list[tuple[int, int]]:
        """Pairs i < j: one second nearest to some row of the other, or the nearest centre to the other's centre."""
        others = self.affinity.copy()
        others[np.arange(len(self.labels)), self.labels] = -np.inf
        codes = np.unique(self.labels.astype(np.int64) * self.k + others.argmax(axis=1)).tolist()
        directed = [divmod(code, self.k) for code in codes]
        present = np.flatnonzero(self.sizes)
        apart = cdist(self.centres[present], self.centres[present])
        np.fill_diagonal(apart, np.inf)
        directed += list(zip(present.tolist(), present[apart.argmin(axis=1)].tolist(), strict=True))
        return sorted({(min(i, j), max(i, j)) for i, j in directed if i != j})

    def tube(self, i: int, j: int) -> tuple[int, int, int, int, int, int, float]:
        """Rows of the tube on either side, the three counts and those alike, and the girth."""
        gram = self.gram
        length2 = gram[i, i] + gram[j, j] - 2 * gram[i, j]
        if length2 <= 1e-12 * max(gram[i, i], gram[j, j]):
            return int(self.sizes[i]), int(self.sizes[j]), 0, 0, 0, 0, 0.0
        affinity = np.vstack([self.affinity[self.bounds[i]], self.affinity[self.bounds[j]]])
        # Place along the line, -1 and 1 at the centres; the foot is the row moved along it onto the bisecting plane. A
        # foot nearer to a third centre lies outside the border of the two: without this a uniform cloud shows waists.
        place = 2 * (affinity[:, j] - affinity[:, i]) / length2
        foot = affinity - np.outer(place / 2, gram[j] - gram[i])
        own = foot[:, i].copy()
        foot[:, [i, j]] = -np.inf
        inside = foot.max(axis=1) <= own
        on_i = int(np.count_nonzero(inside[: self.sizes[i]]))
        on_j = int(np.count_nonzero(inside)) - on_i
        at_i, between, at_j = self._windows(i, j, inside, place, length2)
        girth = 0.0
        ends = at_i | at_j
        if between.any() and ends.any():
            # |x - m|^2 less the part along the line, for the point m half-way between the centres.
            norms = np.concatenate([self.norms[self.bounds[i]], self.norms[self.bounds[j]]])
            off = norms - affinity[:, i] - affinity[:, j] - length2 * (1 + place**2) / 4
            girth = float(np.median(off[between]) / max(float(np.median(off[ends])), 1e-12 * length2))
        on_centre_i, half_way, on_centre_j = (int(np.count_nonzero(window)) for window in (at_i, between, at_j))
        alike = self._alike(i, j, at_i, at_j, min(on_centre_i, on_centre_j))
        return on_i, on_j, on_centre_i, half_way, on_centre_j, alike, girth

    def _alike(self, i: int, j: int, at_i: Mask, at_j: Mask, poorer: int) -> int:
        """Rows at the poorer centre, counted among customers with one answer to a question; the lowest of all."""
        answers = np.vstack([self.questions[self.bounds[i]], self.questions[self.bounds[j]]])
        some_i, some_j = answers[at_i].sum(axis=0), answers[at_j].sum(axis=0)
        none_i, none_j = np.count_nonzero(at_i) - some_i, np.count_nonzero(at_j) - some_j
        return int(np.min(np.minimum(some_i, some_j) + np.minimum(none_i, none_j), initial=poorer))

    def _windows(self, i: int, j: int, inside: Mask, place: Matrix, length2: float) -> tuple[Mask, Mask, Mask]:
        """Rows of the tube about centre i, half-way, and about centre j, each row placed without its own pull."""
        size = int(self.sizes[i])
        placed = place + 2 * np.concatenate([self.pull[self.bounds[i]], -self.pull[self.bounds[j]]]) / length2
        low, high = float(placed[:size].mean()), float(placed[size:].mean())
        if high > low:
            placed = (2 * placed - low - high) / (high - low)
        at_i, between, at_j = (inside & (np.abs(placed - centre) < 0.25) for centre in (-1.0, 0.0, 1.0))
        return at_i, between, at_j


def candidate_valleys(matrix: Matrix, labels: Labels, k: int, *, seed: int, questions: Mask | None = None) -> Valleys:
    """Test every pair of neighbouring clusters of one candidate.

    A pair is separated if p is below the level, the ratio below ``RATIO``, and, unless the ratio is below
    ``DEEP_RATIO``, the clusters are no pieces of something bent (`is_bent`).

    Parameters
    ----------
    matrix
        Customers by features (n, d).
    labels
        Cluster of each customer (n,), 0 to k - 1 in any order; the centres are the means of ``matrix`` by label.
    k
        Number of clusters.
    seed
        Fixes the rows drawn for `hollowness`.
    questions
        Customers by "none or some" questions (n, q). A valley has to show among customers of one answer as well:
        two clusters that an answer holds apart have no rows of like customers at both centres.
    """
    questions = np.zeros((len(matrix), 0), dtype=bool) if questions is None else questions
    clusters = _Clusters(matrix, labels, k, seed, questions)
    (n, d), sizes = matrix.shape, clusters.sizes
    tiny = set(np.flatnonzero(sizes < tiny_size(n, k)).tolist())
    tubes = {(i, j): clusters.tube(i, j) for i, j in clusters.neighbours() if i not in tiny and j not in tiny}
    # Each cluster keeps its best-filled pair, so that none is judged by no pair at all.
    kept = {
        max((pair for pair in tubes if cluster in pair), key=lambda pair: min(tubes[pair][:2]))
        for cluster in {cluster for pair in tubes for cluster in pair}
    }
    level = LEVEL if n >= SMALL else LEVEL_SMALL
    pairs = []
    for (i, j), (on_i, on_j, at_i, between, at_j, alike, girth) in tubes.items():
        smaller = int(min(sizes[i], sizes[j]))
        p = float(bdtr(between, between + alike, 0.5))
        ratio = (between + 0.5) / (alike + 0.5)
        separated = p < level and ratio < RATIO
        if separated and ratio >= DEEP_RATIO:
            emptier = max(clusters.hollow(i), clusters.hollow(j))
            separated = not is_bent(emptier, girth, d) and not leans_together(clusters.of(i), clusters.of(j))
        used = min(on_i, on_j) >= max(MIN_TUBE, MIN_TUBE_SHARE * smaller) or (i, j) in kept
        pairs.append(Pair(i, j, at_i, between, at_j, alike, ratio, p, girth, separated, used, smaller))
    return Valleys(k, tuple(pairs), tuple(sorted(tiny)), int(sizes[sorted(tiny)].sum()))
