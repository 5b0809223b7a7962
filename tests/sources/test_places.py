"""Tables in several files, in object stores, on the web and in a real PostgreSQL: the same customers."""

import contextlib
import functools
import gzip
import http.server
import io
import os
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest
from batches import stream_customers
from pyarrow import feather, parquet

from customer_segmentation.data.load import load_customers
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.secrets import remember_in
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Download, Role
from customer_segmentation.sources import files
from customer_segmentation.sources.memory import hold, memory_table
from customer_segmentation.sources.open import open_path
from customer_segmentation.sources.remote import fetched, forget_copies

COLUMNS = {
    "id": ColumnSpec(role=Role.id),
    "spend": ColumnSpec(type=ColumnType.number, role=Role.value, minimum=0.0),
    "plan": ColumnSpec(type=ColumnType.category, role=Role.categorical),
}


def customers(start, count):
    at = np.arange(start, start + count)
    return pd.DataFrame({"id": [f"{n:05d}" for n in at], "spend": at * 1.5, "plan": np.where(at % 3, "Basic", "Plus")})


def load(path, **settings):
    return load_customers(DataSettings(path=str(path), columns=COLUMNS, max_rejected_share=1.0, **settings))


@pytest.fixture
def months(tmp_path):
    folder = tmp_path / "sales"
    folder.mkdir()
    customers(0, 40).to_csv(folder / "1_jan.csv", index=False)
    february = customers(40, 30)[["plan", "id", "spend"]].astype(str)  # in another order
    february.loc[4, "spend"] = "much"
    february.to_csv(folder / "2_feb.csv", index=False)
    with (folder / "2_feb.csv").open("a") as stored:
        stored.write("short\n")
    customers(70, 10).to_parquet(folder / "3_mar.parquet")
    return folder


def the_same(table, rejected):
    assert table.customers["id"].tolist() == [f"{n:05d}" for n in range(80) if n != 44]
    assert table.customers["spend"].tolist() == [n * 1.5 for n in range(80) if n != 44]
    # As lines of `cat`: 41 of January, then row 6 of February, then its last.
    assert table.rejected["row"].tolist() == [41 + 6, 41 + 32] == rejected["row"].tolist()
    assert table.rejected["file"].tolist() == ["2_feb.csv"] * 2
    assert table.rejected["id"].tolist() == ["00044", ""]


@pytest.mark.parametrize("form", ["folder", "pattern", "list"])
def test_files_of_a_table(months, form):
    listed = ", ".join(str(path) for path in sorted(months.iterdir()))
    path = {"folder": str(months), "pattern": f"{months}/*_*", "list": f"[{listed}]"}[form]
    table = load(path)
    settings = DataSettings(path=path, columns=COLUMNS)
    batches = list(stream_customers(settings, needed=["spend"], batch_rows=7))
    the_same(table, pd.concat([batch.rejected for batch in batches]))
    assert len(table.source_sha256) == 64
    streamed = pd.concat([batch.customers for batch in batches], ignore_index=True)
    assert streamed["id"].tolist() == table.customers["id"].tolist()
    seen = open_path(path, settings).preview(9)
    assert seen.which
    assert len(set(seen.frame[0])) == len(seen.frame) == 9


def test_files_with_other_columns_or_marks_are_refused(months):
    (months / "4_apr.csv").write_text("id,spend,tariff\n1,2,x\n")
    with pytest.raises(DataError, match=r"4_apr\.csv lacks 'plan'"):
        load(months)
    (months / "4_apr.csv").write_text("id;spend;plan\n1;2,5;x\n3;4,25;x\n")
    with pytest.raises(DataError, match=r"numbers are written 1_jan\.csv with '\.' and .*data\.decimal"):
        load(f"[{months}/1_jan.csv,{months}/4_apr.csv]")


def test_a_folder_that_a_pattern_describes_is_a_part_too(months):
    (months / "4_apr.csv").mkdir()
    customers(80, 5).to_csv(months / "4_apr.csv" / "part-0.csv", index=False)
    with pytest.raises(DataError, match=r"describes the folder .*4_apr\.csv too, but not .*part-0\.csv in it"):
        load(f"{months}/*_*.csv")
    assert len(load(f"{months}/**/*.csv").customers) == 69 + 5


def test_a_number_in_brackets_is_a_copys_and_no_pattern(months):
    customers(0, 5).to_csv(months / "m1.csv", index=False)
    with pytest.raises(DataError, match=r"no file .*m\[1\]\.csv"):
        load(months / "m[1].csv")
    assert len(load(months / "m[0-9].csv").customers) == 5
    customers(0, 7).to_csv(months / "m[1].csv", index=False)
    assert len(load(months / "m[1].csv").customers) == 7


def test_a_list_with_nothing_between_two_commas_is_refused(months):
    with pytest.raises(SettingsError, match="entry 2 of the list is empty"):
        load(f"[{months}/1_jan.csv,,{months}/2_feb.csv]")
    with pytest.raises(SettingsError, match=r"1_jan\.csv is named twice"):
        load(f"[{months}/1_jan.csv,{months}/2_feb.csv,{months}/1_jan.csv]")


def test_files_of_other_units_are_no_parts_of_one_table(tmp_path):
    for name, sign in (("a", "€"), ("b", "$")):
        (tmp_path / f"{name}.csv").write_text(f"id,spend {sign},plan\n1{name},2,x\n2{name},4,x\n")
    with pytest.raises(DataError, match=r"b\.csv has 'spend \$' where the others have 'spend €'"):
        open_path(str(tmp_path), DataSettings())


def test_sheets_of_a_workbook(tmp_path):
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        customers(0, 5).to_excel(book, sheet_name="Jan", index=False)
        customers(5, 5).to_excel(book, sheet_name="Feb", index=False)
        pd.DataFrame({"note": ["x"]}).to_excel(book, sheet_name="Notes", index=False)
    table = load(tmp_path / "book.xlsx", sheet="[Jan,Feb]")
    assert table.customers["id"].tolist() == [f"{n:05d}" for n in range(10)]


def test_a_partition_is_a_column_and_no_part_lacks_one(tmp_path):
    for year, count in ((2023, 5), (2024, 3)):
        place = tmp_path / "t" / f"year={year}"
        place.mkdir(parents=True)
        customers(year, count).to_parquet(place / "a.parquet")
    source = open_path(str(tmp_path / "t"), DataSettings())
    assert set(source.headers) == {"id", "spend", "plan", "year"}
    assert source.rows_as_text(np.array([6, 0]))["year"].tolist() == ["2024", "2023"]
    for changes, said in (({"extra": 1}, "has 'extra' as well"), ({"spend": "x"}, "does not go with the other parts")):
        customers(1, 2).assign(**changes).to_parquet(tmp_path / "t" / "year=2024" / "b.parquet")
        with pytest.raises(DataError, match=said):
            open_path(str(tmp_path / "t"), DataSettings())
    customers(1, 2).drop(columns="spend").to_parquet(tmp_path / "t" / "year=2024" / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet lacks 'spend'; files that make up one table"):
        open_path(str(tmp_path / "t"), DataSettings())


def test_an_archive_of_several_tables_of_whatever_kind_is_not_guessed(tmp_path):
    customers(0, 4).to_parquet(tmp_path / "now.parquet")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as packed:
        packed.write(tmp_path / "now.parquet", "now.parquet")
        packed.writestr("old/before.csv", customers(4, 4).to_csv(index=False))
    with pytest.raises(DataError, match=r"holds 2 tables \(now\.parquet, old/before\.csv\)"):
        load(tmp_path / "c.zip")


def test_what_folders_are_called_stays_as_it_is_written(tmp_path):
    for plan, week in (("01", 1), ("1", -2), ("__HIVE_DEFAULT_PARTITION__", 30), ("a%2Fb", 4)):
        place = tmp_path / "t" / f"plan={plan}" / f"week={week}"
        place.mkdir(parents=True)
        customers(week, 2)[["id", "spend"]].to_parquet(place / "a.parquet")
    texts = open_path(str(tmp_path / "t"), DataSettings()).rows_as_text(np.array([0, 2, 4, 6]))
    assert texts[["plan", "week"]].to_numpy().tolist() == [["01", "1"], ["1", "-2"], ["", "30"], ["a/b", "4"]]


def test_numbers_of_two_kinds_in_two_parts_are_read(tmp_path):
    pd.DataFrame({"id": ["a", "b"], "spend": [1, 2], "plan": "x"}).to_parquet(tmp_path / "1.parquet")
    pd.DataFrame({"id": ["c", "d"], "spend": [1.5, 2.5], "plan": "x"}).to_parquet(tmp_path / "2.parquet")
    assert load(tmp_path).customers["spend"].tolist() == [1, 2, 1.5, 2.5]


@pytest.mark.parametrize("form", ["sqlite", "parquet", "feather", "frame"])
def test_long_ids_keep_their_digits_beside_a_blank(tmp_path, form):
    ids = [None, *(2**53 + at for at in range(1, 9))]
    table = pa.table({"id": pa.array(ids, pa.int64()), "spend": [1.0] * 9, "plan": ["x"] * 9})
    settings = {}
    if form == "sqlite":
        path = f"sqlite:///{tmp_path}/c.db"
        settings = {"query": "SELECT id, spend, plan FROM c ORDER BY id"}
        with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as database:
            database.execute("CREATE TABLE c (id INTEGER, spend REAL, plan TEXT)")
            database.executemany("INSERT INTO c VALUES (?, 1, 'x')", [[one] for one in ids])
            database.commit()
    elif form == "frame":
        held = hold(memory_table(table))
        path = held.address
    else:
        path = str(tmp_path / f"c.{form}")
        (parquet.write_table if form == "parquet" else feather.write_feather)(table, path)
    expected = [str(one) for one in ids[1:]]
    assert load(path, **settings).customers["id"].tolist() == expected
    batches = stream_customers(DataSettings(path=path, columns=COLUMNS, **settings), needed=["spend"], batch_rows=4)
    assert pd.concat([batch.customers for batch in batches])["id"].tolist() == expected
    assert (
        open_path(path, DataSettings(path=path, **settings)).rows_as_text(np.arange(9))["id"].tolist()[1:] == expected
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"id": 1}\n{"id": \n', "line 2 is not JSON"),
        ('{"id": 1}\n[2]\n', "line 2 is not a record"),
        ('[{"id": 1}, 2]', "entry 2 is not a record"),
        ('[{"id": 1},', "not JSON to its end"),
        ('{\n"customers": [{"id": 1}]}', "under 'customers'"),
        ("[]", "no record"),
        ('{"id": 1}\n{"id": 2, "id": 3}\n', "line 2 has two values for 'id'"),
        ('[{"id": 1}, {"id": 2, "m": {"a": 1, "a": 2}}]', "entry 2 has two values for 'm.a'"),
        ('{\n"id": 2,\n"id": 3}', "its record has two values for 'id'"),
        ('{"id": 1, "m.a": 1, "m": {"a": 2}}', "its record has two values for 'm.a'"),
        ('{"id": 1, "m": {"a": 2}, "m.a": 1}', "its record has two values for 'm.a'"),
        ('{"id": 1}\n{"id": 2, "at": ' + '{"a": ' * 3000 + "1" + "}" * 3001, "line 2 is nested too deeply"),
        ('[{"id": ' + "[" * 100_000, "is nested too deeply"),
        ('{"id": "\\ud83d\\ude00"}\n{"id": "a\\ud800"}\n', r"line 2 holds \\ud800, which is half"),
        ('{"id": 1}\n{"id": ' + "9" * 5000 + "}", "line 2 holds a whole number of more than 4,300 digits"),
        ('{"id":\n' + "9" * 5000 + "}", "json holds a whole number of more than 4,300 digits"),
    ],
)
def test_json_that_is_not_a_table_is_said(tmp_path, content, said):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(DataError, match=said):
        open_path(str(tmp_path / "t.json"), DataSettings())


def test_a_record_in_a_record_becomes_columns(tmp_path):
    (tmp_path / "t.json").write_text('[{"id": "007", "at": {"city": "Köln", "zip": "01"}}, {"id": "8", "at": {}}]')
    source = open_path(str(tmp_path / "t.json"), DataSettings())
    assert source.headers == ("id", "at.city", "at.zip")
    assert source.rows_as_text(np.array([0, 1])).to_numpy().tolist() == [["007", "Köln", "01"], ["8", "", ""]]


def test_whole_numbers_of_json_stay_beside_a_missing_one(tmp_path):
    ids = [9_007_199_254_740_992, 9_007_199_254_740_993, 123_456_789_012_345_678_901]
    (tmp_path / "t.json").write_text("".join(f'{{"id": {n}, "n": 1}}\n' for n in ids) + '{"n": 2.5}\n{"id": null}\n')
    source = open_path(str(tmp_path / "t.json"), DataSettings())
    assert source.rows_as_text(np.arange(5))["id"].tolist() == [*map(str, ids), "", ""]
    assert source.rows_as_text(np.arange(5))["n"].tolist() == ["1", "1", "1", "2.5", ""]


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x7f"])
def test_a_record_ends_with_its_line_alone(tmp_path, mark):
    (tmp_path / "t.json").write_text(f'{{"id": "a{mark}b"}}\r\n{{"id": "c"}}\r\n', encoding="utf-8", newline="")
    source = open_path(str(tmp_path / "t.json"), DataSettings())
    assert source.rows_as_text(np.array([0, 1]))["id"].tolist() == [f"a{mark}b", "c"]


def test_sheets_that_are_equally_likely_are_not_guessed(tmp_path):
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame({"id": ["x"]}).to_excel(book, sheet_name="Notes", index=False)
        customers(0, 0).to_excel(book, sheet_name="Empty", index=False)
        customers(0, 5).to_excel(book, sheet_name="Jan", index=False)
    source = open_path(str(tmp_path / "book.xlsx"), DataSettings(columns=COLUMNS))
    assert source.name == "book.xlsx, sheet Jan (not Notes, Empty)"
    with pd.ExcelWriter(tmp_path / "book.xlsx", mode="a") as book:  # a month in which a column was forgotten, too
        customers(5, 5).drop(columns="plan").to_excel(book, sheet_name="Feb", index=False)
    with pytest.raises(DataError, match=r"2 sheets that may be the table, Jan, Feb; say which with data\.sheet=NAME"):
        load(tmp_path / "book.xlsx")
    assert len(load(tmp_path / "book.xlsx", sheet="Jan").customers) == 5


@pytest.fixture
def web(tmp_path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_published_table_without_a_checksum_is_the_one_that_is_there_now(web, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGMENT_CACHE", str(tmp_path / "cache"))
    for number in (20, 30):
        customers(0, number).to_csv(tmp_path / "p.csv", index=False)
        published = Download(url=f"{web}/p.csv?token=planted-token-1")
        table = load_customers(DataSettings(download=published, columns=COLUMNS, source="file"))
        assert (len(table.customers), "planted" in table.source) == (number, False)
        forget_copies()  # the command ends
    assert not (tmp_path / "cache").exists()


def test_a_file_on_the_web(web, tmp_path):
    customers(0, 20).to_csv(tmp_path / "c.csv.gz", index=False)
    table = load(f"{web}/c.csv.gz?token=planted-token-1")
    assert len(table.customers) == 20
    assert web in table.source
    assert "planted" not in table.source
    with pytest.raises(DataError, match="404"):
        load(f"{web}/nothing.csv")
    with pytest.raises(DataError, match="cannot be fetched"):
        load("http://127.0.0.1:9/c.csv")


_PLAIN = b"id,spend,plan\n" + b"".join(b"%05d,1.5,Basic\n" % number for number in range(2000))


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"200 OK\r\nContent-Encoding: gzip", gzip.compress(_PLAIN)[:-400]),
        (b"200 OK\r\nContent-Encoding: gzip", _PLAIN),
        (b"200 OK\r\nContent-Length: 30000", _PLAIN[:9000]),
        (b"200 OK\r\nTransfer-Encoding: chunked", b"400\r\n" + _PLAIN[:1024] + b"\r\n"),
        (b"206 Partial Content", _PLAIN[:9000]),
        (b"302 Found\r\nLocation: http://[::bad/c.csv", b""),
        (b"302 Found\r\nLocation: file:///etc/passwd", b""),
    ],
)
def test_half_a_file_of_the_web_is_no_table(head, body):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with server.accept()[0] as caller:
                caller.recv(1 << 16)
                caller.sendall(b"HTTP/1.1 " + head + b"\r\nConnection: close\r\n\r\n" + body)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(DataError, match=r"cannot be fetched|answers 206"):
            load(f"http://127.0.0.1:{server.getsockname()[1]}/c.csv")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>', "17,179,869,184"),
        (b"</sheetData>", b"<row s='1' r='1048576'><x:c s='1' r='XFD1048576'/></row></sheetData>", "17,179,869,184"),
        (b"</sheetData>", b'<row r = "1048576"><c\nr\t=\n"XFD1048576"/></row></sheetData>', "17,179,869,184"),
        (b"</sheetData>", b'<row><c r="xfd001048576" t="n"><v>1</v></c></row></sheetData>', "17,179,869,184"),
        (b"</sheetData>", b'<c r="XFD%b1048576"/></sheetData>' % (b"0" * (9 << 20)), "17,179,869,184"),
        (b"</sheetData>", b'<row><c r="A999999999" t="n"><v>1</v></c></row></sheetData>', "25,999,999,974"),
        (b"<t>Basic</t>", b"<t>&foreign;</t>", "not a readable workbook"),
    ],
)
@pytest.mark.parametrize("end", ["xml", "dat"])  # a sheet is what the workbook calls one
def test_a_workbook_that_its_reader_cannot_take_is_refused_in_one_sentence(tmp_path, old, new, said, end):
    customers(0, 9).to_excel(tmp_path / "good.xlsx", index=False)
    with zipfile.ZipFile(tmp_path / "good.xlsx") as good, zipfile.ZipFile(tmp_path / "c.xlsx", "w") as changed:
        for name in good.namelist():
            content = good.read(name).replace(old, new).replace(b"sheet1.xml", f"sheet1.{end}".encode())
            changed.writestr(name.replace("sheet1.xml", f"sheet1.{end}"), content)
    with pytest.raises(DataError, match=said):
        load(tmp_path / "c.xlsx")


def binary_sheet(*cells):
    """A sheet of texts in Excel's binary form, of (row, column, text)."""

    def record(kind, content=b""):
        return (bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])) + bytes([len(content)]) + content

    found = record(129) + record(148, struct.pack("<IIII", 0, 1, 0, 1)) + record(145)
    for row, column, text in cells:
        found += record(0, struct.pack("<I", row) + bytes(13))
        found += record(6, struct.pack("<III", column, 0, len(text)) + text.encode("utf-16-le"))
    return found + record(146) + record(130)


@pytest.mark.parametrize("end", ["bin", "dat"])
def test_a_far_cell_of_a_binary_workbook_is_refused_in_one_sentence(tmp_path, end):
    kinds = "http://schemas.openxmlformats.org"
    name = struct.pack("<II", 0, 1) + struct.pack("<I", 4) + "rId1".encode("utf-16-le") + struct.pack("<I", 1) + b"S\0"
    book = bytes([131, 1, 0, 143, 1, 0, 156, 1, len(name)]) + name + bytes([144, 1, 0, 132, 1, 0])
    kind = f"{kinds}/officeDocument/2006/relationships/worksheet"
    link = f'<Relationship Id="rId1" Type="{kind}" Target="worksheets/s.{end}"/>'
    table = [(0, 0, "id"), (0, 1, "spend"), *((row, column, f"{row}") for row in range(1, 9) for column in range(2))]
    for far in ([], [(1_048_575, 16_383, "x")]):
        with zipfile.ZipFile(tmp_path / "c.xlsb", "w") as packed:
            packed.writestr("[Content_Types].xml", f'<Types xmlns="{kinds}/package/2006/content-types"/>')
            links = f'<Relationships xmlns="{kinds}/package/2006/relationships">{link}</Relationships>'
            packed.writestr("xl/_rels/workbook.bin.rels", links)
            packed.writestr("xl/workbook.bin", book)
            packed.writestr(f"xl/worksheets/s.{end}", binary_sheet(*table, *far))
        if far:
            with pytest.raises(DataError, match="17,179,869,184 cells lie in between"):
                load(tmp_path / "c.xlsb")
        else:
            assert open_path(str(tmp_path / "c.xlsb"), DataSettings()).preview(9).frame.shape == (8, 2)


def test_packed_records_of_more_than_their_bytes_can_be_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_UNPACKED", 1 << 16)
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b'[{"id": 1},' + b" " * (1 << 20) + b'{"id": 2}]'))
    with pytest.raises(DataError, match=r"unpacks to more than \d+,\d\d\d bytes"):
        load(tmp_path / "c.json.gz")


def test_a_workbook_of_more_than_its_bytes_can_be_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_UNPACKED", 1 << 20)
    customers(0, 9).to_excel(tmp_path / "good.xlsx", index=False)
    packed = functools.partial(zipfile.ZipFile, compression=zipfile.ZIP_DEFLATED)
    with packed(tmp_path / "good.xlsx") as good, packed(tmp_path / "c.xlsx", "w") as changed:
        for name in good.namelist():
            changed.writestr(name, good.read(name).replace(b"</sheetData>", b" " * (2 << 20) + b"</sheetData>"))
    with pytest.raises(DataError, match=r"sheet1.xml\) unpacks to 2,\d\d\d,\d\d\d bytes"):
        load(tmp_path / "c.xlsx")


def test_columns_that_pandas_cannot_hold_are_read_all_the_same(tmp_path):
    codes = pa.DictionaryArray.from_arrays(pa.array([0, None]), pa.array([[1, 2]]))
    far = pa.array([2**60, 0], pa.timestamp("ms", tz="UTC"))
    zone = pa.array([0, 0], pa.timestamp("us", tz="Mars/Olympus"))
    table = pa.table({"clock": pa.array([1, None], pa.time64("ns")), "zone": zone, "far": far})
    parquet.write_table(table, tmp_path / "c.parquet")
    feather.write_feather(table.append_column("codes", codes), str(tmp_path / "c.feather"))
    for name in ("c.parquet", "c.feather"):
        source = open_path(str(tmp_path / name), DataSettings(path=name))
        assert len(source.preview(9).frame) == 2
        told = source.rows_as_text(np.arange(2))
        assert told["clock"].tolist() == ["00:00:00.000000001", ""]
        assert told["zone"].str.startswith("1970-01-01").all()
        assert told["far"].tolist()[1] == "1970-01-01"
        assert "36536" in told["far"].tolist()[0]  # the year, which Python's dates do not reach


@pytest.fixture(scope="module")
def bucket():
    pytest.importorskip("moto", reason="moto is a development package")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        from pyarrow import fs

        options = f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
        store, _ = fs.FileSystem.from_uri(f"s3://key:planted-secret-2@crm?{options}&allow_bucket_creation=true")
        store.create_dir("crm")
        yield store, options
    finally:
        server.terminate()
        server.wait(20)


def test_files_of_an_object_store(bucket, months):
    store, options = bucket
    for path in months.iterdir():
        with store.open_output_stream(f"crm/sales/{path.name}") as stored:
            stored.write(path.read_bytes())
    address = "s3://key:planted-secret-2@crm/sales"
    for place in (address, f"{address}/*_*"):
        table = load(f"{place}?{options}")
        the_same(table, table.rejected)
        assert "planted-secret-2" not in table.source
        assert "s3://" in table.source
    one = load(f"{address}/3_mar.parquet?{options}")
    assert len(one.customers) == 10
    with pytest.raises(DataError, match="nothing at s3://"):
        load(f"{address}/none.csv?{options}")
    with pytest.raises(SettingsError, match="no run and no screen keeps"):
        load("s3://key:***@crm/sales/1_jan.csv")
    copy = fetched(f"{address}/3_mar.parquet?{options}")
    assert copy.parent.parent.stat().st_mode & 0o77 == 0, "copies are for this user alone"


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory):
    """A server of its own, as a user who may start one."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra postgresql)")
    programs = [shutil.which("pg_ctl"), *map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))]
    found = next((Path(program).resolve() for program in programs if program), None)
    if found is None:
        pytest.skip("no PostgreSQL server is installed (pg_ctl)")
    folder = Path("/tmp") / f"segment-pg-{os.getpid()}"  # a socket's path must be short
    folder.mkdir(mode=0o700)
    user: dict = {}
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, "nobody")
        except LookupError:
            pytest.skip("PostgreSQL does not run as root, and there is no user nobody")
        user = {"user": "nobody", "extra_groups": []}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
    data = folder / "data"
    try:
        if subprocess.run([found.parent / "initdb", "-D", data, "-U", "crm", "-A", "trust", "-N"], **quiet).returncode:
            pytest.skip("initdb fails here")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        subprocess.run([found, "-D", data, "-o", options, "-w", "start"], check=True, **quiet)
        yield f"postgresql+psycopg://crm:planted-3@/postgres?host={folder}"
    finally:
        subprocess.run([found, "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def test_no_key_of_an_object_store_leads_out_of_the_copy(monkeypatch, tmp_path):
    from pyarrow import fs

    (tmp_path / "mine.csv").write_text("mine")
    kept = fs.LocalFileSystem

    class Store:
        def get_file_info(self, asked):
            if isinstance(asked, str):
                return kept().get_file_info(str(tmp_path))
            return [SimpleNamespace(type=fs.FileType.File, size=4, path=f"crm/t/../../../..{tmp_path}/mine.csv")]

        def open_input_stream(self, path, compression):
            return io.BytesIO(b"theirs")

    monkeypatch.setattr(fs, "FileSystem", SimpleNamespace(from_uri=lambda uri: (Store(), "crm/t")))
    with pytest.raises(DataError, match="no name of a file below it"):
        fetched("s3://crm/t?region=x")
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_a_real_postgresql(postgresql):
    import sqlalchemy

    engine = sqlalchemy.create_engine(postgresql)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (id text, spend numeric(12, 2), plan text, since date)")
        rows = [(one.id, one.spend, one.plan) for one in customers(0, 500).itertuples()]
        connection.exec_driver_sql("INSERT INTO customers VALUES (%s, %s, %s, '2024-01-31')", rows)
        connection.exec_driver_sql("CREATE SEQUENCE numbers")
        connection.exec_driver_sql("UPDATE customers SET spend = -1 WHERE id = '00007'")
    settings = {"query": "SELECT * FROM customers WHERE plan LIKE '%' ORDER BY id"}
    table = load(postgresql, **settings)
    assert table.customers["spend"].tolist() == [n * 1.5 for n in range(500) if n != 7]
    assert table.rejected["row"].tolist() == [8]
    assert table.rejected["since"].tolist() == ["2024-01-31"]
    assert "planted-3" not in table.source
    batches = stream_customers(
        DataSettings(path=postgresql, columns=COLUMNS, **settings), needed=["spend"], batch_rows=64
    )
    assert pd.concat([batch.customers for batch in batches])["id"].tolist() == table.customers["id"].tolist()
    with pytest.raises(SettingsError, match="expected a SELECT"):
        load(postgresql, query="DELETE FROM customers")
    with pytest.raises(DataError, match="read-only"):
        load(postgresql, query="SELECT nextval('numbers') AS id, 1 AS spend, 'x' AS plan")
    engine.dispose()


def only_scan(allowed):
    """Of folders whose names say so, nobody may read what is in them: also where tests run as root."""
    scan, may = os.scandir, os.access

    def scandir(place="."):
        if not allowed(str(place)):
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    return scandir, lambda place, mode, **more: allowed(str(place)) and may(place, mode, **more)


@pytest.mark.parametrize("path", ["{}", "{}/**/*.csv", "{}/*/*.csv"])
def test_a_folder_that_cannot_be_seen_whole_is_refused(tmp_path, monkeypatch, path):
    for name in ("y=1", "y=2"):
        (tmp_path / name).mkdir()
        customers(0, 40).to_csv(tmp_path / name / "part.csv", index=False)
    named = path.format(tmp_path)
    assert len(open_path(named, DataSettings()).parts) == 2
    scandir, access = only_scan(lambda place: not place.endswith("y=2"))
    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "access", access)
    with pytest.raises(DataError, match=r"the folder \S+y=2 cannot be read \(Permission denied\)"):
        open_path(named, DataSettings())


@pytest.mark.parametrize("path", ["{}", "{}/*.csv"])
def test_a_part_that_is_a_link_to_nothing_or_a_pipe_is_refused(tmp_path, path):
    customers(0, 40).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "b.csv").symlink_to("gone.csv")
    with pytest.raises(DataError, match=r"b\.csv is a link to nothing, so that the table would lack a part"):
        open_path(path.format(tmp_path), DataSettings())
    (tmp_path / "b.csv").unlink()
    os.mkfifo(tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"b\.csv is a pipe or a device"):
        open_path(path.format(tmp_path), DataSettings())


def test_a_folder_of_a_table_that_is_a_link_is_refused_and_hidden_ones_do_not_count(tmp_path):
    (tmp_path / "sales" / "y=1").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    customers(0, 40).to_csv(tmp_path / "sales" / "y=1" / "part.csv", index=False)
    (tmp_path / "sales" / "_old").symlink_to("../elsewhere")
    assert open_path(str(tmp_path / "sales"), DataSettings()).name == "part.csv"
    (tmp_path / "sales" / "y=2").symlink_to("../elsewhere")
    with pytest.raises(DataError, match=r"y=2 is a link to another folder, which is not followed"):
        open_path(str(tmp_path / "sales"), DataSettings())


def test_a_pipe_is_not_a_table(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", "/dev/null"):
        with pytest.raises(DataError, match="is a pipe or a device, and a table is read more than once"):
            open_path(str(path), DataSettings())


def test_a_stream_that_goes_on_behind_its_end_is_refused(tmp_path):
    table = pa.Table.from_pandas(customers(0, 9), preserve_index=False)
    with pa.OSFile(str(tmp_path / "a.arrows"), "wb") as stored, pa.ipc.new_stream(stored, table.schema) as writer:
        writer.write_table(table)
    assert len(load(tmp_path / "a.arrows").customers) == 9
    (tmp_path / "two.arrows").write_bytes(2 * (tmp_path / "a.arrows").read_bytes())
    pa.feather.write_feather(table, tmp_path / "a.feather")
    assert len(load(tmp_path / "a.feather").customers) == 9
    (tmp_path / "two.feather").write_bytes(2 * (tmp_path / "a.feather").read_bytes())
    with pytest.raises(DataError, match=r"two\.feather holds two files"):
        load(tmp_path / "two.feather")
    with pytest.raises(DataError, match=r"two\.arrows goes on behind the end of its stream"):
        load(tmp_path / "two.arrows")


def test_a_file_of_a_folder_that_an_engine_would_hide_is_no_part_that_is_lost(tmp_path):
    for name in ("jan.csv", "_feb.csv"):
        customers(0 if name == "jan.csv" else 5, 5).to_csv(tmp_path / name, index=False)
    (tmp_path / "_SUCCESS").touch()
    with pytest.raises(DataError, match=r"_feb\.csv may be a part of the table"):
        load(tmp_path)
    (tmp_path / "_feb.csv").rename(tmp_path / "feb.csv")
    assert len(load(tmp_path).customers) == 10


@pytest.mark.parametrize("kind", ["http", "postgresql+psycopg"])
def test_no_part_of_a_password_is_asked_for_as_a_host(kind):
    address = f"{kind}://me:word@Planted77/x@127.0.0.1:9/crm.csv"
    remember_in({"path": address})
    with pytest.raises(SettingsError, match="it has no readable host") as told:
        open_path(address, DataSettings(path=address, query="SELECT 1"))
    assert "lanted77" not in str(told.value)


@pytest.mark.parametrize(
    ("beside", "whole"), [("feb.asc", False), ("jan.csv.001", False), ("feb", False), ("a.pdf", True)]
)
def test_an_archive_with_more_than_its_table_is_not_read_in_part(beside, whole, tmp_path):
    customers(0, 9).to_csv(tmp_path / "jan.csv", index=False)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for name in ("jan.csv", beside):
            archive.write(tmp_path / "jan.csv", name)
    if whole:
        assert len(load(tmp_path / "t.zip").customers) == 9
        return
    with pytest.raises(DataError, match=rf"holds jan\.csv beside {beside}; unpack it"):
        load(tmp_path / "t.zip")


@pytest.mark.parametrize("end", ["csv", "xlsx"])
def test_rows_above_the_header_are_told(end, tmp_path):
    rows = customers(0, 9).to_numpy().tolist()
    for above, fits in ((["All customers", "", ""], True), (rows[0], False)):
        frame = pd.DataFrame([above, list(customers(0, 1).columns), *rows[1:]])
        write = frame.to_csv if end == "csv" else frame.to_excel
        write(tmp_path / f"t.{end}", index=False, header=False)
        if fits:
            assert len(load(tmp_path / f"t.{end}").customers) == 8
            continue
        with pytest.raises(DataError, match="row 1 stands above the header"):
            load(tmp_path / f"t.{end}")
