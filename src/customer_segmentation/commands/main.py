"""``segment COMMAND [overrides]``: find the command, run it, end with a sentence and an exit code.

Nothing heavy is imported here: ``segment --help`` and a misspelt override answer at once.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from customer_segmentation import __version__, commands
from customer_segmentation.commands.command import CommandSpec, run_command
from customer_segmentation.console.help import definitions, paragraph
from customer_segmentation.console.lines import forgive_signs, say, show, show_notices, warn
from customer_segmentation.errors import SegmentError, debugging, interrupt_behind
from customer_segmentation.formatting import one_line
from customer_segmentation.memory import settle_allocators
from customer_segmentation.secrets import guard_streams, redact
from customer_segmentation.tracking.settled import quiet_libraries, settle


def _specs() -> list[CommandSpec]:
    """The commands: every module of this folder that has a SPEC is one."""
    names = [item.name for item in pkgutil.iter_modules(commands.__path__) if item.name != "main"]
    modules = [importlib.import_module(f"{commands.__name__}.{name}") for name in names]
    specs: list[CommandSpec] = [module.SPEC for module in modules if hasattr(module, "SPEC")]
    return sorted(specs, key=lambda spec: spec.place)


COMMANDS: dict[str, CommandSpec] = {spec.name: spec for spec in _specs()}

#: What to type first; not broken, to be pasted.
START = (
    "  segment sweep                           the built-in sample of 7,043 customers",
    "  segment sweep data=telecom data.path=customers.csv",
    "                                          the published telecom table",
    "  segment init data.path=customers.csv    a table of your own, then sweep it",
    "  segment sweep features=value,usage scaling=standard,minmax k=[2,3,4,5,6]",
    "  segment sweep experiments=original_analysis",
    "                                          a preset of experiments/",
    "  segment ui                              compare the runs",
)

INTERRUPTED = 130  # what a shell reports for a command ended by Ctrl-C


def overview() -> str:
    """Text of ``segment --help``."""
    return "\n".join(
        [
            paragraph("segment: find the customers worth keeping, and be able to defend the answer."),
            "",
            "Usage: segment COMMAND [key=value ...]        segment help COMMAND",
            "",
            "Commands:",
            *definitions([(name, spec.summary) for name, spec in COMMANDS.items()]),
            "",
            "Start here:",
            *START,
            "",
            paragraph(
                "Settings are Hydra configs: conf/ and experiments/ in the current folder add to the shipped ones."
            ),
            "SEGMENT_DEBUG=1 shows the traceback of an error.",
            'Words are completed by TAB after (bash, zsh or fish):  eval "$(segment -sc install=bash)"',
        ]
    )


#: Importing libraries and composing configs make millions of objects; the collector need not look so often.
GARBAGE_THRESHOLD = 50_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 when something failed, 2 when it was asked wrongly."""
    unguarded = guard_streams()  # nothing secret reaches the terminal
    show_notices()
    try:
        return _main(arguments)
    except BrokenPipeError:
        # the reader of our output has gone (`segment ... | head`): nothing is left to say to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        unguarded()


def _main(arguments: Sequence[str] | None) -> int:  # noqa: C901 - one case after the other
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["help"] and len(words) > 1:
        words = [words[1], "--help"]
    if not words or words[0] in ("-h", "--help", "help"):
        show(overview())
        return 0
    if words[0] in ("-V", "--version"):
        say(f"customer-segmentation {__version__}")
        return 0
    name, rest = words[0], words[1:]
    if name in ("-sc", "--shell-completion"):
        return _complete(rest)
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        warn(f"segment: there is no command {name!r}; there are {', '.join(COMMANDS)}.{hint}")
        return 2
    gc.set_threshold(GARBAGE_THRESHOLD)
    settle_allocators()
    settle()
    quiet_libraries()
    if sys.stderr.isatty() and not any(word.startswith(("-", "quiet=")) for word in rest):
        warn(f"segment {name}: reading the settings …")  # libraries and configs take seconds: Enter is answered at once
    try:
        return run_command(COMMANDS[name], rest)
    except BrokenPipeError:  # for `main`: the reader of our output has gone
        raise
    except (KeyboardInterrupt, Exception) as error:
        if debugging():
            raise
        stopped = interrupt_behind(error)
        if stopped is not None:
            warn(f"\nsegment {name}: interrupted{f'; {stopped}' if str(stopped) else ''}.")
            return INTERRUPTED
        warn(f"segment {name}: {error if isinstance(error, SegmentError) else _unexpected(error)}")
        return 1


def _unexpected(error: BaseException) -> str:
    """What is said of an error of no kind of ours: the last resort says where the traceback is to be had."""
    from customer_segmentation.tracking.store_errors import store_error_of

    store_error = store_error_of(error)
    if store_error is not None:
        return str(store_error)
    if isinstance(error, OSError) and error.filename and error.strerror:  # what the system says of a file
        named = redact(str(error.filename))
        return f"{named[:80]}{'…' * (len(named) > 80)}: {error.strerror}."
    text = one_line(error) or type(error).__name__
    return f"unexpected {type(error).__name__}: {text} (run again with SEGMENT_DEBUG=1 for the traceback)"


def _complete(words: Sequence[str]) -> int:
    from customer_segmentation.config.completion import complete

    try:
        complete(words, list(COMMANDS))
    except SegmentError as error:
        warn(f"segment -sc: {error}")
        return 1
    return 0


def command() -> NoReturn:
    """Entry point of ``segment``: run one command and end the process at once.

    Python would take its libraries' objects apart first, one by one: a second or two after a sweep, in which a user who
    pressed Ctrl-C waits, and a signal ends a command that had done its work as if it had not.
    """
    forgive_signs()
    guard_streams()  # for the last words of libraries too
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is done, and its exit code is known
    atexit._run_exitfuncs()  # workers and temporary files of the libraries
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    command()
