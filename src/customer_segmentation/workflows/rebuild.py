"""A candidate of a finished sweep, composed again from what its runs hold and refitted.

The run of a candidate holds its composed config, the sweep's run the contract of the table and the columns that were
read together. Nothing is taken from the configs of today: a run says the same in a year, whatever is edited by then.
"""

from __future__ import annotations

import json
import logging
import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from customer_segmentation.clustering.clusterer import MakeEstimator
from customer_segmentation.clustering.fit import Fit, fit_k
from customer_segmentation.clustering.metrics import cluster_sizes
from customer_segmentation.clustering.polish import with_centres
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.warm_start import at_centres
from customer_segmentation.config.composed import settings_from_yaml
from customer_segmentation.config.contract_file import refuse_secret_cells
from customer_segmentation.config.environment import noting_taken, taken_by
from customer_segmentation.config.playbook_file import PLAYBOOK, playbook_of, to_playbook
from customer_segmentation.data.wanted import Needed
from customer_segmentation.errors import OtherTableError, SettingsError, StoreError, StudyError
from customer_segmentation.formatting import listed
from customer_segmentation.secrets import is_redacted, redact
from customer_segmentation.settings.credentials import KEYS, check_table
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.named_servers import cluster_mark, is_named, remember_named
from customer_segmentation.settings.playbook import PlaybookSettings
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.sources.spark.session import is_connected
from customer_segmentation.tracking.log.study import CENTRES, START
from customer_segmentation.tracking.provenance import DESCRIBED, OTHERS
from customer_segmentation.tracking.read import artifact_of, centres_logged, overrides_of, text_of
from customer_segmentation.tracking.resolve import candidate_of, store_of
from customer_segmentation.tracking.store import Store
from customer_segmentation.workflows.prepare import PreparedCustomers, prepare_customers
from customer_segmentation.workflows.study_spec import StudySpec, estimators_of, space_of

if TYPE_CHECKING:
    from customer_segmentation.tracking.read import Run

NOTICES = logging.getLogger(__name__)

#: How far the inertia of a refit may be from the logged one, relatively: rounding on another machine.
INERTIA_TOLERANCE = 1e-6


@dataclass(frozen=True)
class RebuiltCandidate:
    """A candidate as its sweep had it.

    Attributes
    ----------
    store : Store
        With the experiment of the run.
    run : mlflow.entities.Run
    spec : StudySpec
    needed : Needed
        Columns that the studies of its sweep read together.
    customers : PreparedCustomers
    space : Space
    fit : Fit
        Refitted; its labels are those that the run stands for.
    """

    store: Store
    run: Run
    spec: StudySpec
    needed: Needed
    customers: PreparedCustomers
    space: Space
    fit: Fit

    @property
    def name(self) -> str:
        """Study and k, as the run is named."""
        return f"{self.run.data.tags['study']} · k={self.fit.k}"


def reopen(store: Store, run_id: str, *, data_path: str | None = None, remote: str | None = None) -> RebuiltCandidate:
    """Load the customers of a candidate's sweep again, build its space and refit it.

    Parameters
    ----------
    store : Store
    run_id : str
        Of a candidate.
    data_path : str, optional
        Where the table is now, if it is no longer where the sweep read it.
    remote : str, optional
        The Spark Connect server that reads it, named by the user.

    Raises
    ------
    SettingsError
        A server is named for a table that none reads, or none where the run names one: what it sends is run here. Or a
        file is named for the built-in sample.
    StoreError
        There is no such run, or it is not a finished candidate of a sweep of ours.
    StudyError
        The table is not the one that the sweep read, or the refit does not give the logged segments.
    """
    run = candidate_of(store, run_id)
    store = store_of(store, run)
    spec, needed, customers = customers_again(store, run, data_path=data_path, remote=remote)
    space, fit = refit(spec, customers, parse_k(spec.settings.k)[0], store=store, study_id=run.data.tags["study_id"])
    check_refit(fit, run)
    return RebuiltCandidate(store, run, spec, needed, customers, space, fit)


def customers_again(
    store: Store, run: Run, *, data_path: str | None = None, remote: str | None = None
) -> tuple[StudySpec, Needed, PreparedCustomers]:
    """Load the customers of a candidate's sweep again, see `reopen`; another table than the sweep's is refused.

    Parameters
    ----------
    store : with the experiment of the run
    run : of the candidate
    data_path : where the table is now
    remote : the Spark Connect server that reads it

    Raises
    ------
    SettingsError
        See `reopen`.
    OtherTableError
        The table is not the one that the sweep read.
    """
    run_id = run.info.run_id
    with noting_taken() as variables:  # not by their text: who fills a store may spell a reference in many ways
        spec, needed = spec_of_run(store, run)
    refuse_secret_cells(spec.settings.data)
    _name_server(spec.settings.engine, remote, run_id)
    if variables:
        NOTICES.warning("the config of run %s takes %s from the environment", run_id, listed(variables))
    if data_path is not None and spec.settings.data.source == "sample":
        raise SettingsError(
            f"data.path={redact(data_path)} changes nothing: run {run_id} is of the built-in sample; leave it out."
        )
    if data_path is not None:
        spec.settings.data.path = data_path
    else:
        check_table(spec.settings, taken_by(spec.config, KEYS), who=f"the config of run {run_id} has")
        _tell_server(spec.settings.data, run_id)
    customers = prepare_customers(spec.settings, needed)
    digest = run.data.tags["data_digest"]
    if not customers.table.digest.startswith(digest):
        raise OtherTableError(
            f"{customers.table.source} is not the table of run {run_id}: its customers have the digest "
            f"{customers.table.digest[: len(digest)]}, the run has {digest}; give the file that the sweep read with "
            "data.path=FILE."
        )
    others = run.data.tags.get(OTHERS)
    if others and not customers.table.others_digest.startswith(others):
        raise OtherTableError(
            f"{customers.table.source} is not the table of run {run_id}: the customers that data.keep leaves "
            "out, of whom outcomes are told, are others; give the file that the sweep read with data.path=FILE, or "
            "sweep again."
        )
    described = run.data.tags.get(DESCRIBED)
    if described and not customers.table.described_digest.startswith(described):
        raise OtherTableError(
            f"{customers.table.source} is not the table of run {run_id}: columns that segments are not made of, but "
            "described and named by, are others; give the file that the sweep read with data.path=FILE, or sweep again."
        )
    return spec, needed, customers


def _tell_server(data: DataSettings, run_id: str) -> None:
    """Say which server is asked for the table, which the run alone names."""
    address = str(data.path or "")
    if not data.path and data.download is not None and not data.download.sha256:
        address = data.download.url  # of which no copy is kept
    if "://" in address and not is_redacted(address) and not address.startswith(("sqlite", "duckdb", "file")):
        NOTICES.warning("the table of run %s is read from %s, as its config says", run_id, redact(address))


def _name_server(engine: EngineSettings, remote: str | None, run_id: str) -> None:
    """Take the server that the user names; refuse one that a run alone names.

    Raises
    ------
    SettingsError
        See `reopen`.
    """
    if engine.kind != "spark":
        if remote is not None:
            raise SettingsError(
                f"engine.remote={redact(remote)} changes nothing: the table of run {run_id} was read without Spark; "
                "leave it out."
            )
    elif remote is not None:
        engine.remote = remote
        remember_named(cluster_mark(remote))
    elif not (engine.remote in ("local", "session") or is_connected(engine) or is_named(cluster_mark(engine.remote))):
        word = shlex.quote(f"engine.remote={redact(engine.remote)}")
        raise SettingsError(
            f"the config of run {run_id} has its table read by {redact(engine.remote)}, and what a Spark server sends "
            f"is run here; if you trust it, name it on the command line, as {word}"
        )


def spec_of_run(store: Store, run: Run) -> tuple[StudySpec, Needed]:
    """Compose the study of a candidate again; return it with the columns that its sweep read together.

    Parameters
    ----------
    store : Store
    run : mlflow.entities.Run
        Of the candidate.

    Raises
    ------
    StoreError
        The run or its sweep lacks the artifact that says so, or another version made it.
    SettingsError
        It takes a variable from the environment that is not set.
    """
    tags = run.data.tags
    config = text_of(store, run.info.run_id, "config.yaml")
    contract, columns = (text_of(store, tags["sweep"], name) for name in ("contract.yaml", "columns.json"))
    try:
        settings: SweepSettings = settings_from_yaml(SweepSettings, config, contract)
        needed = Needed(**json.loads(columns))
    except (SettingsError, TypeError) as error:
        if missing := re.search(r"Environment variable '([^']*)' not found", str(error)):
            raise SettingsError(
                f"the config of run {run.info.run_id} takes {missing[1]} from the environment, where it is not set; "
                "set it as it was for the sweep."
            ) from None
        why = error if isinstance(error, SettingsError) else "its columns.json has another form"
        raise StoreError(
            f"run {run.info.run_id} was made by another version of customer-segmentation ({why}); sweep again with "
            "this one."
        ) from error
    overrides = tuple(overrides_of(store, tags["study_id"]))
    return StudySpec(tags["study"], settings, dict(run.data.params), overrides, int(tags["job"]), config), needed


def refit(spec: StudySpec, customers: PreparedCustomers, k: int, *, store: Store, study_id: str) -> tuple[Space, Fit]:
    """Space of a study, and its fit with k clusters.

    Parameters
    ----------
    spec : settings of the study
    customers : its customers
    k : number of clusters
    store, study_id : where its run is, which holds the centres that were given, or moved after the fit
    """
    space = space_of(spec, customers)
    return space, fit_of(spec, space, k, store=store, study_id=study_id)


def fit_of(spec: StudySpec, space: Space, k: int, *, store: Store, study_id: str) -> Fit:
    """Fit of a study with k clusters, see `refit`.

    Parameters
    ----------
    spec : settings of the study
    space : its space
    k : number of clusters
    store, study_id : where its run is
    """
    make: MakeEstimator = estimators_of(spec)
    start = centres_logged(store, study_id, k, path=START) if spec.settings.clustering.init else None
    make = make if start is None else at_centres(make, start)
    fit = replace(fit_k(space.matrix, k, make_estimator=make, seed=spec.settings.seed), start=start)
    moved = centres_logged(store, study_id, k, path=CENTRES) if spec.settings.engine.polish_passes else None
    return fit if moved is None else with_centres(fit, space.matrix, moved, "")


def check_refit(fit: Fit, run: Run) -> None:
    """Refuse a refit whose sizes or inertia are not those that the run logged.

    Parameters
    ----------
    fit : made again from the logged config
    run : the candidate's run

    Raises
    ------
    StudyError
        They differ.
    """
    logged = [int(size.replace(",", "")) for size in run.data.tags["sizes"].split(", ")]
    found = [int(size) for size in cluster_sizes(fit.labels, fit.k)]
    inertia = run.data.metrics["inertia"]
    if found != logged or not np.isclose(fit.inertia, inertia, rtol=INERTIA_TOLERANCE, atol=0.0):
        raise StudyError(
            f"run {run.info.run_id} cannot be repeated on this machine: it logged segments of {_sizes(logged)} "
            f"customers and an inertia of {inertia:.6g}, the refit has {_sizes(found)} and {fit.inertia:.6g}; repeat "
            "its sweep here."
        )


def _sizes(sizes: list[int]) -> str:
    return " / ".join(f"{size:,}" for size in sizes)


def playbook_of_sweep(store: Store, sweep_id: str, settings: SweepSettings) -> PlaybookSettings:
    """Read the playbook that a sweep used, whatever became of its file; today's file where its run holds none.

    Parameters
    ----------
    store : where the run is
    sweep_id : id of the sweep's run
    settings : of the sweep, which name the file

    Raises
    ------
    SettingsError
        It cannot be read: another version wrote it, or there is no such file today.
    """
    content = artifact_of(store, sweep_id, PLAYBOOK)
    if content is None:
        return playbook_of(settings)
    return to_playbook(content.decode("utf-8"), where=f"{PLAYBOOK} of run {sweep_id}")
