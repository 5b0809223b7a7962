"""A seal on files that commands write: a checksum in the file, by which an edit is seen and nobody's work replaced."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

_SAID = b"sha256 of all lines above, by which an edit is seen: "
_KEYWORD = b"sha256\0"
_HEADER = 33  # bytes of a PNG before the first chunk that may hold text
_BESIDE = 12  # bytes of a PNG's chunk beside its content
#: Comments of the formats in which commands write, by the end of the file's name.
_COMMENTS = {
    **dict.fromkeys((".html", ".htm", ".md", ".svg"), (b"<!-- ", b" -->")),
    **dict.fromkeys((".yaml", ".yml"), (b"# ", b"")),
}
_SQL = (b"-- ", b"")


def sealed(content: bytes, name: str) -> bytes:
    r"""Add the checksum of a file to it: to a PNG as one of its texts, to any other as a comment in its last line.

    Parameters
    ----------
    content : bytes
        Of the file; nothing is added to none.
    name : str
        Of the file; its suffix says how a comment is written.

    Examples
    --------
    >>> is_intact(sealed(b"SELECT 1;\n", "labels.sql")), is_intact(sealed(b"SELECT 1;\n", "labels.sql") + b"-- mine")
    (True, False)
    """
    if not content:
        return content
    content += b"" if _is_png(content) or content.endswith(b"\n") else b"\n"
    checksum = hashlib.sha256(content).hexdigest().encode()
    if _is_png(content):
        told = _KEYWORD + checksum
        chunk = struct.pack(">I", len(told)) + b"tEXt" + told + struct.pack(">I", zlib.crc32(b"tEXt" + told))
        return content[:_HEADER] + chunk + content[_HEADER:]
    opening, closing = _COMMENTS.get((Path(name).suffix or name).lower(), _SQL)
    return content + opening + _SAID + checksum + closing + b"\n"


def is_intact(content: bytes) -> bool:
    """Whether a file is as a command wrote it: its seal fits. Nothing is lost in an empty one.

    Parameters
    ----------
    content : of the file
    """
    if not content:
        return True
    if _is_png(content):
        length = int.from_bytes(content[_HEADER : _HEADER + 4], "big")
        end = _HEADER + _BESIDE + length
        content, line = content[:_HEADER] + content[end:], content[_HEADER + 4 : end - 4]
        return line == b"tEXt" + _KEYWORD + hashlib.sha256(content).hexdigest().encode()
    at = content.rstrip(b"\n").rfind(b"\n") + 1
    line = content[at:].rstrip(b"\n").removesuffix(b" -->")
    return line.endswith(_SAID + hashlib.sha256(content[:at]).hexdigest().encode())


def _is_png(content: bytes) -> bool:
    return content.startswith(b"\x89PNG")
