"""The published table is fetched once, recognised, and its absence explained."""

import hashlib
import zipfile

import pytest

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.data import Download
from customer_segmentation.sources import download as module
from customer_segmentation.sources import files
from customer_segmentation.sources.download import fetch

TABLE = b"a,b\n1,2\n"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A server's folder, reached by file:// through the same code."""
    monkeypatch.setenv("SEGMENT_CACHE", str(tmp_path / "cache"))
    archive = tmp_path / "server" / "Tables.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("table.csv", TABLE)
    calls = []

    def retrieve(url, known_hash, fname, path, downloader):
        calls.append(url)
        path.mkdir(parents=True, exist_ok=True)
        (path / fname).write_bytes(archive.read_bytes())
        return str(path / fname)

    import pooch

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    return archive, calls


def described(**changes):
    known = {"sha256": hashlib.sha256(TABLE).hexdigest(), "member": "table.csv", "page": "https://example.org/tables"}
    return Download(**{"url": "https://example.org/Tables.zip", **known, **changes})


def test_fetched_once_and_unpacked(published):
    path = fetch(described())
    assert path.read_bytes() == TABLE
    assert fetch(described()) == path
    assert len(published[1]) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("url", ["doi:10.5281/zenodo.1/x.csv", "ftp://host/x.csv", "sftp://host/x.csv", "x.csv"])
def test_nothing_is_asked_but_servers_of_the_web(published, url):
    for sha256 in (described().sha256, ""):
        with pytest.raises(SettingsError, match=r"downloaded from http:// or https://"):
            fetch(described(url=url, sha256=sha256))
    assert not published[1]


def test_a_damaged_copy_in_the_cache_is_fetched_again(published):
    path = fetch(described())
    path.write_bytes(b"half")
    assert fetch(described()).read_bytes() == TABLE


def test_without_a_checksum_the_address_tells_one_table_from_another(published):
    one = fetch(described(sha256=""))
    with zipfile.ZipFile(published[0], "w") as packed:
        packed.writestr("table.csv", b"other\n")
    assert fetch(described(sha256="", url="https://example.org/Other.zip")).read_bytes() == b"other\n"
    assert one.read_bytes() == TABLE
    assert fetch(described(sha256="")).read_bytes() == b"other\n", "no copy of an earlier command is taken for it"


def test_a_secret_of_the_address_is_no_part_of_a_files_name(published):
    for changes in ({}, {"member": "", "sha256": ""}):
        fetch(described(url="https://example.org/Tables.zip?token=planted-token-1", **changes))
    assert not [path for path in published[0].parent.parent.rglob("*") if "planted" in path.name]


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"sha256": "0" * 64}, "checksum differs"), ({"member": "other.csv"}, "holds no other.csv")],
)
def test_another_table_is_refused(changes, message, published):
    with pytest.raises(DataError, match=rf"{message}.*get the file from https://example.org/tables.*data.path=FILE"):
        fetch(described(**changes))


def test_what_is_no_archive_is_refused(published):
    published[0].write_bytes(b"<html>")
    with pytest.raises(DataError, match="no usable archive"):
        fetch(described())


def test_a_member_of_more_than_its_bytes_can_be_is_refused_unread(published, monkeypatch):
    monkeypatch.setattr(files, "_UNPACKED", 1 << 16)
    with zipfile.ZipFile(published[0], "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("table.csv", b" " * (1 << 20))
    with pytest.raises(DataError, match=r"table.csv of .* unpacks to 1,048,576 bytes"):
        fetch(described())


def test_without_a_network_a_sentence_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGMENT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "TIMEOUT", 0.5)
    with pytest.raises(DataError, match=r"cannot be downloaded.*get the file from https://example.org/tables"):
        fetch(described(url="http://127.0.0.1:9/Tables.zip"))
