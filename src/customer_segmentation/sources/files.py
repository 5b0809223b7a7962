"""Files as bytes: their kind, packing and encoding, told by the content and not by the name."""

from __future__ import annotations

import bz2
import codecs
import difflib
import gzip
import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from customer_segmentation.errors import DataError
from customer_segmentation.paths import typed_path
from customer_segmentation.sources.byte_streams import ByteRange, Unpacked

_HEAD = 1 << 20
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an empty one
_PACKED: dict[bytes, Callable[[Path], BinaryIO]] = {
    b"\x1f\x8b": lambda path: cast(BinaryIO, gzip.GzipFile(path)),
    b"BZh": lambda path: _unpacked(path, bz2.BZ2Decompressor),
    b"\xfd7zXZ\x00": lambda path: _unpacked(path, lzma.LZMADecompressor),
    b"\x28\xb5\x2f\xfd": lambda path: cast(BinaryIO, pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")),
}
_FOREIGN = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"FEA1": "a Feather file of version 1",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\x89HDF": "an HDF5 file",
    b"$FL2": "an SPSS file",
    b"<stata_dta>": "a Stata file",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
# Encodings by which tables of customers are still saved; the guess stays among them.
_GUESSES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "big5", "euc_kr", "mac_roman"]
#: Names of tables, which may be packed once more.
_TABLE = re.compile(
    r"\.(csv|tsv|txt|dat|parquet|pq|feather|arrows?|jsonl?|ndjson|xlsx?|xls[mb]|ods)(\.(gz|bz2|xz|zst|zip))?$",
    re.IGNORECASE,
)
#: Names of what is sent along with a table, and is none.
_DOCUMENT = re.compile(
    r"/$|\.(md|pdf|html?|docx?|rtf|png|jpe?g|xml|ya?ml|md5|sha\d+)$|readme|licen[cs]e", re.IGNORECASE
)
#: What a damaged or foreign stream may raise while it is read.
READ_ERRORS = (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, pa.ArrowException, UnicodeError)
_UNPACKED = 1 << 29  # bytes that anything may unpack to
_TIGHT = 100  # how often what is larger may hold what it is packed into; sheets of one repeated word have 25


@dataclass(frozen=True)
class FileBytes:
    """A file, opened as often as needed.

    Attributes
    ----------
    path : Path
    name : str
        For messages.
    head : bytes
        The first MiB, unpacked; of a binary kind of table or a workbook, as it is stored and less.
    member : str
        The table inside a zip archive, else empty.
    workbook : bool
        Whether it is an archive that makes up a workbook.
    """

    path: Path
    name: str
    head: bytes
    member: str = ""
    workbook: bool = False

    def open(self) -> BinaryIO:
        """Open the unpacked bytes from their beginning."""
        return _open(self.path, self.member)

    def part(self, start: int, stop: int | None, *, without: bytes = b"") -> BinaryIO:
        """Open some of the bytes of a file that is not packed; ``without`` as of `ByteRange`.

        Parameters
        ----------
        start : first byte
        stop : byte after the last; None: to the end
        without : see `ByteRange`
        """
        stream = self.path.open("rb", buffering=0)
        stream.seek(start)
        size = (stop if stop is not None else self.path.stat().st_size) - start
        return cast(BinaryIO, ByteRange(stream, size, without=without))

    def line_after_middle(self) -> int | None:
        """Find where the first line after the middle begins; None for a packed file or one without line feeds."""
        if self.packed:
            return None
        with self.path.open("rb") as stored:
            stored.seek(self.path.stat().st_size // 2)
            line = stored.readline(_HEAD)
            return stored.tell() if line.endswith(b"\n") else None

    def sha256(self) -> str:
        """Checksum of the file as it is stored."""
        return sha256_of([self.path])

    def may_hold_quotes(self) -> bool:
        """Tell whether a quotation mark may stand in it; a packed file is not searched."""
        if self.packed:
            return True
        buffer = bytearray(_HEAD)
        with self.path.open("rb", buffering=0) as stored:
            while size := stored.readinto(buffer):
                if buffer.find(b'"', 0, size) >= 0:
                    return True
        return False

    @property
    def packed(self) -> bool:
        """Whether the bytes are stored in another form than they are read."""
        return bool(self.member) or any(self.head_of_file.startswith(magic) for magic in _PACKED)

    @property
    def head_of_file(self) -> bytes:
        """The first bytes as they are stored."""
        with self.path.open("rb") as stored:
            return stored.read(8)


def sha256_of(paths: Sequence[Path], *, root: Path | None = None) -> str:
    """Checksum of a file as it is stored; of several files, of their names below ``root`` and their checksums.

    Parameters
    ----------
    paths : sequence of Path
    root : Path, optional
        None: the names alone, without folders.
    """
    checksums = []
    for path in paths:
        with path.open("rb") as stored:
            checksums.append(hashlib.file_digest(stored, "sha256").hexdigest())
    if len(paths) == 1:
        return checksums[0]
    names = [path.name if root is None else path.relative_to(root).as_posix() for path in paths]
    lines = "".join(f"{name}\0{checksum}\n" for name, checksum in zip(names, checksums, strict=True))
    return hashlib.sha256(lines.encode()).hexdigest()


def open_file(path: str, *, member: str = "", magics: tuple[bytes, ...] = ()) -> FileBytes:  # noqa: C901 - one case after the other
    """Find out what a file is.

    Parameters
    ----------
    path : str
        ``~`` is the home folder.
    member : str
        The table inside a zip archive, where the archive holds several.
    magics : tuple of bytes
        First bytes of the binary kinds of tables that can be read.

    Raises
    ------
    DataError
        There is no such file, it may not be read, it is empty, damaged or of a kind that holds no table.
    """
    file = typed_path(path)
    name = file.name
    try:
        if file.is_dir():
            raise DataError(f"{path} is a folder; expected a file.")
        if file.exists() and not file.is_file():
            raise DataError(
                f"{path} is a pipe or a device, and a table is read more than once; write it to a file first."
            )
        with file.open("rb") as stored:
            magic = stored.read(512)
    except FileNotFoundError:
        raise DataError(_absent(path, file)) from None
    except PermissionError:
        raise DataError(f"{path} may not be read by this user; change its permissions or copy it.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check data.path.") from None
    except ValueError as error:  # a NUL in the path
        raise DataError(f"data.path is {path!r}, which is not a file name ({error}).") from None
    if not magic:
        raise DataError(f"{name} is empty (0 bytes); expected a table with a header row.")
    if magic.startswith(magics):
        return FileBytes(file, name, magic)
    if magic.startswith(b"SQLite format 3\x00"):
        raise DataError(f"{name} is an SQLite database; give data.path=sqlite:///{path} and a data.query.")
    for start, kind in _FOREIGN.items():
        if magic.startswith(start):
            raise DataError(
                f"{name} is {kind}; expected a table as CSV, Parquet, Arrow, JSON or Excel, so save it as one of these."
            )
    try:
        if magic.startswith(_ZIPS):
            with zipfile.ZipFile(file) as archive:
                names = [info.filename for info in archive.infolist() if not info.is_dir()]
            if "[Content_Types].xml" in names or "content.xml" in names:
                return FileBytes(file, name, magic, workbook=True)
            member = _member(name, names, member)
        else:
            member = ""
        with _open(file, member) as unpacked:
            head = unpacked.read(_HEAD)
    # zipfile's own of an archive that is locked or packed in a way of its own
    except (*READ_ERRORS, RuntimeError) as error:
        raise DataError(f"{name} is an archive that cannot be unpacked ({error}); fetch or pack it again.") from None
    if not head:
        raise DataError(f"{name} is empty once unpacked; expected a table with a header row.")
    if head.startswith(magics):
        raise DataError(f"{name} holds a packed table of a binary kind, such as Parquet; unpack it first.")
    return FileBytes(file, name, head, member)


def encoding_of(head: bytes, *, name: str) -> str:
    """Find the encoding of a text from its first bytes.

    Parameters
    ----------
    head : the first bytes of the file
    name : how messages call it

    Raises
    ------
    DataError
        The bytes are no text.
    """
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    sample = head[: 1 << 16]
    zeros = sample.count(0)
    if zeros > 0.2 * len(sample):  # every second byte of ASCII in UTF-16
        low, high = sample[0::2].count(0), sample[1::2].count(0)
        if max(low, high) > 4 * min(low, high):
            return "utf-16-be" if low > high else "utf-16-le"
    control = sum(sample.count(code) for code in range(32) if code not in (9, 10, 12, 13))
    if (control > max(0.02 * len(sample), 2) and control > zeros * 1.5) or zeros > 0.05 * len(sample):
        raise DataError(f"{name} is binary, not a table as text; expected CSV, Parquet, Arrow, JSON or Excel.")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return guessed_encoding(head, name=name)
    return "utf-8"


def guessed_encoding(head: bytes, *, name: str) -> str:
    """Guess the encoding of a text that is not UTF-8; Windows' western one where nothing fits better.

    Parameters
    ----------
    head : the first bytes of the file
    name : how messages call it

    Raises
    ------
    DataError
        No encoding fits.
    """
    from charset_normalizer import from_bytes  # rarely needed

    matches = list(from_bytes(head[: 1 << 18], cp_isolation=_GUESSES))
    if not matches:
        raise DataError(f"{name} is in an unknown encoding or is not a text; name it with data.encoding.")
    best = matches[0]
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    return "cp1252" if western is not None and western.chaos <= best.chaos + 0.02 else best.encoding


def _unpacked(path: Path, decompressor: Callable[[], Any]) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(Unpacked(path.open("rb"), decompressor), 1 << 17))


def most_unpacked(packed: int) -> int:
    """Bytes that a table of so many packed bytes may unpack to: what holds more is made to fill a memory or a disk."""
    return max(_UNPACKED, _TIGHT * packed)


def _open(path: Path, member: str) -> BinaryIO:
    if member:
        return cast(BinaryIO, zipfile.ZipFile(path).open(member))
    with path.open("rb") as stored:
        magic = stored.read(8)
    for start, opener in _PACKED.items():
        if magic.startswith(start):
            return opener(path)
    return path.open("rb")


def _member(name: str, names: list[str], wanted: str) -> str:
    """Choose the table inside an archive.

    Raises
    ------
    DataError
        There is no such table in it, or more than one.
    """
    tables = [entry for entry in names if not entry.startswith("__MACOSX") and not Path(entry).name.startswith(".")]
    chosen = [entry for entry in tables if wanted and Path(entry).name == wanted]
    named = list(filter(_TABLE.search, tables))
    others = [entry for entry in tables if entry not in named and not _DOCUMENT.search(entry)]
    if len(named) == 1 and others and not chosen:
        raise DataError(f"{name} holds {named[0]} beside {others[0]}; unpack it and name the table with data.path.")
    tables = chosen or named or tables
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise DataError(f"{name} is an archive without a file in it; expected one table.")
    raise DataError(
        f"{name} holds {len(tables)} tables ({', '.join(tables[:5])}); unpack it and name one with data.path."
    )


def _absent(path: str, file: Path) -> str:
    folder = file.parent
    if not folder.is_dir():
        here = Path.cwd()
        return f"There is no file {path}: no folder {folder} (the current folder is {here}); check data.path."
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        names = []
    near = difflib.get_close_matches(file.name, names, n=3, cutoff=0.6)
    tables = [
        name for name in names if name.lower().endswith((".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".zip", ".gz"))
    ]
    where = folder.resolve()
    if near:
        return f"There is no file {path}; the folder {where} has {', '.join(near)}: check data.path."
    if tables:
        return (
            f"There is no file {path}; the tables in the folder {where} are {', '.join(tables[:5])}: check data.path."
        )
    return f"There is no file {path}; the folder {where} holds no table: check data.path."
