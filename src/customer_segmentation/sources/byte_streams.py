"""Streams of bytes as the parser takes them: a part of a file, or text of any encoding as UTF-8."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO


class MarkFoundError(Exception):
    """A stream holds a mark that it was taken not to hold."""


class ByteRange(io.RawIOBase):
    """So many bytes of a stream, from where it stands.

    Parameters
    ----------
    stream : raw binary file
    size : int
        Number of bytes.
    without : bytes
        A mark that ends the reading with `MarkFoundError`; empty for none.
    """

    def __init__(self, stream: io.FileIO, size: int, *, without: bytes = b"") -> None:
        self._stream = stream
        self._left = size
        self._without = without

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or all that are left.

        Raises
        ------
        MarkFoundError
            The range holds the mark that it must be without.
        """
        content = self._stream.read(self._left if size < 0 else min(size, self._left)) or b""
        if self._without and self._without in content:
            raise MarkFoundError
        self._left -= len(content)
        return content

    def close(self) -> None:
        """Close the stream as well."""
        self._stream.close()
        super().close()


class Transcoded(io.RawIOBase):
    """A text in any encoding, read as UTF-8 bytes; what cannot be decoded becomes U+FFFD.

    Parameters
    ----------
    stream : binary file
    encoding : str
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # RawIOBase takes any buffer, its callers hand over this one
        """Fill a buffer."""
        while not self._rest and not self._ended:
            chunk = self._stream.read(len(buffer))
            self._ended = not chunk
            self._rest = self._decoder.decode(chunk, final=self._ended).encode("utf-8", "replace")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        """Close the stream as well."""
        self._stream.close()
        super().close()
