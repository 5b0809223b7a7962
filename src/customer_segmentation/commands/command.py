"""Runs that a killed process left RUNNING: closed, and told, by the next command that writes to the store."""

from __future__ import annotations

import sys

from customer_segmentation.tracking.stale_runs import close_stale_runs
from customer_segmentation.tracking.store import Store


def tidy(store: Store, *, quiet: bool) -> None:
    """Close what is proved to have been left, and say how much it was."""
    closed = close_stale_runs(store)
    if not quiet:
        tell_closed(closed)


def tell_closed(closed: int) -> None:
    """Say how many runs were closed, if any."""
    if closed:
        print(f"{closed} run{'s were' if closed > 1 else ' was'} left by a killed process: now KILLED", file=sys.stderr)
