"""A model of a sweep as SQL, run where the customers are, against `segment score`."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from customer_segmentation.commands.main import main
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.workflows import export


@pytest.fixture(scope="module")
def place(tmp_path_factory, lean):
    folder = tmp_path_factory.mktemp("export")
    environment = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = ("features=value", "scaling=minmax", "k=[3]", "selection=fixed", "selection.k=3", "data.customers=400")
        assert main(("sweep", *words, *lean)) == 0
        easy = ("promotion.stability=null", "promotion.max_switching=null", "promotion.smallest_share=null")
        assert main(("promote", *easy, "quiet=true")) == 0
    os.environ.clear()
    os.environ.update(environment)
    return folder


def test_the_champion_as_sql_labels_a_table_as_score_does(segment, place, monkeypatch):
    monkeypatch.chdir(place)
    customers = draw_customers(300, seed=7)
    customers.to_csv("customers.csv", index=False)
    assert segment("score", "input=customers.csv", "output=labels.csv", "quiet=true").code == 0
    labels = pd.read_csv("labels.csv").set_index("Customer ID")["segment"]
    said = segment("export", "table=crm", "output=labels.sql")
    assert (said.code, said.out) == (0, "labels.sql: sql of models:/customer-segmentation@champion\n")
    statement = Path("labels.sql").read_text()
    assert statement.startswith("-- segment export: customer-segmentation version 1 (m-")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE crm AS SELECT * FROM customers")
        found = connection.execute(statement).fetch_df().set_index("Customer ID")
    known = found["segment"].dropna()
    assert known.astype(int).sort_index().equals(labels.sort_index().astype(int))
    assert set(found.index[found["segment"].isna()]).isdisjoint(labels.index)
    assert segment("export", "table=crm").out == statement[: statement.index("-- sha256 of all lines above")]
    assert "exists already" in segment("export", "output=labels.sql").sentence
    assert segment("export", "dialect=postgres", "output=labels.sql", "overwrite=true").code == 0
    assert "DOUBLE PRECISION" in Path("labels.sql").read_text()
    assert "is not an export of an earlier command" in segment("export", "output=labels.csv", "overwrite=true").sentence


def test_rules_are_told_with_their_agreement_and_run(segment, place, monkeypatch):
    monkeypatch.chdir(place)
    said = segment("export", "format=rules").out
    assert "-- A tree of at most 4 questions gives " in said
    with monkeypatch.context() as terminal:
        terminal.setenv("COLUMNS", "60")
        terminal.setattr(sys.stdout, "isatty", lambda: True)
        assert segment("export", "format=rules").out == said  # a comment that is broken is none, nor is a text
    customers = draw_customers(300, seed=7)
    with duckdb.connect() as connection:
        connection.register("crm", customers)
        found = connection.execute(f"SELECT {said} AS name FROM crm").fetch_df()["name"]
    customers.to_csv("again.csv", index=False)
    assert segment("score", "input=again.csv", "output=again_labels.csv", "quiet=true").code == 0
    labels = pd.read_csv("again_labels.csv").set_index("Customer ID")["segment_name"]
    right = labels.reindex(customers["Customer ID"]).to_numpy()
    assert (found.to_numpy() == right).mean() > 0.75


def test_the_tree_is_drawn_and_replaced_as_other_exports_are(segment, place, monkeypatch):
    monkeypatch.chdir(place)
    for name, magic in (("tree.png", b"\x89PNG"), ("tree.svg", b"<?xml")):
        assert segment("export", "format=rules", f"output={name}").code == 0
        first = Path(name).read_bytes()
        assert first.startswith(magic)
        assert segment("export", "format=rules", f"output={name}", "overwrite=true").code == 0
        assert Path(name).read_bytes() == first
    Path("own.png").write_bytes(b"\x89PNG")
    assert "is not an export" in segment("export", "format=rules", "output=own.png", "overwrite=true").sentence
    assert "give format=rules" in segment("export", "output=labels.png").sentence


def test_words_that_lead_nowhere(segment, place, monkeypatch):
    monkeypatch.chdir(place)
    assert "dialect=oracle: expected one of duckdb" in segment("export", "dialect=oracle").sentence
    assert "format=pmml: expected one of sql" in segment("export", "format=pmml").sentence
    assert "single precision" in segment("export", "format=onnx").sentence
    assert "headers names 'Nothing'" in segment("export", "headers={Nothing: x}").sentence
    for name in ("a b c", "a.b.c.d.e"):
        assert "is not the name of a table" in segment("export", f"table={name}").sentence


@pytest.mark.parametrize("kind", ["sql", "rules"])
def test_a_name_at_which_psql_would_cut_a_line_off_is_refused(kind, segment, place, monkeypatch):
    monkeypatch.chdir(place)
    known = export._model_of

    def altered(*asked):
        found = known(*asked)
        names = {**found.model.names, found.model.numbers[0]: "a\0"}
        return replace(found, model=replace(found.model, names=names))

    monkeypatch.setattr(export, "_model_of", altered)
    said = segment("export", f"format={kind}", "dialect=postgres", "output=cut.sql")
    assert "holds the character NUL" in said.sentence
    assert not Path("cut.sql").exists()
