"""Tables that Spark reads, by a real local session: the same rows, reasons and figures as read here."""

import ast
import base64
import gzip
import importlib.util
import json
import os
import pickle
import re
import shutil
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from batches import stream_customers
from odd_tables import texts, written
from omegaconf import OmegaConf
from pyarrow import parquet
from scipy.optimize import linear_sum_assignment

from customer_segmentation.commands.main import main
from customer_segmentation.config.checks import check_plan, check_score
from customer_segmentation.config.compose import plan
from customer_segmentation.data.batches import cleaned, cleaned_repetitions, opened_whole
from customer_segmentation.data.load import load_customers
from customer_segmentation.data.repeated_ids import Held
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import NBSP
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Population, Role
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.samples.orders import draw_orders
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.sources.spark import open as opening
from customer_segmentation.sources.spark import session
from customer_segmentation.sources.spark.open import open_table
from customer_segmentation.sources.spark.session import connect
from customer_segmentation.tracking.machine_facts import whole
from customer_segmentation.tracking.read import found_runs, labels_of
from customer_segmentation.tracking.store import open_store
from customer_segmentation.workflows.prepare import customers_of

CONF = Path(__file__).parents[2] / "conf"
ENGINE = EngineSettings(kind="spark", threads=2, memory="1g")
MISSING = importlib.util.find_spec("pyspark") is None
HOW = "pyspark is not installed: pip install 'customer-segmentation[spark]'"
installed = pytest.mark.skipif(MISSING, reason=HOW)


VARIABLE = "SELECT '${env:HOME}' = '\\u0024{env:HOME}'"


@pytest.fixture(scope="module")
def spark():
    if MISSING:
        pytest.skip(HOW)
    if shutil.which("java") is None:
        pytest.skip("there is no Java on the path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # the queries are small
        connection = connect(ENGINE)
    for key in ("codegen.wholeStage", "adaptive.enabled"):  # a plan costs more than its rows
        connection.session.conf.set(f"spark.sql.{key}", "false")
    connection.session.conf.set("spark.sql.shuffle.partitions", "2")
    return connection


def settings(path, **changes):
    return DataSettings(
        **{
            "path": None if path is None else str(path),
            "keep": "kept",
            "populations": {"kept": Population(column="state", exclude=["gone"])},
            "max_rejected_share": 0.9,
            "columns": {
                "id": ColumnSpec(role=Role.id, type=ColumnType.text, synonyms=["customer"]),
                "spend": ColumnSpec(role=Role.numeric, type=ColumnType.number, minimum=0.0, na_values=["unknown"]),
                "state": ColumnSpec(type=ColumnType.category, values=["here", "gone"]),
            },
            **changes,
        }
    )


def people(rows=600):
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": [f"C{i}" for i in range(rows)],
            "spend": generator.gamma(2.0, 50.0, rows).round(2),
            "state": np.where(np.arange(rows) % 7, "here", "gone"),
            "note": "x",
        }
    )


def mangled():
    """One table with everything that is wrong with tables, in parts."""
    frame = people()
    frame["spend"] = frame["spend"].astype(str)
    frame.loc[3, "spend"] = "$1,234.50"
    frame.loc[4, "spend"] = "unknown"
    frame.loc[5, "spend"] = "many"
    frame.loc[6, "spend"] = "-3"
    frame.loc[7, "spend"] = "inf"
    frame.loc[8, "spend"] = None
    frame.loc[9, "spend"] = " 12 "
    frame.loc[10, "state"] = " HERE "
    frame.loc[11, "state"] = "elsewhere"
    frame.loc[12, "state"] = "n/a"
    frame.loc[13, "id"] = " "
    frame.loc[14, "id"] = None
    frame.loc[[15, 16]] = None  # nobody
    frame.loc[17, ["id", "spend", "state"]] = None  # somebody wrote a note
    frame.loc[18, ["id", "spend", "state", "note"]] = ["", " ", None, "NA"]  # nobody
    frame.loc[300] = frame.loc[20]  # repeated exactly
    frame.loc[301, "id"] = "C21"  # with other values
    frame.loc[302, "id"] = " C22"
    frame.loc[303] = ["id", "spend", "state", "note"]  # the header again
    return frame


def whole_numbers(frame):
    """Ids that are numbers, of which one is missing: floats, as pandas writes them."""
    numbers = pd.to_numeric(frame["id"].str.slice(1), errors="coerce")
    return frame.assign(id=numbers, spend=pd.to_numeric(frame["spend"], errors="coerce"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    mangled().to_parquet(folder / "text.parquet", index=False, row_group_size=150)
    parts = folder / "parts (1) [all]"
    parts.mkdir()
    numbers = whole_numbers(mangled()).rename(columns={"id": "Customer"})
    for at in range(3):  # the names are not in the order in which they were written
        numbers[at * 200 : (at + 1) * 200].to_parquet(parts / f"{2 - at}.parquet", index=False)
    people().iloc[:0].to_parquet(folder / "nobody.parquet", index=False)
    people().drop(columns="spend").to_parquet(folder / "lacks.parquet", index=False)
    return folder


def same(first, second):
    assert second.accounting() == first.accounting()
    assert second.digest == first.digest
    assert second.duplicates == first.duplicates
    assert second.repairs == first.repairs
    pd.testing.assert_frame_equal(second.rejected, first.rejected)
    pd.testing.assert_frame_equal(second.customers, first.customers)


@pytest.mark.parametrize("name", ["text.parquet", "parts (1) [all]"])
@pytest.mark.parametrize("most", [10_000, 150])
def test_rows_reasons_and_sample_are_those_of_a_table_read_here(spark, tables, name, most):
    asked = settings(tables / name, max_rows=most)
    here = load_customers(asked, needed=["spend"])
    there = load_customers(asked, needed=["spend"], engine=ENGINE)
    assert len(here.rejected) > 1
    assert (here.sampled_from > 0) == (most < 600)
    same(here, there)
    assert there.source == here.source


def everybody(path, engine):
    """Account, customers and rejected rows of a pass over all rows where they are."""
    source, rules = opened_whole(settings(path), needed=["spend"], batch_rows=100, engine=engine)

    def work(chunks):
        for chunk in chunks:
            table, held = cleaned(chunk, rules)
            yield b"h" + held.to_bytes() if held is not None else b""
            yield (
                b"t" + ";".join([str(table.accounting()), *table.customers["id"], *table.rejected["reason"]]).encode()
            )

    answers = list(source.mapped(work, rules.wanted.specs))
    held = [Held.from_bytes(answer[1:], rules) for answer in answers if answer.startswith(b"h")]
    texts = [answer[1:].decode().split(";") for answer in answers if answer.startswith(b"t")]
    again = cleaned_repetitions(held, rules)
    counts = [*(ast.literal_eval(text[0]) for text in texts), again.accounting()]
    rest = [word for text in texts for word in text[1:]] + [*again.customers["id"], *again.rejected["reason"]]
    return {key: sum(one[key] for one in counts) for key in counts[0]}, sorted(rest)


def test_a_pass_over_all_rows_keeps_the_rules_whatever_the_partitions(spark, tables):
    path = tables / "text.parquet"
    batches = list(stream_customers(settings(path), needed=["spend"], batch_rows=100))
    whole = load_customers(settings(path), needed=["spend"])
    account = {key: sum(batch.accounting()[key] for batch in batches) for key in whole.accounting()}
    assert account == whole.accounting()
    expected = sorted([*whole.customers["id"], *(reason for one in whole.rejected["reason"] for reason in [one])])
    expected = sorted(word for one in expected for word in one.split(";"))
    for partitions in (1, 16):
        found, rest = everybody(path, replace(ENGINE, partitions=partitions))
        assert found == account
        assert rest == expected


def test_a_change_of_any_row_is_seen_in_the_checksum_and_the_order_of_rows_is_not(spark, tmp_path):
    def checksum(frame, parts=1):
        frame = frame.coalesce(1).orderBy("age") if parts == 1 else frame.repartition(parts)
        frame.createOrReplaceTempView("checked")
        return open_table(settings(None, table="checked", max_rows=2), ENGINE).sha256

    rows = "SELECT cast(id AS string) AS customer, 'here' AS state, id + {} AS age, map('a', {}) AS more FROM range(5)"
    first = checksum(spark.session.sql(rows.format(1, 1)))
    assert first == checksum(spark.session.sql(rows.format(1, 1)), parts=3)
    assert len({first, *(checksum(spark.session.sql(rows.format(*two))) for two in ((2, 1), (1, 2)))}) == 3


def test_a_session_of_the_users_is_left_as_it_was_and_is_the_one_that_is_active(spark, monkeypatch):
    mine, other = spark.session.cloneSession(), spark.session.cloneSession()
    monkeypatch.setattr(session, "_OPEN", {})
    lent = EngineSettings(kind="spark", remote="session")
    for one, zone in ((mine, "Asia/Tokyo"), (other, "America/Lima")):
        one.conf.set("spark.sql.session.timeZone", zone)
        one.conf.set("spark.sql.variable.substitute", "true")
        one.clearTags()
        monkeypatch.setattr(session, "_active", lambda one=one: one)
        connection = connect(lent)
        assert connect(lent) is connection
        assert connection.session is one
        told = connection.ask(
            lambda one=one: (one.conf.get("spark.sql.session.timeZone"), len(one.getTags()), one.sql(VARIABLE).first())
        )
        assert told == ("UTC", 1, (True,)), "no query of ours takes a value of the server's environment"
        assert one.sql(VARIABLE).first() == (False,)
        assert (one.conf.get("spark.sql.session.timeZone"), one.getTags()) == (zone, set())


def test_what_a_classic_session_is_sent_stays_for_its_workers():
    class Classic:
        def addArtifacts(self, path, pyfile):  # noqa: N802 - Spark's name
            self.path = Path(path)

    classic = Classic()
    session._ship(classic)
    assert classic.path.is_file()


def test_a_table_of_the_catalog_and_a_query_have_no_order_and_the_same_customers(spark, tables):
    path = tables / "text.parquet"
    spark.session.read.parquet(str(path)).createOrReplaceTempView("customers")
    here = load_customers(settings(path), needed=["spend"])
    for changes in ({"table": "customers"}, {"query": "SELECT * FROM customers ORDER BY spend"}):
        there = load_customers(settings(None, **changes), needed=["spend"], engine=ENGINE)
        assert there.accounting() == here.accounting()
        assert sorted(there.customers["id"]) == sorted(here.customers["id"])
    sampled = settings(None, table="customers", max_rows=150)
    there = load_customers(sampled, needed=["spend"], engine=ENGINE)
    assert there.digest == load_customers(settings(path, max_rows=150), needed=["spend"]).digest


def test_sail_has_the_same_sample_in_the_same_order_and_the_same_account_of_all_rows(tables, tmp_path, monkeypatch):
    if importlib.util.find_spec("pysail") is None or MISSING:
        pytest.skip("pysail or pyspark is not installed: pip install pysail 'customer-segmentation[spark]'")
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    monkeypatch.setattr(session, "_OPEN", {})
    try:
        sail = EngineSettings(kind="spark", remote=f"sc://127.0.0.1:{server.listening_address[1]}")
        parts = shutil.copytree(tables / "parts (1) [all]", tmp_path / "parts")  # it takes no such signs
        for path in (tables / "text.parquet", parts):
            asked = settings(path, max_rows=150)
            here, there = (load_customers(asked, needed=["spend"], engine=engine) for engine in (None, sail))
            assert there.digest == here.digest
            pd.testing.assert_frame_equal(there.customers, here.customers)
        account, _ = everybody(tables / "text.parquet", sail)
        assert account == load_customers(settings(tables / "text.parquet"), needed=["spend"]).accounting()
    finally:
        for connection in session._OPEN.values():
            connection.session.stop()
        server.stop()


def became_of(path, engine):
    """What becomes of a table: all of it, or the sentence."""
    try:
        table = load_customers(settings(path), needed=["spend"], engine=engine)
    except (DataError, SettingsError) as error:
        return f"{type(error).__name__}: {error}"
    parts = (table.accounting(), table.digest, table.duplicates, table.repairs, table.source)
    return [*parts, table.customers.to_csv(), table.rejected.to_csv()]


#: benchmarks/engine_inputs.py reads them all.
FEW = ["blanks", "commas only", "cells missing", "a line break in a cell", "a quotation that never ends", "cp1252"]
FEW += ["impossible", "repeated", "parts", "customers.csv.gz", "customers.zip", "parts, one with a line break"]


@pytest.mark.parametrize("name", FEW)
def test_a_text_has_the_same_rows_rejected_for_the_same_reasons(spark, name, tmp_path):
    path = written(texts()[name], tmp_path)
    asked = settings(path)
    here, there = (load_customers(asked, needed=["spend"], engine=engine) for engine in (None, ENGINE))
    same(here, there)
    assert there.source == here.source


def test_a_pass_over_a_text_keeps_its_account(spark, tmp_path):
    lines = texts()["repeated"]["customers (1).csv"] + b"C1,2\n,,,\nC70,-3,here,x,y\n"
    path = written({"a.csv": lines, "b.csv": texts()["blanks"]["customers (1).csv"]}, tmp_path)
    here = load_customers(settings(path), needed=["spend"])
    account, _ = everybody(path, replace(ENGINE, partitions=3))
    assert account == here.accounting()


def elsewhere(folder, **changes):
    """Settings of a table by an address, as Spark alone may see it."""
    return settings(f"file://{folder}", **changes)


def test_a_folder_that_spark_alone_sees_is_what_the_names_of_its_files_say(spark, tables, tmp_path):
    deep = tmp_path / "texts" / "2024" / "May"
    deep.mkdir(parents=True)
    (deep / "a.csv").write_bytes(texts()["blanks"]["customers (1).csv"])
    (deep.parent / "b.CSV.gz").write_bytes(gzip.compress(texts()["repeated"]["customers (1).csv"]))
    (deep / "_SUCCESS").touch()
    here = load_customers(settings(tmp_path / "texts"), needed=["spend"])
    same(here, load_customers(elsewhere(tmp_path / "texts"), needed=["spend"], engine=ENGINE))
    parts = shutil.copytree(tables / "parts (1) [all]", tmp_path / "parts")
    there = load_customers(elsewhere(parts), needed=["spend"], engine=ENGINE)
    assert there.accounting() == load_customers(settings(parts), needed=["spend"]).accounting()


@pytest.mark.parametrize(
    ("files", "error", "sentence"),
    [
        (["a.csv", "b.parquet"], SettingsError, "holds a.csv beside b.parquet; name those of one kind by a pattern"),
        (["a.json"], SettingsError, "holds a.json: engine=spark reads CSV, Parquet and Delta"),
        (["_SUCCESS"], DataError, "holds no file that Spark sees"),
        (["a.parquet", "_delta_log/0.json"], DataError, "delta"),
    ],
)
def test_a_folder_that_spark_alone_sees_is_not_taken_for_another_kind(spark, tmp_path, files, error, sentence):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("id,spend\n1,2\n")
    with pytest.raises(error, match=sentence):
        load_customers(elsewhere(tmp_path), needed=["spend"], engine=ENGINE)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"path": "nobody.parquet"}, DataError, "it has a header and no rows"),
        ({"path": "lacks.parquet"}, DataError, "lacks the required column spend"),
        ({"path": "nowhere.parquet"}, DataError, "There is no file"),
        ({"path": "x.xlsx"}, DataError, "There is no file"),
        ({"path": "x.json"}, SettingsError, "write it as Parquet"),
        ({"table": "main.nowhere"}, DataError, "cannot be found"),
        ({"query": "DROP TABLE x"}, SettingsError, "expected a SELECT"),
        ({"query": "SELECT * FROM nowhere"}, DataError, "cannot be found"),
        ({"query": "SELECT 1 AS id, 2 AS id"}, DataError, "several columns 'id'"),
        ({}, SettingsError, "name it with data.path"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(spark, tables, changes, error, sentence):
    path = tables / changes["path"] if "path" in changes else None
    (tables / "x.json").write_text('[{"id": "a", "spend": 3}]')
    asked = settings(path, **{key: value for key, value in changes.items() if key != "path"})
    with pytest.raises(error, match=sentence) as raised:
        load_customers(asked, needed=["spend"], engine=ENGINE)
    assert "\n" not in str(raised.value)


class Planted:
    """Unpickled, it would make a file."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return (Path.touch, (self.place,))


@pytest.mark.parametrize("of_this_machine", [True, False])
def test_a_type_that_a_table_brings_along_is_not_made(spark, tmp_path, monkeypatch, of_this_machine):
    pickled = base64.b64encode(pickle.dumps(Planted(tmp_path / "ran"))).decode()
    own = {"type": "udt", "pyClass": "os.nowhere", "serializedClass": pickled, "sqlType": "double"}
    fields = [{"name": name, "nullable": True, "metadata": {}} for name in ("id", "spend")]
    schema = {"type": "struct", "fields": [{**fields[0], "type": "string"}, {**fields[1], "type": own}]}
    table = pa.table({"id": ["a", "b"], "spend": [1.0, 2.0]})
    note = {"org.apache.spark.sql.parquet.row.metadata": json.dumps(schema)}
    parquet.write_table(table.replace_schema_metadata(note), tmp_path / "c.parquet")
    if not of_this_machine:
        monkeypatch.setattr(opening, "refuse_in_files", lambda files: None)
    with pytest.raises(DataError, match=r"a column of a type of its own \(os.nowhere\)"):
        load_customers(settings(tmp_path / "c.parquet"), needed=["spend"], engine=ENGINE)
    assert not (tmp_path / "ran").exists()


def test_a_part_of_other_columns_is_refused(spark, tmp_path):
    people().to_parquet(tmp_path / "a.parquet")
    people().drop(columns="spend").to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet lacks 'spend'; files that make up one table"):
        load_customers(settings(tmp_path), needed=["spend"], engine=ENGINE)


def test_what_folders_are_called_stays_as_it_is_written(spark, tmp_path):
    for spend in ("01", "1"):
        (tmp_path / "t" / f"spend={spend}").mkdir(parents=True)
        people().drop(columns="spend").head(2).to_parquet(tmp_path / "t" / f"spend={spend}" / "a.parquet")
    source, _ = opened_whole(settings(tmp_path / "t"), needed=["spend"], batch_rows=9, engine=ENGINE)
    assert sorted(source.rows_as_text(np.arange(4))["spend"]) == ["01", "01", "1", "1"]


def test_what_a_worker_says_is_said_here(spark, tables):
    source, rules = opened_whole(settings(tables / "text.parquet"), needed=["spend"], batch_rows=100, engine=ENGINE)

    def work(chunks):
        raise DataError("the rows are upside down.")

    with pytest.raises(DataError, match=r"^the rows are upside down\.$"):
        list(source.mapped(work, rules.wanted.specs))


def messy_orders():
    """Orders of a shop with what is wrong with exports, as text."""
    frame = draw_orders(120, seed=4).astype({"Amount": "str", "Order Date": "str"})
    frame["Order Date"] = pd.to_datetime(frame["Order Date"]).dt.strftime("%d.%m.%Y")
    last = len(frame)
    more = [("C1", "31.02.2022", "5"), ("C1", "01.03.2022", "many"), ("C2", "", "7"), ("C3", "02.03.2022", "1,234.50")]
    more += [("", "02.03.2022", "80"), ("guest", "03.03.2022", "20.25"), (None, None, None), ("", " ", "")]
    more += [("R1", "04.03.2022", "-9"), ("R2", "05.03.2022", "3"), ("R2", "06.03.2022", "-30")]
    more += [("Customer ID", "Order Date", "Amount"), ("L1", "07.03.2099", "12"), ("C4", "08.03.2022", " 6.5 ")]
    columns = ["Customer ID", "Order Date", "Amount"]
    frame = pd.concat([frame[columns], pd.DataFrame(more, columns=columns)], ignore_index=True)
    # The unusual rows do not all stand in the last part; the last row is a usual one.
    order = np.r_[last : last + 7, 0:last, last + 7 : len(frame)]
    return frame.iloc[order].reset_index(drop=True)


def test_orders_summed_up_by_spark_are_those_summed_up_here(spark, tmp_path):
    messy_orders().to_parquet(tmp_path / "orders.parquet", index=False, row_group_size=200)
    contract = OmegaConf.load(CONF / "contract" / "rfm.yaml")
    schema = OmegaConf.structured(ColumnSpec)
    asked = OmegaConf.load(CONF / "data" / "orders.yaml")
    asked = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(DataSettings), asked))
    asked.columns = {str(name): OmegaConf.to_object(OmegaConf.merge(schema, contract[name])) for name in contract}
    asked.path, asked.max_rejected_share = str(tmp_path / "orders.parquet"), 0.5
    asked.transactions.guests = ["guest"]
    asked.transactions.reference_date = "2023-01-01"
    here = load_customers(asked)
    there = load_customers(asked, engine=replace(ENGINE, partitions=3))
    assert here.orders_later > 1
    assert here.orders_of_guests == 2
    assert here.rejected["reason"].nunique() >= 6
    pd.testing.assert_frame_equal(there.customers, here.customers, rtol=1e-12)
    pd.testing.assert_frame_equal(there.rejected, here.rejected)
    assert there.accounting() == here.accounting()
    assert there.notes == here.notes


def store_in(folder):
    return f"sqlite:///{folder}/mlflow.db"


@pytest.fixture(scope="module")
def swept(spark, tmp_path_factory):
    """A table, and for each engine a folder and its runs; and the words that they have in common.

    Spark has the table in parts, and its rows in another order.
    """
    folder = tmp_path_factory.mktemp("swept")
    frame = draw_customers(2_000, seed=3)
    frame.loc[frame.index % 500 == 7, "Tenure in Months"] = -4  # impossible: rejected
    frame.to_parquet(folder / "customers.parquet", index=False, row_group_size=300)
    parts = folder / "parts" / "customers.parquet"
    parts.mkdir(parents=True)
    for at, rows in enumerate(np.array_split(np.random.default_rng(1).permutation(len(frame)), 3)):
        frame.iloc[rows].to_parquet(parts / f"{at}.parquet", index=False)
    paths = {"local": folder / "customers.parquet", "spark": parts}
    words = ["data=telecom", "data.max_rows=900", "features=value"]
    words += [
        "scaling=minmax",
        "k=[2,3]",
        "selection.stability.resamples=3",
        "tracking.report=false",
        "tracking.figures=false",
    ]
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for engine in ("local", "spark"):
            (folder / engine).mkdir()
            patch.chdir(folder / engine)
            own = [f"engine={engine}", f"data.path={paths[engine]}", f"tracking.uri={store_in(folder / engine)}"]
            assert main(["sweep", *words, *own]) == 0
            client = mlflow.MlflowClient(store_in(folder / engine))
            runs = client.search_runs([client.get_experiment_by_name("customer-segmentation").experiment_id])
            found[engine] = [whole(run) for run in runs]
    return folder, found, [*words, f"data.path={parts}"]


def test_a_sweep_gives_the_same_figures_and_verdict(spark, swept):
    folder, found, _ = swept
    metrics = {
        engine: {
            (run.info.run_name, name): value
            for run in runs
            for name, value in run.data.metrics.items()
            if "seconds" not in name
        }
        for engine, runs in found.items()
    }
    assert any("full_data/inertia" in name for _, name in metrics["local"])
    assert metrics["spark"] == metrics["local"]
    here, tags = ({run.data.tags["level"]: run.data.tags for run in found[engine]} for engine in ("local", "spark"))
    for name in ("chosen", "structure", "certainty", "tie", "full_data"):
        assert tags["sweep"][name] == here["sweep"][name]
    for name in ("full_data.csv", "full_data_profile.csv"):
        own, other = (next((folder / engine).glob(f"mlartifacts/**/{name}")).read_text() for engine in found)
        assert own == other
    assert tags["sweep"]["engine"] == f"Spark {spark.version}"
    assert tags["study"]["engine_passes"] == "1"
    assert "engine" not in {key for run in found["local"] for key in run.data.tags}


def test_labels_written_by_spark_are_those_written_here(swept, monkeypatch, capsys):
    folder = swept[0]
    monkeypatch.chdir(folder / "spark")
    frame = draw_customers(700, seed=8).astype({"Tenure in Months": float})
    frame.loc[3] = None
    frame.loc[4, "Total Revenue"] = None
    frame.loc[5, "Tenure in Months"] = -1
    frame.to_parquet("new.parquet", index=False, row_group_size=150)
    runs = [run for run in swept[1]["spark"] if run.data.tags.get("chosen_run_id")]
    words = ["score", f"run_id={runs[0].data.tags['chosen_run_id']}", "input=new.parquet", "quiet=true"]
    words.append(f"tracking.uri={store_in(folder / 'spark')}")
    assert main([*words, "output=here.parquet"]) == 0
    assert main([*words, "output=there", "engine=spark"]) == 0
    here, there = pd.read_parquet("here.parquet"), pd.read_parquet("there")
    assert len(there) == 700
    labelled = there[there["segment"].notna()].set_index("Customer ID").loc[here["Customer ID"]]
    for name in ("segment", "segment_name", "first_action", "value", "distance", "margin"):
        assert labelled[name].tolist() == here[name].tolist()
    rejected = pd.read_csv("here_rejected.csv")
    assert sorted(there["reason"].dropna()) == sorted(rejected["reason"])
    assert not [path for path in (folder / "spark").iterdir() if path.name.startswith(".there")]
    (folder / "spark" / "there" / "part-of-mine.csv").touch()
    assert main([*words, "output=there", "engine=spark", "overwrite=true"]) != 0
    assert "was changed since segment score wrote it" in " ".join(capsys.readouterr().err.split())
    assert main([*words, "output=there", "engine=spark"]) != 0
    assert "exists; give another name, or overwrite=true" in capsys.readouterr().err


def test_segments_are_continued_and_then_moved_over_all_rows(swept, monkeypatch):
    folder, found, words = swept
    monkeypatch.chdir(folder / "spark")
    chosen = {run.data.tags.get("chosen_run_id") for run in found["spark"]}
    before = next(run for run in found["spark"] if run.info.run_id in chosen)
    k, uri = before.data.params["k"], store_in(folder / "spark")
    more = [f"clustering.init=runs:/{before.info.run_id}/model", "engine=spark", "engine.polish_passes=1"]
    assert main(["sweep", *words, *more, f"tracking.uri={uri}"]) == 0
    store = open_store(uri=uri, experiment="customer-segmentation", artifacts=None)
    runs = found_runs(store, "tags.level = 'candidate'")
    own, other = (
        max((run for run in runs if (run.data.params["k"] == k) == same), key=lambda run: run.info.start_time)
        for same in (True, False)
    )
    then, now = (labels_of(store, run.data.tags["study_id"])[f"k{k}"] for run in (before, own))
    both = pd.crosstab(then.to_numpy(), now.to_numpy()).to_numpy()
    stay = both[linear_sum_assignment(-both)].sum() / both.sum()
    step = r"1 exact step over all [\d,]+ customers, from an inertia of theirs of [\d.]+"
    fit = own.data.tags["fit"].replace(NBSP, " ")
    told = re.fullmatch(
        f"started at the segments of .*; {step}, after which ([\\d.]+) % of the customers keep their segment", fit
    )
    assert float(told[1]) == pytest.approx(100 * stay, abs=0.06)
    assert re.fullmatch(f"from random starts, as .* has {k} segments; {step}", other.data.tags["fit"])


@installed
def test_what_a_worker_ended_with_is_told(spark):
    def broken(batches):
        raise KeyError("of a worker")

    with pytest.raises(DataError, match=r"^Spark at local failed: in a Python worker, KeyError: 'of a worker'\.$"):
        spark.ask(lambda: spark.session.range(3).mapInArrow(broken, "id long").collect())


@installed
def test_nobody_listens_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        remote = f"sc://localhost:{taken.getsockname()[1]}/;token=s3cret-of-mine"
    began = time.monotonic()
    with pytest.raises(DataError, match="No Spark Connect server answers") as raised:
        connect(EngineSettings(kind="spark", remote=remote))
    assert "s3cret" not in str(raised.value)
    assert time.monotonic() - began < 20


@installed
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["engine=spark", "data.table=x", "engine.remote=http://x"], "expected sc://HOST:15002"),
        (["engine=spark", "data.table=x", "engine.remote=sc:///;token=a;b=${oc.env:HOME}"], "expected sc://HOST:15002"),
        (["engine=spark", "data.table=x", "engine.remote=session"], "needs a Spark session that runs in this process"),
        (["engine=spark", "launcher=local"], "one process speaks to Spark"),
        (["engine=spark", "engine.remote=sc://x", "engine.memory=4g"], "engine.remote=local alone"),
        (["engine.partitions=4"], "engine=spark alone"),
        (["engine.polish_passes=2"], "engine=spark alone"),
        (["engine=spark", "engine.starts=3"], "engine.polish_passes alone"),
        (["engine=spark", "clustering=ward", "engine.polish_passes=2"], "with K-means alone"),
        (["data.path=x.parquet", "data=telecom", "data.table=main.customers"], "add engine=spark"),
        (["engine=spark", "experiments=rfm"], "name it with data.path"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(words, sentence, capsys):
    one_study = [] if "experiments=rfm" in words else ["features=value", "scaling=minmax"]  # the default composes seven
    assert main(["sweep", *words, *one_study]) != 0
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_labels_do_not_go_to_a_catalog_that_ends_with_the_command():
    words = ["input=x.parquet", "output=catalog", "table=labels", "engine=spark"]
    with pytest.raises(SettingsError, match=r"ends with the command.*output=FOLDER"):
        check_score(plan("score", words).settings[0])
    check_score(plan("score", [*words, "engine.remote=session"]).settings[0])


@pytest.mark.parametrize("output", ["labels.csv", "labels.CSV.gz", "labels.xlsx"])
def test_a_folder_of_parquet_files_is_not_called_as_a_file(output):
    with pytest.raises(SettingsError, match="writes a folder of Parquet files"):
        check_score(plan("score", ["input=x.parquet", f"output={output}", "engine=spark"]).settings[0])


@installed
@pytest.mark.parametrize("more", ["", "/;token=planted-token-1", "/;use_ssl=true"])
def test_what_is_no_server_of_sparks_is_told_in_time_and_leaves_no_session(more, monkeypatch, capfd):
    monkeypatch.setattr(session, "ANSWERS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        before = time.monotonic()
        with pytest.raises(DataError, match="does not answer as a Spark Connect server in time") as raised:
            connect(EngineSettings(kind="spark", remote=f"sc://127.0.0.1:{silent.getsockname()[1]}{more}"))
    assert time.monotonic() - before < 20
    assert "planted" not in str(raised.value)
    assert capfd.readouterr().err == ""


@installed
def test_ctrl_c_is_not_kept_waiting_by_a_server_that_no_longer_answers(monkeypatch):
    monkeypatch.setattr(session, "CANCELS", 0.1)
    stopped, closed, over = [], [], threading.Event()
    channel = SimpleNamespace(close=lambda: closed.append(True))
    asked = SimpleNamespace(interruptTag=lambda _: over.wait(20), _client=SimpleNamespace(_channel=channel))
    connection = session.Connection(asked, "sc://crm", "4.1", "segment-x", own=True)
    monkeypatch.setattr(session, "_OPEN", {"sc://crm": connection})

    def query():
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(20)
        except KeyboardInterrupt:  # as pyspark does, which tells the server first
            stopped.append(True)
            time.sleep(20)
            stopped.append(False)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background ignores
    try:
        with pytest.raises(KeyboardInterrupt):
            connection.ask(query)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    over.set()
    assert (stopped, closed, session._OPEN) == ([True], [True], {}), "nothing more is asked of it"


def test_a_session_whose_server_has_ended_is_opened_again(spark, monkeypatch):
    assert connect(ENGINE) is spark
    dead = replace(spark, session=None)  # whose every question fails
    monkeypatch.setattr(session, "_OPEN", {"local": dead})
    monkeypatch.setattr(session, "start_server", lambda **_: f"sc{spark.session.client._builder.url.geturl()[4:]}")
    assert connect(ENGINE).session.version == spark.version


def test_exact_steps_are_refused_where_everybody_is_fitted():
    asked = plan("sweep", ["data.customers=300", "features=value", "scaling=standard", "k=[2]"])
    needed = check_plan(asked)
    asked.settings[0].engine.polish_passes = 2
    with pytest.raises(SettingsError, match=r"all 226 customers are fitted here.*leave it out"):
        customers_of(asked, needed)


@pytest.mark.skipif(not MISSING, reason="pyspark is installed")
def test_a_missing_extra_is_told_with_the_line_that_installs_it(capsys):
    draw_customers(20).to_parquet("x.parquet")
    assert main(["sweep", "engine=spark", "data=telecom", "data.path=x.parquet"]) != 0
    assert "customer-segmentation[spark]" in capsys.readouterr().err
