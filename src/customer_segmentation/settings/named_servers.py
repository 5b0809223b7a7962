"""Servers that the user has named on a command line: their configs and runs may name them from then on."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from customer_segmentation.secrets import redact
from customer_segmentation.settings.trusted import own_settings_file


def cluster_mark(address: str) -> str:
    """What is kept of a cluster whose code is run here.

    >>> len(cluster_mark("sc://crm:15002"))
    64

    Parameters
    ----------
    address : as ``engine.remote`` or ``launcher.address`` has it
    """
    return hashlib.sha256(f"cluster {redact(address)}".encode()).hexdigest()


def is_named(mark: str) -> bool:
    """Tell whether the user has named a server.

    Parameters
    ----------
    mark : a checksum, from which nothing secret can be read
    """
    try:
        return mark in _file().read_text("utf-8").split()
    except (OSError, UnicodeError):
        return False


def remember_named(mark: str) -> None:
    """Keep in the user's own folder that they have named a server.

    Parameters
    ----------
    mark : a checksum, from which nothing secret can be read
    """
    if is_named(mark):
        return
    with contextlib.suppress(OSError):  # without a home it is named each time
        _file().parent.mkdir(parents=True, exist_ok=True)
        with _file().open("a", encoding="utf-8") as kept:
            kept.write(f"{mark}\n")


def _file() -> Path:
    return own_settings_file().with_name("named_servers")
