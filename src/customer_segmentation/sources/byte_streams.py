"""Streams of bytes as the parser takes them: a part of a file, or text of any encoding as UTF-8."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from typing import Any, BinaryIO

_AT_ONCE = 1 << 16  # packed bytes


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


class Unpacked(io.RawIOBase):
    """A packed file of one stream or more, read to its end: the standard library leaves out what is damaged behind one.

    Parameters
    ----------
    stream : binary file
    decompressor : callable
        Makes one of :mod:`bz2` or :mod:`lzma`, for each stream.
    """

    def __init__(self, stream: BinaryIO, decompressor: Callable[[], Any]) -> None:
        self._stream = stream
        self._made = decompressor
        self._one = decompressor()
        self._packed = b""

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Unpack as many bytes as there is room for, none at the end.

        Raises
        ------
        EOFError
            The file ends within a stream.
        """
        unpacked = b""
        while not unpacked:
            if self._one.eof:
                self._packed = self._one.unused_data or self._packed
                while not self._packed.lstrip(b"\0"):  # streams may be filled up with zeros
                    self._packed = self._stream.read(_AT_ONCE)
                    if not self._packed:
                        return 0
                self._packed = self._packed.lstrip(b"\0")
                self._one = self._made()
            elif self._one.needs_input and not self._packed:
                self._packed = self._stream.read(_AT_ONCE)
                if not self._packed:
                    raise EOFError("it ends within what is packed")
            packed, self._packed = self._packed, b""
            unpacked = self._one.decompress(packed, len(buffer))
        buffer[: len(unpacked)] = unpacked
        return len(unpacked)

    def close(self) -> None:
        """Close the file as well."""
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
