"""What is freed goes back to the system: the peak of a large table is what it needs, not what it ever needed."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os

#: Of mallopt (glibc): from how many bytes on a block is a mapping of its own, and how much may stay free on top.
_MAPPED, _FREE = (-3, 1 << 20), (-1, 4 << 20)


def settle_allocators() -> None:
    """Settle the allocators of a command's process, before its first table.

    glibc raises the size from which blocks are mappings of their own with every block that is freed, so that arrays of
    a million rows end in a heap with holes; Arrow's own allocator keeps what is freed.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    with contextlib.suppress(OSError, AttributeError):  # another C library has no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        for setting in (_MAPPED, _FREE):
            mallopt(*setting)


def give_back() -> None:
    """Free what waits in cycles (a library may hold the frames of a study, and so its space) and the heap's holes."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
