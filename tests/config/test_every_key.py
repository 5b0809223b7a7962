"""Every key of a sweep: changed alone, the sweep is another one, or the key says only where and how it is run."""

import dataclasses
import typing

import pandas as pd
import pytest

from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.data.load import load_customers
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.workflows.fingerprints import READING, WHEREABOUTS, sweep_identity
from customer_segmentation.workflows.prepare import customers_of


def keys_of(schema, above=()):
    hints = typing.get_type_hints(schema)
    for item in dataclasses.fields(schema):
        kind = hints[item.name]
        if dataclasses.is_dataclass(kind):
            yield from keys_of(kind, (*above, item.name))
        else:
            yield (*above, item.name)


def changed(node, path):
    name, *rest = path
    value = getattr(node, name)
    if rest:
        return dataclasses.replace(node, **{name: changed(value, rest)})
    if isinstance(value, bool):
        new = not value
    elif isinstance(value, int | float):
        new = value + 1
    elif name == "k" and not isinstance(value, str | None):
        new = [*value, 9]
    else:
        new = {"other": 1} if isinstance(value, dict) else ["other"] if isinstance(value, list) else "other"
    return dataclasses.replace(node, **{name: new})


@pytest.fixture(scope="module")
def base():
    asked = plan("sweep", ["data.customers=60", "features=value", "scaling=standard", "k=[2,3]"])
    check_plan(asked)
    return asked, load_customers(asked.settings[0].data)


def test_a_key_that_is_changed_makes_another_sweep_or_is_named_as_one_that_does_not(base):
    asked, table = base
    before = sweep_identity(asked, table)
    same = set()
    for path in keys_of(SweepSettings):
        if path == ("segments", "playbook"):  # a file, which is read
            continue
        first = changed(asked.settings[0], path)
        assert first != asked.settings[0], path
        if sweep_identity(dataclasses.replace(asked, settings=(first, *asked.settings[1:])), table) == before:
            same.add(".".join(path))
    whereabouts = {key for key in WHEREABOUTS if key not in ("data", "k")}
    unexpected = {key for key in same if key.split(".")[0] not in whereabouts}
    assert unexpected == {f"data.{name}" for name in READING if f"data.{name}" in same}
    assert "tracking.models" not in same


def test_another_key_for_the_names_of_customers_makes_another_sweep(base):
    asked, table = base
    keyed = [
        dataclasses.replace(
            asked.settings[0],
            tracking=dataclasses.replace(asked.settings[0].tracking, customers="hashed", customers_key=key),
        )
        for key in (None, "one key", "another key")
    ]
    found = {sweep_identity(dataclasses.replace(asked, settings=(first,)), table) for first in keyed}
    assert len(found) == 3


def test_what_an_exploration_reads_is_there_although_an_earlier_sweep_of_the_process_did_not_read_it():
    for exploration, read in (("none", False), ("original_analysis", True)):
        words = ("data.customers=60", "features=value", "scaling=standard", "k=[2,3]", "hypotheses=none")
        asked = plan("sweep", [*words, f"exploration={exploration}"])
        table = customers_of(asked, check_plan(asked)).table
        assert ("Zip Code" in table.customers) == read


def test_rows_that_are_no_customers_make_another_sweep_of_a_query_or_a_sheet(base):
    asked, table = base
    query = dataclasses.replace(table, rejected=table.rejected.iloc[:0])
    none = query.rows_read - len(table.rejected)
    before = sweep_identity(asked, dataclasses.replace(query, rows_read=none))
    row = pd.DataFrame({"row": [7], "Visits": ["oops"], "reason": ["Visits is not a number"]})
    found = {before}
    for cells in (row, row.assign(Visits="ooops"), row.assign(row=8)):
        found.add(sweep_identity(asked, dataclasses.replace(query, rejected=cells, rows_read=none + 1)))
    assert len(found) == 3, "the number of a row is none of its cells: a query has no order"


def test_columns_that_are_described_alone_make_another_sweep(base):
    asked, table = base  # two sheets of a workbook have one checksum
    assert sweep_identity(asked, dataclasses.replace(table, described_digest="ab")) != sweep_identity(asked, table)
