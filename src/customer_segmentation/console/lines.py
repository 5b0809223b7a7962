"""Plain sentences, for answers that need no table: importing this costs nothing."""

from __future__ import annotations

import sys


def say(*lines: str) -> None:
    """Print lines of a command's answer."""
    print("\n".join(lines), flush=True)


def warn(sentence: str) -> None:
    """Print a sentence beside a command's answer: an error, a note on how it goes."""
    print(sentence, file=sys.stderr, flush=True)
