"""The customers of a sweep and its reference space: loaded once a process, the same for every study."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_segmentation.clustering.clusterer import Restarts
from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.fit import Fit
from customer_segmentation.clustering.space import Space, build_space
from customer_segmentation.clustering.warm_start import WarmStart
from customer_segmentation.config.checks import exploration_columns
from customer_segmentation.config.compose import Plan
from customer_segmentation.config.instantiate import make_scaler
from customer_segmentation.data.load import load_customers
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.data.wanted import Needed
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.execution.shared_data import held
from customer_segmentation.memory import give_back
from customer_segmentation.model.build import Clusters
from customer_segmentation.segments.insights import (
    SegmentInsights,
    counted_base,
    describe_segments,
    first_actions,
    profile_fit,
)
from customer_segmentation.segments.profile import Profiles
from customer_segmentation.segments.recommendations import recommend
from customer_segmentation.segments.variables import Described, describe_columns, profiled_columns
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.playbook import PlaybookSettings
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.settings.tracking import TrackingSettings
from customer_segmentation.verdict.yardstick import attainable
from customer_segmentation.workflows.customer_names import as_runs_may_hold, names_of

#: No silhouette, and no segment worth its name, with fewer customers than this.
FEWEST_CUSTOMERS = 3
#: An outcome with more values than this is no outcome but a text or a number.
MOST_OUTCOMES = 20


@dataclass
class PreparedCustomers:
    """Customer table, reference space, and what K-means attains in it (filled as studies ask for further k)."""

    table: CustomerTable
    reference: np.ndarray
    seed: int
    attained: dict[int, float] = field(default_factory=dict)
    _outcomes: dict[str, np.ndarray] | None = None
    restarts: Restarts = field(default_factory=Restarts)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    #: Segments by the address of the model (`clustering.init`) that gave them.
    starts: dict[str, WarmStart] = field(default_factory=dict)
    #: The space that was built last, by what it is made of: the verdict and the report may ask for it again.
    last_space: dict[str, Space] = field(default_factory=dict)

    def attainable(self, ks: Sequence[int]) -> dict[int, float]:
        """Share of the reference's variance that K-means attains, for each k of at least 2."""
        missing = [k for k in ks if k not in self.attained]
        if missing:
            self.attained.update(attainable(self.reference, missing, seed=self.seed, restarts=self.restarts))
        return self.attained

    def make_room(self) -> None:
        """Give back what is free before a large table needs more."""
        if len(self.reference) > self.restarts.threshold:
            give_back()

    @property
    def value(self) -> np.ndarray | None:
        """What "high value" is measured by, per customer; None where the table has no such column."""
        column = self.table.value_column
        return None if column is None else self.table.customers[column].to_numpy(dtype=float)

    @property
    def outcomes(self) -> dict[str, np.ndarray]:
        """What became of the customers: a code for each value of each outcome, -1 where it is not known."""
        if self._outcomes is None:
            self._outcomes = {}
            for name in self.table.outcome_columns:
                codes, values = pd.factorize(self.table.customers[name], sort=True)
                if 2 <= len(values) <= MOST_OUTCOMES:
                    self._outcomes[name] = codes.astype(np.int64)
        return self._outcomes

    @property
    def ids(self) -> pd.Series | None:
        """What runs call the customers; None where the table has no ids, or ``tracking.customers`` is none."""
        column = self.table.id_column
        return names_of(None if column is None else self.table.customers[column], self.tracking)

    def profile(self, space: Space, labels: NDArray[np.integer], estimator: Any) -> Profiles:
        """Profile the segments of a fit, customers outside it assigned to them first.

        Parameters
        ----------
        space : the space that was clustered
        labels : segment of each customer of the fit, shape (n_customers,)
        estimator : the fitted clusterer, which assigns the others
        """
        return profile_fit(self.described, self.table, space, labels, estimator)

    def describe(self, space: Space, fit: Fit, playbook: PlaybookSettings) -> SegmentInsights:
        """Profiles, names, recommendations and high-value customers of the segments of a fit.

        Parameters
        ----------
        space : the space that was clustered
        fit : its labels, centres and estimator
        playbook : rules for names and actions
        """
        return describe_segments(self.described, self.table, space, fit, playbook, self.ids)

    def first_actions(
        self, space: Space, fit: Clusters, profiles: Profiles, playbook: PlaybookSettings
    ) -> dict[int, str]:
        """What to do first with each segment of a fit.

        Parameters
        ----------
        space : the space that was clustered
        fit : its labels and estimator
        profiles : of its segments
        playbook : rules for actions
        """
        return first_actions(
            recommend(profiles, playbook, counted_base(self.described, self.table, space, fit, playbook))
        )

    @cached_property
    def described(self) -> tuple[Described, ...]:
        """What profiles speak of: the same for every study."""
        return describe_columns(self.table.customers, self.table.others, self.table.columns)


def prepare_customers(settings: SweepSettings, needed: Needed) -> PreparedCustomers:
    """Load the table and build the reference space, or return what this process has loaded already.

    Parameters
    ----------
    settings : SweepSettings
    needed : Needed
        Columns that the studies of the sweep read together.

    Raises
    ------
    DataError
        The table cannot be read, or leaves too few customers.
    """
    shaping = (
        settings.data,
        settings.yardstick,
        settings.seed,
        settings.large,
        settings.profiles,
        settings.engine,
        (settings.tracking.customers, settings.tracking.customers_key),
        [sorted(part) for part in needed],
        exploration_columns(settings),
    )
    # a checksum: workers find it in a file, which stays if all of them are killed, and an address may hold a password
    key = hashlib.sha256(repr(shaping).encode()).hexdigest()
    return held(key, lambda: _load(settings, needed))


def _load(settings: SweepSettings, needed: Needed) -> PreparedCustomers:
    welcome = exploration_columns(settings)
    if settings.profiles == "all":
        welcome += profiled_columns(settings.data.columns)
    table = load_customers(
        settings.data, needed=needed.valued, blank=needed.blank, welcome=welcome, engine=settings.engine
    )
    n = len(table.customers)
    if n < FEWEST_CUSTOMERS:
        raise DataError(
            f"{table.source} leaves {n} customer{'s'[: n != 1]} to segment; at least {FEWEST_CUSTOMERS} are "
            "needed, and many more to learn anything."
        )
    reference = build_space(
        table.customers,
        declared_features(settings.yardstick.features, table.columns, "of the yardstick"),
        scaling="of the yardstick",
        scaler=make_scaler(settings.yardstick.scaling.scaler, "of the yardstick"),
        indicators=settings.yardstick.scaling.indicators,
    )
    restarts = Restarts(settings.large.threshold, settings.large.init_sample)
    table = as_runs_may_hold(table, settings.tracking)
    tracking = replace(settings.tracking, uri=None, artifacts=None)  # how customers are named is all that is asked
    return PreparedCustomers(table, reference.matrix, settings.seed, restarts=restarts, tracking=tracking)


def customers_of(plan: Plan, needed: Needed) -> PreparedCustomers:
    """Load the customers of a sweep.

    Parameters
    ----------
    plan : Plan
    needed : Needed
        Columns that the studies of the sweep read together, see `customer_segmentation.config.checks.check_plan`.

    Raises
    ------
    DataError
        The table cannot be read, or leaves too few customers.
    SettingsError
        k is larger than the number of customers, or there is no sample whose centres could be moved.
    """
    settings: SweepSettings = plan.settings[0]
    customers = prepare_customers(settings, needed)
    n, most = len(customers.table.customers), max(parse_k(settings.k))
    if most > n:
        raise SettingsError(f"k holds {most:,}, but there are only {n:,} customers; give a smaller k.")
    if settings.engine.polish_passes and not customers.table.sampled_from:
        raise SettingsError(
            f"engine.polish_passes={settings.engine.polish_passes} moves the centres of a sample, and all {n:,} "
            f"customers are fitted here: the table has no more than data.max_rows={settings.data.max_rows:,} rows; "
            "leave it out."
        )
    return customers
