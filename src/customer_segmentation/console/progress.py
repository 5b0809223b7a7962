"""Progress of a sweep: one live line in a terminal, plain lines in a log, nothing when quiet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from typing_extensions import override

from customer_segmentation.console.lines import warn
from customer_segmentation.console.markup import escape
from customer_segmentation.execution.progress import StudyProgress
from customer_segmentation.formatting import counted as number_of


class SweepProgress(StudyProgress):
    """Shows candidates of all studies as they are counted; a study's end is a line in a log, in a terminal the bar.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__()
        self.console = Console(stderr=True, highlight=False)
        self.studies, self.quiet = 0, quiet
        self.best, self.leading = "", float("-inf")  # best candidate so far, shown; and its yardstick
        self.started = time.monotonic()
        self.live = not quiet and self.console.is_terminal
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("candidates"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.live,
        )
        self.task = self.bar.add_task("", total=None)

    @override
    def __enter__(self) -> Self:
        self.bar.start()
        return super().__enter__()

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the bar away."""
        super().__exit__(kind, error, traceback)
        self.bar.stop()

    @override
    def begin(self, candidates: int, studies: int) -> None:
        self.studies = studies
        self.bar.update(self.task, total=candidates)

    @override
    def say(self, sentence: str) -> None:
        if not self.quiet:
            warn(sentence)

    @override
    def study_started(self, name: str) -> None:
        self.bar.update(self.task, description=escape(f"study {self.done + 1}/{self.studies} {name}{self.best}"))

    @override
    def candidate_done(self, k: int) -> None:
        self.bar.advance(self.task)

    @override
    def study_done(
        self, name: str, marks: Sequence[tuple[float, int]], note: str = "", *, counted: bool = True
    ) -> None:
        """Tell the end of a study with its best yardstick."""
        super().study_done(name, marks, note, counted=counted)
        if not counted:
            self.bar.advance(self.task, len(marks))
        known = [mark for mark in marks if mark[0] == mark[0]]
        best = ""
        if known:
            mark, k = max(known)
            best = f", best yardstick {mark:.3f} at k={k}"
            if mark > self.leading:
                self.leading, self.best = mark, f" · best {mark:.3f}: {name} · k={k}"
        self._line(f"study {self.done}/{self.studies} {name}: {number_of(len(marks), 'candidate')}{best}")

    @override
    def studies_running(self, names: Sequence[str]) -> None:
        running = f", {len(names)} running" if names else ""
        self.bar.update(self.task, description=escape(f"{self.done}/{self.studies} studies{running}{self.best}"))

    @override
    def study_reused(self, name: str, candidates: int) -> None:
        super().study_reused(name, candidates)
        self.bar.advance(self.task, candidates)
        self._line(f"study {self.done}/{self.studies} {name}: reused, {candidates} candidates")

    @override
    def study_failed(self, name: str, reason: str) -> None:
        super().study_failed(name, reason)
        self._line(f"study {self.done}/{self.studies} {name} FAILED: {reason}")

    @override
    def finishing(self) -> None:
        """Show that the studies are done and the choice is made."""
        self.bar.update(self.task, description="choosing")

    def _line(self, text: str) -> None:
        if not self.quiet and not self.live:
            warn(f"{time.monotonic() - self.started:6.1f} s  {text}")


class ScoreProgress:
    """Rows done of the rows expected; called with both."""

    def __init__(self, name: str, *, quiet: bool) -> None:
        console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[rows]} rows"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task(escape(name), total=None, rows="0")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, done: int, expected: int | None) -> None:
        """Show how far it is; an estimate that was too low is stretched."""
        total = None if expected is None else max(expected, done + 1)
        self._bar.update(self._task, completed=done, total=total, rows=f"{done:,}")


class Steps:
    """What a command is doing, on one live line of a terminal; nothing in a log, or when quiet.

    Parameters
    ----------
    quiet : bool
    """

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(stderr=True, highlight=False)
        live = not quiet and console.is_terminal
        self.bar = Progress(
            SpinnerColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not live,
        )
        self.task = self.bar.add_task("", total=None)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def tell(self, step: str) -> None:
        """Show what is being done now."""
        self.bar.update(self.task, description=escape(step))
