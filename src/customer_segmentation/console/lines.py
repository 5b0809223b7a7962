"""Plain sentences, for answers that need no table: importing this costs nothing."""

from __future__ import annotations

import io
import logging
import shutil
import sys
import textwrap

from customer_segmentation.secrets import redact

ESCAPE = "\x1b"  # with which a text of a table's would move the cursor over what was said before


def say(*lines: str) -> None:
    """Print lines of a command's answer; in a terminal a long one hangs under its first words, no word is broken."""
    if sys.stdout.isatty():
        lines = tuple(redact(line) for line in lines)  # of one that is broken in two nobody can tell
        width = max(shutil.get_terminal_size().columns, 40)
        lines = tuple(
            textwrap.fill(line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
            if len(line) > width
            else line
            for line in "\n".join(lines).split("\n")
        )
    print("\n".join(lines).replace(ESCAPE, ""), flush=True)


def forgive_signs() -> None:
    """Let a sign that the terminal's encoding lacks be a question mark: it ends no command whose work is done."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")


def show(page: str) -> None:
    """Print what is laid out already: its lines are not broken again, so that a command, or SQL, can be pasted."""
    print(page.replace(ESCAPE, ""), flush=True)


def warn(sentence: str) -> None:
    """Print a sentence beside a command's answer: an error, a note on how it goes."""
    print(sentence.replace(ESCAPE, ""), file=sys.stderr, flush=True)


class Notices(logging.Handler):
    """What a lower room has to tell beside its result, as a plain sentence on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one notice."""
        warn(record.getMessage())


def show_notices() -> None:
    """Print the notices of this package; a program that imports it hears them as it has set up logging."""
    logger = logging.getLogger("customer_segmentation")
    if not any(isinstance(handler, Notices) for handler in logger.handlers):
        logger.addHandler(Notices())
