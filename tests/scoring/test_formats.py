"""Tables of other kinds than CSV give the same labels, in and out; whatever a chunk's size."""

import sqlite3
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring.columns import contract_of
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.scoring.outputs import Output
from customer_segmentation.scoring.score import Comparison, score
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.open import open_source


@pytest.fixture(scope="module")
def to_settings(raw):
    """The customers with numbers as numbers, one of them unreadable."""
    numbers = raw.drop(columns=["Total Revenue"]).assign(
        **{
            "Total Revenue": pd.to_numeric(raw["Total Revenue"]),
            "Tenure in Months": pd.to_numeric(raw["Tenure in Months"]),
        }
    )
    numbers.loc[[5, 250], "Total Revenue"] = None
    return numbers


@pytest.fixture(scope="module")
def expected(model, to_settings):
    table = model.predict(to_settings).table
    return table["segment"].dropna().tolist()


@pytest.mark.parametrize("columns", ["id", "all"])
@pytest.mark.parametrize("size", [1, 99, 10_000])
def test_parquet(to_settings, expected, score_file, tmp_path, columns, size):
    path = tmp_path / "customers.parquet"
    part = to_settings.head(300)
    part.to_parquet(path, row_group_size=70)
    found = score_file(path, output="labels.parquet", columns=columns, size=size)
    assert found.labels["segment"].tolist() == expected[:298]
    assert found.rejects["row"].tolist() == [7, 252]
    assert found.rejects["reason"].tolist() == ["Total Revenue is missing"] * 2
    assert found.rejects["Customer ID"].tolist() == part["Customer ID"].iloc[[5, 250]].tolist()
    if columns == "all":
        assert parquet.read_schema(tmp_path / "labels.parquet").field("Total Revenue").type == "double"
        assert list(found.labels)[:-4] == list(part)


def test_excel(to_settings, expected, score_file, tmp_path):
    path = tmp_path / "customers.xlsx"
    part = to_settings.head(120).assign(City="=HYPERLINK(1)\x07")
    part["City"] = part["City"].str.replace("\x07", "")
    part.to_excel(path, index=False, engine="openpyxl")
    found = score_file(path, output="labels.xlsx", columns="all", size=50)
    assert found.labels["segment"].tolist() == expected[:119]
    assert found.done.rejected == 1


@pytest.mark.parametrize("name", ["labels.csv.gz", "labels.csv.bz2", "labels.tsv"])
def test_packed_and_other_text(to_settings, expected, score_file, tmp_path, name):
    path = tmp_path / "customers.csv"
    to_settings.to_csv(path, index=False)
    score_file(path, output=name)
    found = pd.read_csv(tmp_path / name, sep="\t" if name.endswith("tsv") else ",")
    assert found["segment"].tolist() == expected


def test_a_table_of_a_database_is_replaced_whole_or_not_at_all(model, to_settings, expected, tmp_path):
    url = f"sqlite:///{tmp_path}/crm.db"
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        to_settings.to_sql("customers", connection, index=False)
    specs = contract_of(model.contract, {})

    def run(labelling, **options):
        source = open_source(DataSettings(path=url, query="SELECT * FROM customers", columns=specs))
        output = TableOutput(url, "segments", **options)
        score(
            labelling,
            source,
            output,
            Output(tmp_path / "r.csv", overwrite=True),
            Comparison(model),
            specs=specs,
            headers={},
            size=99,
        )

    run(model, overwrite=False)
    with pytest.raises(SettingsError, match="overwrite=true"):
        run(model, overwrite=False)
    run(replace(model, names={0: "Loyal"}), overwrite=True)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        found = pd.read_sql("SELECT * FROM segments", connection)
        tables = pd.read_sql("SELECT name FROM sqlite_master", connection)["name"].tolist()
    assert found["segment"].tolist() == expected
    assert "Loyal" in set(found["segment_name"])
    assert sorted(tables) == ["customers", "segments"], "nothing is left aside"


def test_where_nobody_is_scored_the_earlier_labels_stay_and_no_database_is_made(model, to_settings, tmp_path):
    to_settings.head(9).assign(**{"Total Revenue": "unknown"}).to_csv(tmp_path / "bad.csv", index=False)
    specs = contract_of(model.contract, {})

    def run(target):
        source = open_source(DataSettings(path=str(tmp_path / "bad.csv"), columns=specs))
        rejects = Output(tmp_path / "r.csv", overwrite=True)
        return score(model, source, target, rejects, Comparison(model), specs=specs, headers={})

    done = run(TableOutput(f"sqlite:///{tmp_path}/crm.db", "segments", overwrite=False))
    assert (done.rows, done.scored, done.rejected) == (9, 0, 9)
    assert not (tmp_path / "crm.db").exists()
    earlier = "Customer ID,segment,segment_name,distance,margin\na,0,x,1,1\n"
    (tmp_path / "labels.csv").write_text(earlier)
    run(Output(tmp_path / "labels.csv", overwrite=True))
    assert (tmp_path / "labels.csv").read_text() == earlier
    assert len(pd.read_csv(tmp_path / "r.csv")) == 9


def test_a_table_whose_replacement_fails_keeps_its_rows(tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute(
            "CREATE TABLE segments AS SELECT 1 AS segment, 2 AS segment_name, 3 AS distance, 4 AS margin"
        )
    output = TableOutput(f"sqlite:///{tmp_path}/crm.db", "segments", overwrite=True)
    output.write(pa.table({"segment": [2]}))
    output.finish()
    monkeypatch.setattr(output, "_aside", "is_not_there")  # the renaming has nothing to rename
    with pytest.raises(DataError, match="cannot be written"):
        output.publish()
    output.discard()
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        assert connection.execute("SELECT segment FROM segments").fetchall() == [(1,)]
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("segments",)]


def test_text_that_a_spreadsheet_would_run_and_text_with_quotes(model, to_settings, score_file, tmp_path):
    path = tmp_path / "customers.csv"
    part = to_settings.head(4).assign(City=["=1+1", 'a "b", c', "@x\ny", "-3"])
    part.to_csv(path, index=False)
    found = score_file(path, columns="all")
    assert found.labels["City"].tolist() == ["'=1+1", 'a "b", c', "'@x\ny", "-3"]


def test_a_column_that_changes_its_type_is_told(tmp_path):
    import pyarrow as pa

    output = Output(tmp_path / "x.parquet", overwrite=False)
    output.write(pa.table({"a": pa.array([1, 2])}))
    with pytest.raises(DataError, match="a of the input changes its type"):
        output.write(pa.table({"a": pa.array(["x"])}))
    output.discard()
    assert not list(tmp_path.iterdir())
