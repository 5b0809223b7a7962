"""Expensive figures of a sweep's candidates: spaces built again from their configs, labels read from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from customer_segmentation.clustering.sampling import stratified_rows
from customer_segmentation.clustering.silhouette import silhouettes
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.stability import Stability, seed_agreement
from customer_segmentation.parallel import side_by_side
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.read import labels_by_k
from customer_segmentation.tracking.store import Store
from customer_segmentation.verdict.decision import Evaluator
from customer_segmentation.verdict.evaluation import confirmation, explained_by_tree, scores_of, screening
from customer_segmentation.verdict.leaderboard import cell, row_of
from customer_segmentation.workflows.prepare import PreparedCustomers
from customer_segmentation.workflows.study_spec import StudySpec, estimators_of, space_of


class CandidateEvaluator:
    """Examines candidates by their index labels in a leaderboard; a study is composed and read once."""

    def __init__(
        self,
        store: Store,
        board: pd.DataFrame,
        customers: PreparedCustomers,
        settings: SweepSettings,
        spec_of: Callable[[pd.Series], StudySpec],
    ) -> None:
        self.store, self.board, self.customers, self.settings, self.spec_of = store, board, customers, settings, spec_of
        customers.make_room()
        self._labels: dict[str, dict[int, np.ndarray]] = {}
        self._specs: dict[str, StudySpec] = {}
        self._spaces: dict[str, Space] = {}

    def for_decision(self) -> Evaluator:
        """The functions that `customer_segmentation.verdict.decision.decide` asks for."""
        return Evaluator(self.separation, self.explained, self.screening, self.confirm)

    def labels(self, index: int) -> np.ndarray:
        """Labels of a candidate."""
        study = str(cell(self.board, index, "study_id"))
        if study not in self._labels:
            self._labels[study] = labels_by_k(self.store, study)
        return self._labels[study][int(cell(self.board, index, "k"))].astype(np.int32)

    def study(self, index: int) -> tuple[StudySpec, Space]:
        """Spec and space of a candidate's study."""
        study = str(cell(self.board, index, "study_id"))
        if study not in self._specs:
            self._specs[study] = self.spec_of(row_of(self.board, index))
        spec = self._specs[study]
        if len(self.customers.reference) > self.settings.large.threshold:
            return spec, space_of(spec, self.customers)  # one of many spaces at a time
        if study not in self._spaces:
            self._spaces[study] = space_of(spec, self.customers)
        return spec, self._spaces[study]

    def sample(self, index: int) -> np.ndarray | None:
        """Rows of a stratified sample of a large table; None where all customers are examined."""
        large, labels = self.settings.large, self.labels(index)
        if len(labels) <= large.threshold:
            return None
        return stratified_rows(labels, [labels], size=large.eval_sample, seed=self.settings.seed)

    def examined(self, index: int, space: Space) -> tuple[np.ndarray, np.ndarray]:
        """Matrix and labels of the customers on whom stability is measured.

        Parameters
        ----------
        index : of the candidate on the board
        space : of its study
        """
        rows, labels = self.sample(index), self.labels(index)
        return (space.matrix, labels) if rows is None else (space.matrix[rows], labels[rows])

    def with_error(self, index: int, scores: Mapping[str, float], found: Stability, prefix: str) -> Mapping[str, float]:
        """Add to the stability of a sample its standard error, and how many customers it was measured on.

        Parameters
        ----------
        index : of the candidate on the board
        scores : name to value
        found : its stability
        prefix : begins the names
        """
        rows = self.sample(index)
        if rows is None:
            return scores
        return {**scores, f"{prefix}_se": found.rand_error, f"{prefix}_customers": float(len(rows))}

    def separation(self, indices: Sequence[int]) -> Mapping[int, float]:
        """Silhouettes in the reference space, in one pass."""
        if not len(indices) or (self.customers.reference == self.customers.reference[0]).all():
            return {}
        found = silhouettes(
            self.customers.reference,
            [self.labels(index) for index in indices],
            limit=self.settings.scores.silhouette_exact_up_to,
            sample=self.settings.scores.silhouette_sample,
            seed=self.settings.seed,
        )
        return dict(zip(indices, map(float, found.means), strict=True))

    def explained(self, index: int) -> tuple[float, Sequence[str]]:
        """Share of customers whose segment a depth-limited tree over few features predicts, and these features."""
        spec, space = self.study(index)
        values, labels = space.values, self.labels(index)
        rows = self.sample(index)
        if rows is not None:
            values, labels = values.iloc[rows], labels[rows]
        selection = self.settings.selection
        return explained_by_tree(
            values,
            labels,
            most_features=selection.most_features,
            depth=selection.tree_depth,
            leaves=selection.tree_leaves,
            seed=spec.settings.seed,
        )

    def screening(self, indices: Sequence[int]) -> Mapping[int, Mapping[str, float]]:
        """Cheap stability that can only rule out."""
        calls = []
        for index in indices:
            spec, space = self.study(index)
            matrix, labels = self.examined(index, space)
            calls.append((matrix, labels, int(cell(self.board, index, "k")), estimators_of(spec), spec.settings.seed))
        half = self.settings.selection.stability.rand_half
        looked = side_by_side(partial(screening, resamples=self.settings.selection.stability.screening), calls)
        return {
            index: self.with_error(index, scores_of(found, half, "screening"), found, "screening")
            for index, found in zip(indices, looked, strict=True)
        }

    def confirm(self, index: int) -> Mapping[str, float]:
        """Stability with all restarts; it ends early where switching between solutions rules the candidate out."""
        spec, space = self.study(index)
        stability = self.settings.selection.stability
        found = confirmation(
            *self.examined(index, space),
            int(cell(self.board, index, "k")),
            make_estimator=estimators_of(spec),
            resamples=stability.resamples,
            seed=spec.settings.seed,
            stop_below=stability.rand_half if self.settings.selection.enforce else None,
            stop_after=int(stability.max_switching * 2 * stability.resamples + 1e-9),
        )
        return self.with_error(index, scores_of(found, stability.rand_half), found, "stability")

    def seed_agreement(self, index: int, seeds: int) -> float:
        """Worst adjusted Rand index of a candidate with refits of all customers under further seeds.

        Parameters
        ----------
        index : of the candidate on the board
        seeds : how many refits
        """
        spec, space = self.study(index)
        seed = spec.settings.seed
        agreed = seed_agreement(
            *self.examined(index, space),
            int(cell(self.board, index, "k")),
            make_estimator=estimators_of(spec),
            seeds=range(seed + 1, seed + 1 + seeds),
        )
        return float(agreed.min())
