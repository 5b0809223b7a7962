"""The beginning of a sweep: checked, its customers loaded, and the models found whose segments it continues."""

from __future__ import annotations

import numpy as np

from customer_segmentation.clustering.feature_set import columns_of_repairs
from customer_segmentation.clustering.metrics import cluster_sizes
from customer_segmentation.clustering.warm_start import WarmStart
from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import Plan
from customer_segmentation.data.contract import CASTING, plain_spec
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.data.wanted import Needed
from customer_segmentation.errors import DataError, MissingColumnsError, SettingsError, StoreError
from customer_segmentation.formatting import counted, listed
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.registry.checks import data_contract
from customer_segmentation.registry.gate import clusters_of
from customer_segmentation.scoring.load import LoadedModel, loaded
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.store import Store, existing_store, store_of_settings
from customer_segmentation.workflows.prepare import PreparedCustomers, customers_of


def begin(plan: Plan) -> tuple[Plan, Needed, PreparedCustomers]:
    """Check every job of a sweep, load its customers, and label them by the models that its studies start at.

    Parameters
    ----------
    plan : as it was composed

    Returns
    -------
    plan : Plan
        Its jobs name versions of models: an alias moves, and a run has to say what it was made from.
    needed : Needed
        Columns that the studies read together, and those that the models read.
    customers : PreparedCustomers

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """  # noqa: DOC501 - raised again with what it lacks
    needed = check_plan(plan)
    plan, models = _models(plan)
    columns = plan.settings[0].data.columns
    read = [name for found in models.values() for name in columns_of_repairs(found.model.needed, columns)]
    theirs = [name for name in read if name not in (*needed.valued, *needed.blank)]
    # Customers without one of these values stay: they were in no segment, and get one now.
    needed = Needed.of(needed.valued, [*needed.valued, *needed.blank, *theirs])
    try:
        customers = customers_of(plan, needed)
    except MissingColumnsError as error:
        if not set(error.names) & set(theirs):
            raise
        why = f"clustering.init={listed(models)} reads {listed(theirs)}"
        raise DataError(f"{str(error).rstrip('.')}; {why}.") from error
    customers.starts = {address: _start(address, found, customers.table) for address, found in models.items()}
    return plan, needed, customers


def _models(plan: Plan) -> tuple[Plan, dict[str, LoadedModel]]:
    """The models that studies start at, by the address of their version, and the plan that names these."""
    asked = dict.fromkeys(one.clustering.init for one in plan.settings if one.clustering.init)
    found = {address: _found(existing_store(plan.settings[0].tracking, model=address), address) for address in asked}
    versions = {address: version_of(model) for address, model in found.items()}
    models = {versions[address]: model for address, model in found.items()}
    plan = plan.at_versions(versions) if versions else plan
    for settings in plan.settings:
        if settings.clustering.init:
            _check(settings, models[settings.clustering.init].model)
    return plan, models


def version_of(model: LoadedModel) -> str:
    """Address of a model that always means the same one.

    Parameters
    ----------
    model : as it was found in the store
    """
    if model.name is not None:
        return f"models:/{model.name}/{model.version}"
    return f"models:/{model.model_id}" if model.model_id else model.uri


def started_sentence(plan: Plan, customers: PreparedCustomers) -> str:
    """Which k are started at which segments, and which at random; empty where all are.

    Parameters
    ----------
    plan : of a sweep
    customers : with the segments that its studies start at
    """
    ks = parse_k(plan.settings[0].k)
    told = []
    for start in customers.starts.values():
        others = [k for k in ks if k != start.k]
        random = f"; k = {listed(others, most=9)} from random starts alone" if others else ""
        told.append(f"k = {start.k} is also started at the {start.k} segments of {start.name}{random}.")
    return " ".join(told)


def start_of(settings: SweepSettings, customers: PreparedCustomers, store: Store | None) -> WarmStart | None:
    """Segments that a study starts at; None where it starts at random.

    Parameters
    ----------
    settings : of the study
    customers : keep what was labelled in this process, or in the one that shares them with it
    store : where the model is; None: that of the settings
    """
    address = settings.clustering.init
    if address is None:
        return None
    if address not in customers.starts:
        model = _found(store or store_of_settings(settings.tracking), address)
        customers.starts[address] = _start(address, model, customers.table)
    return customers.starts[address]


def _found(store: Store, address: str) -> LoadedModel:
    """The model of an address, by its files and without running any code that it brings."""  # noqa: DOC501 - said again
    try:
        return loaded(store, address, None)
    except StoreError as error:
        raise StoreError(str(error).replace("model=", "clustering.init=")) from error


def _check(settings: SweepSettings, model: SegmentModel) -> None:
    """Refuse a model that the sweep could not continue, before the table is read.

    Raises
    ------
    SettingsError
        No k is the number of its segments, or it reads what the table's contract does not hold.
    """
    address, k, ks = settings.clustering.init, len(model.numbers), parse_k(settings.k)
    if k not in ks:
        raise SettingsError(
            f"clustering.init={address} has {counted(k, 'segment')}, and k={list(ks)} does not hold {k}: no study "
            "would continue it; add it to k, or leave clustering.init out."
        )
    own = {name: plain_spec(spec, keys=CASTING) for name, spec in settings.data.columns.items()}
    reads = {name: plain for name, plain in model.contract.items() if name in model.step.columns}
    check = data_contract(own, reads, model.needed, "the table")
    if check.failed:
        why = check.sentence.replace("the champion", "the model").partition(": the candidate")[0]
        raise SettingsError(
            f"clustering.init={address} cannot label these customers: {why}; take the contract of its table, or leave "
            "clustering.init out."
        )


def _start(address: str, found: LoadedModel, table: CustomerTable) -> WarmStart:
    """Segments of a model among the customers of a table.

    Raises
    ------
    DataError
        A segment has no customer.
    """
    model, name = found.model, address if found.name else found.label
    days = {table.columns[name].reference_date for name in model.step.columns if name in table.columns} - {None}
    dated = model.at(next(iter(days))) if days and model.reference_date else model  # dates count from this table's day
    codes, why = clusters_of(dated, table.customers)
    empty = np.flatnonzero(cluster_sizes(codes[codes >= 0], len(model.numbers)) == 0)
    if len(empty):
        names = listed(model.name_of(model.numbers[at]) for at in empty)
        raise DataError(
            f"clustering.init: {name} cannot be continued, as no customer of {table.source} is in {names}"
            f"{f' (one without a segment: {why})' if why else ''}; leave clustering.init out."
        )
    return WarmStart(name, len(model.numbers), codes)
