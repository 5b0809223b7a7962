"""Tables of other kinds than CSV give the same labels, in and out; whatever a chunk's size."""

import gc
import resource
import sqlite3
import sys
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring.columns import contract_of
from customer_segmentation.scoring.database_output import TableOutput
from customer_segmentation.scoring.earlier import LABELS
from customer_segmentation.scoring.outputs import Output
from customer_segmentation.scoring.score import Comparison, score
from customer_segmentation.scoring.written import checksum_of
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.open import open_source


class Remembered:
    """What was written, as the runs of a store keep it."""

    def __init__(self):
        self.known = set()

    def holds(self, key, path):
        return (key, checksum_of(path)) in self.known

    def note(self, key, path):
        self.known.add((key, checksum_of(path)))


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
@pytest.mark.parametrize("size", [17, 99, 10_000])
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

    written = Remembered()

    def run(labelling, **options):
        source = open_source(DataSettings(path=url, query="SELECT * FROM customers", columns=specs))
        output = TableOutput(url, "segments", **options)
        score(
            labelling,
            source,
            output,
            Output(tmp_path / "r.csv", overwrite=True, key="rejects", written=written),
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
    mark, *others = sorted(tables, key=lambda name: not name.startswith("segment_score_"))
    assert mark.startswith("segment_score_")
    assert sorted(others) == ["customers", "segments"], "nothing is left aside"


def test_where_nobody_is_scored_the_earlier_labels_stay_and_no_database_is_made(model, to_settings, tmp_path):
    to_settings.head(9).assign(**{"Total Revenue": "unknown"}).to_csv(tmp_path / "bad.csv", index=False)
    specs = contract_of(model.contract, {})

    written = Remembered()

    def run(target):
        source = open_source(DataSettings(path=str(tmp_path / "bad.csv"), columns=specs))
        rejects = Output(tmp_path / "r.csv", overwrite=True, key="rejects", written=written)
        return score(model, source, target, rejects, Comparison(model), specs=specs, headers={})

    done = run(TableOutput(f"sqlite:///{tmp_path}/crm.db", "segments", overwrite=False))
    assert (done.rows, done.scored, done.rejected) == (9, 0, 9)
    assert not (tmp_path / "crm.db").exists()
    earlier = "Customer ID,segment,segment_name,distance,margin\na,0,x,1,1\n"
    (tmp_path / "labels.csv").write_text(earlier)
    written.note("output", tmp_path / "labels.csv")
    run(Output(tmp_path / "labels.csv", overwrite=True, written=written))
    assert (tmp_path / "labels.csv").read_text() == earlier
    assert len(pd.read_csv(tmp_path / "r.csv")) == 9


def test_a_table_whose_replacement_fails_keeps_its_rows(tmp_path, monkeypatch):
    def output_of(rows, *, overwrite):
        output = TableOutput(f"sqlite:///{tmp_path}/crm.db", "segments", overwrite=overwrite)
        output.write(pa.table({name: [row] for name, row in zip(LABELS, rows, strict=True)}))
        output.finish()
        return output

    output_of([1, "a", 3.5, 4.0], overwrite=False).publish()
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        before = connection.execute("SELECT name FROM sqlite_master").fetchall()
    output = output_of([2, "b", 3.5, 4.0], overwrite=True)
    monkeypatch.setattr(output, "_target", "is_not_there")  # there is nothing to be marked
    with pytest.raises(DataError, match="cannot be written"):
        output.publish()
    output.discard()
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        assert connection.execute("SELECT segment FROM segments").fetchall() == [(1,)]
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == before


def test_text_that_a_spreadsheet_would_run_and_text_with_quotes(model, to_settings, score_file, tmp_path):
    path = tmp_path / "customers.csv"
    part = to_settings.head(4).assign(City=["=1+1", 'a "b", c', "@x\ny", "a;=1,b"])
    part.to_csv(path, index=False)
    found = score_file(path, columns="all")
    assert found.labels["City"].tolist() == ["'=1+1", 'a "b", c', "'@x\ny", "a;'=1,b"]


def test_a_column_that_changes_its_type_is_told(tmp_path):
    import pyarrow as pa

    output = Output(tmp_path / "x.parquet", overwrite=False)
    output.write(pa.table({"a": pa.array([1, 2])}))
    with pytest.raises(DataError, match="a of the input changes its type"):
        output.write(pa.table({"a": pa.array(["x"])}))
    output.discard()
    assert not list(tmp_path.iterdir())


HEADER = ["segment", "segment_name", "first_action", "value", "distance", "margin"]


def test_the_list_says_what_to_do_first_and_the_value_with_ids_as_they_came(model, to_settings, tmp_path):
    """The same ids and values whatever the file, to the character; other texts are safe for a spreadsheet."""
    told = replace(model, actions={0: "call", 2: "=write, soon"}, names={0: "+a"})
    part = to_settings.head(60).assign(**{"Customer ID": [f" @u{n} " for n in range(60)], "City": "=1+1"})
    part.to_csv(tmp_path / "in.csv", index=False)
    part.to_parquet(tmp_path / "in.parquet")
    expected = model.predict(part).table
    good = expected["segment"].notna()
    written = Remembered()
    for ending, safe in (("csv", False), ("csv", True), ("parquet", False)):
        specs = contract_of(model.contract, {})
        source = open_source(DataSettings(path=str(tmp_path / f"in.{ending}"), columns=specs))
        output, rejects = (
            Output(tmp_path / f"{name}.{ending}", overwrite=True, key=name, written=written)
            for name in ("output", "rejects")
        )
        score(told, source, output, rejects, Comparison(model), specs=specs, headers={}, safe_ids=safe, size=25)
        read = pd.read_parquet if ending == "parquet" else pd.read_csv
        found, left = read(tmp_path / f"output.{ending}"), read(tmp_path / f"rejects.{ending}")
        assert list(found) == ["Customer ID", *HEADER]
        ids = part["Customer ID"] if not safe else part["Customer ID"].str.replace("@", "@")
        assert found["Customer ID"].tolist() == ids[good].tolist()
        assert found["value"].tolist() == part["Total Revenue"][good].tolist()
        mark = "" if ending == "parquet" else "'"
        actions = {0: "call", 2: f"{mark}=write, soon"}
        assert found["first_action"].astype(object).where(found["first_action"].notna(), None).tolist() == [
            actions.get(segment) for segment in expected["segment"][good]
        ]
        assert set(found["segment_name"][found["segment"] == 0]) == {f"{mark}+a"}
        assert len(left) == 1


@pytest.mark.parametrize(("safe", "expected_id"), [(False, "@u1"), (True, "'@u1")])
def test_ids_have_a_switch_of_their_own(model, to_settings, tmp_path, safe, expected_id):
    written = Remembered()
    part = to_settings.head(8).assign(**{"Customer ID": [f"@u{n}" for n in range(8)]})
    part.to_csv(tmp_path / "in.csv", index=False)
    for name, columns in (("a.csv", "id"), ("b.csv", "all"), ("c.xlsx", "id")):
        specs = contract_of(model.contract, {})
        source = open_source(DataSettings(path=str(tmp_path / "in.csv"), columns=specs))
        rejects = Output(tmp_path / "rejects.csv", overwrite=True, key="rejects", written=written)
        output = Output(tmp_path / name, overwrite=True)
        score(
            model, source, output, rejects, Comparison(model), specs=specs, headers={}, columns=columns, safe_ids=safe
        )
        read = pd.read_csv if name.endswith("csv") else lambda path: pd.read_excel(path, engine="openpyxl")
        assert read(tmp_path / name)["Customer ID"].tolist()[1] == expected_id
    assert pd.read_csv(tmp_path / "rejects.csv")["Customer ID"].tolist() == [expected_id.replace("1", "5")]


def test_whole_numbers_stay_ids_beside_a_missing_one(model, to_settings, score_file, tmp_path):
    part = to_settings.head(40).assign(**{"Customer ID": pd.array([None, *range(1000, 1039)], dtype="Int64")})
    part.to_parquet(tmp_path / "in.parquet")
    score_file(tmp_path / "in.parquet", output="out.parquet", size=15)
    found = parquet.read_table(tmp_path / "out.parquet")["Customer ID"]
    assert found.type == pa.int64()
    assert found.to_pylist() == [None, *[n for n in range(1000, 1039) if n != 1004]]


def test_columns_of_a_delimited_text_get_types_in_parquet(to_settings, score_file, tmp_path):
    n = 90
    part = to_settings.head(n).drop(index=[5]).assign(
        code="007", zip=94_103, rate="0.12345678901234568", when="2024-02-29", never="2024-02-30", price="1.234,5",
        mixed=["1"] * (n - 2) + ["x"], blank="", words="a", long="12345678901234567890",
    )  # fmt: skip
    part["zip"] = part["zip"].astype(object)
    part.loc[3, "zip"] = "n/a"
    part.to_csv(tmp_path / "in.csv", index=False)
    score_file(tmp_path / "in.csv", output="out.parquet", columns="all", size=20)
    found = parquet.read_table(tmp_path / "out.parquet")
    kinds = {name: str(found.schema.field(name).type) for name in (*part, "segment")}
    assert kinds["Total Revenue"] == "double"
    assert kinds["Tenure in Months"] in ("int64", "double")
    assert {kinds[name] for name in ("code", "never", "price", "mixed", "blank", "words", "long", "Customer ID")} == {
        "large_string"
    }
    assert (kinds["zip"], kinds["rate"], kinds["when"], kinds["segment"]) == ("int64", "double", "date32[day]", "int64")
    assert found["zip"].to_pylist() == [None if at == 3 else 94_103 for at in part.index]
    assert found["rate"].to_pylist() == [0.12345678901234568] * (n - 1)
    assert found["Total Revenue"].to_pylist() == part["Total Revenue"].tolist()
    assert not list(tmp_path.glob(".*"))


def test_a_table_that_changes_while_a_scoring_runs_is_not_replaced(tmp_path):
    def output_of(*, overwrite):
        output = TableOutput(f"sqlite:///{tmp_path}/crm.db", "segments", overwrite=overwrite)
        output.write(pa.table({name: [row] for name, row in zip(LABELS, [1, "a", 3.5, 4.0], strict=True)}))
        return output

    first = output_of(overwrite=False)
    first.finish()
    first.publish()
    later = output_of(overwrite=True)
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("UPDATE segments SET segment_name = 'mine'")
    with pytest.raises(SettingsError, match="was changed while the command ran"):
        later.finish()
    later.discard()
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        assert connection.execute("SELECT segment_name FROM segments").fetchall() == [("mine",)]


def test_a_file_that_is_given_up_for_want_of_room_is_not_complained_of(tmp_path, monkeypatch):
    told, (soft, hard) = [], resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    output = Output(tmp_path / "a.parquet", overwrite=False)
    output.write(pa.table({"id": ["a"]}))
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))  # as on a full disk
    try:
        output.discard()
        del output
        gc.collect()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not told
    assert not list(tmp_path.iterdir())
