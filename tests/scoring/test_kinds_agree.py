"""Whatever holds a table and whoever reads it: the same rows are rejected, for the same reasons."""

import gzip
import sqlite3

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from batches import stream_customers

from customer_segmentation.data.load import load_customers, table_of
from customer_segmentation.scoring.columns import contract_of
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.frame import FrameSource
from customer_segmentation.sources.open import open_source

REVENUE, TENURE, CONTRACT = "Total Revenue", "Tenure in Months", "Contract"
#: Cells that cannot be used, each in a row of its own (by position), and what is said of them.
BAD_CELLS = {
    (3, REVENUE): ("about 900", f"{REVENUE}: 'about 900' is not a number"),
    (64, REVENUE): ("", f"{REVENUE} is missing"),
    (65, TENURE): ("n/a", f"{TENURE} is missing"),
    (120, TENURE): ("7.5", f"{TENURE}: '7.5' is not a whole number"),
    (121, REVENUE): ("inf", f"{REVENUE}: 'inf' is not finite"),
    (181, CONTRACT): ("Lease", f"{CONTRACT}: 'Lease' is not one of Month-to-Month, One Year, Two Year"),
    (239, CONTRACT): ("", f"{CONTRACT} is missing"),
}
EMPTY = 150  # a row in which nothing stands


@pytest.fixture(scope="module")
def damaged(raw):
    frame = raw.head(240).copy().reset_index(drop=True)
    for (row, column), (cell, _) in BAD_CELLS.items():
        frame.loc[row, column] = cell
    frame.loc[EMPTY] = ""
    return frame


def csv(frame, folder):
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return {"path": path}


def semicolons(frame, folder):
    path = folder / "table.csv"
    frame.to_csv(path, index=False, sep=";", encoding="utf-16")
    return {"path": path}


def packed(frame, folder):
    path = folder / "table.csv.gz"
    path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    return {"path": path}


def quoted(frame, folder):
    path = folder / "table.csv"
    frame.assign(City='a "b",\nc').mask(frame.eq("").all(axis=1), "").to_csv(path, index=False)
    return {"path": path}


def parquet(frame, folder):
    path = folder / "table.parquet"
    frame.replace("", None).to_parquet(path, row_group_size=70)
    return {"path": path}


def excel(frame, folder):
    path = folder / "table.xlsx"
    frame.to_excel(path, index=False)
    return {"path": path}


def database(frame, folder):
    path = folder / "crm.db"
    with sqlite3.connect(path) as connection:
        frame.replace("", None).to_sql("customers", connection, index=False)
    return {"path": f"sqlite:///{path}", "query": "SELECT * FROM customers"}


def parquet_parts(frame, folder):
    """As engines write them: parts in folders of a partition, a marker, a hidden file."""
    table = folder / "table"
    for number, part in enumerate(np.array_split(frame.index, 3)):
        place = table / f"year=202{number}"
        place.mkdir(parents=True)
        rows = part.drop(EMPTY, errors="ignore")  # no row is empty that has a year
        frame.loc[rows].replace("", None).to_parquet(place / "part-0.parquet", row_group_size=30)
    (table / "_SUCCESS").touch()
    (table / ".part-0.parquet.crc").write_bytes(b"crc")
    return {"path": table}


def parquet_glob(frame, folder):
    for number, part in enumerate(np.array_split(frame.index, 3)):
        frame.loc[part].replace("", None).to_parquet(folder / f"part-{number}.parquet")
    return {"path": folder / "part-*.parquet"}


def json_list(frame, folder):
    path = folder / "table.json"
    path.write_text(frame.replace("", None).to_json(orient="records", indent=1))
    return {"path": path}


def json_lines(frame, folder):
    path = folder / "table.jsonl.gz"
    lines = frame.replace("", None).to_json(orient="records", lines=True)
    path.write_bytes(gzip.compress(lines.encode()))
    return {"path": path}


def feather(frame, folder):
    path = folder / "table.feather"
    frame.replace("", None).to_feather(path)
    return {"path": path}


def arrow_stream(frame, folder):
    path = folder / "table.arrows"
    table = pa.Table.from_pandas(frame.replace("", None), preserve_index=False)
    with pa.OSFile(str(path), "wb") as stored, pa.ipc.new_stream(stored, table.schema) as writer:
        writer.write_table(table, max_chunksize=50)
    return {"path": path}


def delta(frame, folder):
    deltalake = pytest.importorskip("deltalake")
    path = folder / "table"
    deltalake.write_deltalake(str(path), pa.Table.from_pandas(frame.replace("", None), preserve_index=False))
    return {"path": path}


def old_workbook(frame, folder):
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("customers")
    for row, cells in enumerate([list(frame), *frame.itertuples(index=False)]):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    book.save(str(folder / "table.xls"))
    return {"path": folder / "table.xls"}


KINDS = {
    kind.__name__: kind
    for kind in (
        *(csv, semicolons, packed, quoted, parquet, parquet_parts, parquet_glob, json_list, json_lines),
        *(feather, arrow_stream, delta, excel, old_workbook, database),
    )
}
#: Number of a source's first row, where no header stands before it.
FIRST = {"database": 1, "json_list": 1, "json_lines": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_all_readers_reject_the_same_rows(kind, damaged, model, raw, score_file, tmp_path, monkeypatch):
    monkeypatch.setattr("customer_segmentation.sources.csv_parser._BLOCK", 1 << 13)  # a text is parsed in many blocks
    named = {key: str(value) for key, value in KINDS[kind](damaged, tmp_path).items()}
    specs = contract_of(model.contract, {})
    settings = DataSettings(columns=specs, max_rejected_share=1.0, **named)
    # What is expected is told by the damage, not by a reader.
    first = FIRST.get(kind, 2)
    empties = 0 if kind == "parquet_parts" else 1
    expected = [
        (row + first - (row > EMPTY and not empties), reason) for (row, _), (_, reason) in sorted(BAD_CELLS.items())
    ]
    ids = [raw["Customer ID"][row] for row, _ in sorted(BAD_CELLS)]

    loaded = load_customers(settings, needed=model.needed)
    assert pairs(loaded.rejected) == expected
    assert loaded.rejected["Customer ID"].tolist() == ids
    assert loaded.rows_read == len(damaged) - 1

    batches = list(stream_customers(settings, needed=model.needed, batch_rows=50))
    streamed = pd.concat([batch.rejected for batch in batches])
    assert len(batches) > 1
    assert pairs(streamed) == expected
    assert streamed["Customer ID"].tolist() == ids
    assert sum(batch.rows_read for batch in batches) == loaded.rows_read
    pd.testing.assert_frame_equal(
        pd.concat([batch.customers for batch in batches], ignore_index=True), loaded.customers
    )

    for columns in ("id", "all"):
        named_settings = {key: value for key, value in named.items() if key != "path"}
        found = score_file(named["path"], columns=columns, size=50, **named_settings)
        scored = [(row, reason) for row, reason in pairs(found.rejects) if reason != "the row is empty"]
        assert scored == expected
        assert len(found.rejects) == len(expected) + empties  # every row of a file to score is accounted for
        assert found.rejects.loc[found.rejects["reason"] != "the row is empty", "Customer ID"].tolist() == ids

    source = open_source(settings)
    seen = source.preview(1000)
    assert seen.which == ""
    part = FrameSource(seen.frame.set_axis(list(source.headers), axis=1), name="preview", decimal=source.decimal)
    assert pairs(table_of(part, settings, needed=model.needed).rejected) == [
        (row - first + 2, reason) for row, reason in expected
    ]


def pairs(rejected):
    return list(zip(rejected["row"].astype(int).tolist(), rejected["reason"].astype(str).tolist(), strict=True))


@pytest.mark.parametrize("kind", ["csv", "semicolons", "packed"])
def test_rows_that_do_not_fit_the_header(kind, damaged, model, raw, score_file, tmp_path):
    """Too few and too many cells, in the middle and as the last row: of text alone."""
    path = KINDS[kind](damaged, tmp_path)["path"]
    content = gzip.decompress(path.read_bytes()) if kind == "packed" else path.read_bytes()
    encoding, mark = ("utf-16", ";") if kind == "semicolons" else ("utf-8", ",")
    lines = content.decode(encoding).splitlines()
    lines.insert(11, f"short{mark}row")
    lines.append(mark.join("x" * 50))
    content = "\n".join(lines).encode(encoding)
    path.write_bytes(gzip.compress(content) if kind == "packed" else content)
    width = raw.shape[1]
    reasons = [f"the row has 2 cells, the header {width}", f"the row has 50 cells, the header {width}"]
    rows = [12, len(lines)]

    specs = contract_of(model.contract, {})
    settings = DataSettings(path=str(path), columns=specs, max_rejected_share=1.0)
    batches = list(stream_customers(settings, needed=model.needed, batch_rows=50))
    readers = {
        "load": load_customers(settings, needed=model.needed).rejected,
        "stream": pd.concat([batch.rejected for batch in batches]),
        "score": score_file(path, size=50).rejects,
    }
    for name, rejected in readers.items():
        unfit = [pair for pair in pairs(rejected) if "cells, the header" in pair[1]]
        assert unfit == list(zip(rows, reasons, strict=True)), name
        others = [row for row, reason in pairs(rejected) if "cells" not in reason and "empty" not in reason]
        assert others == [row + 2 + (row + 2 >= 12) for row, _ in sorted(BAD_CELLS)], name


def test_a_column_that_nobody_reads_may_hold_other_bytes(damaged, model, score_file, tmp_path):
    """One byte that is not of the file's encoding, far down: no reader gives up, and the rejected rows are told."""
    lines = damaged.to_csv(index=False).encode().split(b"\n")
    at = 1 + 64
    city = lines[0].split(b",").index(b"City")
    cells = lines[at].split(b",")
    cells[city] = b"M\xfcnchen"
    lines[at] = b",".join(cells)
    filler = [lines[200]] * (1 << 13)  # more than the first MiB, by which the encoding is told
    ids = [line.replace(line.split(b",")[0], b"F%d" % number, 1) for number, line in enumerate(filler)]
    path = tmp_path / "table.csv"
    path.write_bytes(b"\n".join([lines[0], *ids, *lines[1:]]))
    settings = DataSettings(path=str(path), columns=contract_of(model.contract, {}), max_rejected_share=1.0)
    loaded = load_customers(settings, needed=model.needed).rejected
    assert pairs(score_file(path, size=5000).rejects.query("reason != 'the row is empty'")) == pairs(loaded)
    assert "M\ufffdnchen" in set(loaded["City"])
    assert np.all(np.diff(loaded["row"]) > 0)
