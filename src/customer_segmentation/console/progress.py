"""Progress of a sweep: one live line in a terminal, plain lines in a log, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from customer_segmentation.clustering.study import Study

_CURRENT: SweepProgress | None = None


class SweepProgress:
    """Counts candidates of all studies; a study's end is told in a log, and shown in the bar of a terminal.

    Parameters
    ----------
    candidates, studies : int
        How many there will be.
    quiet : bool
        Say nothing.
    """

    def __init__(self, candidates: int, studies: int, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.studies, self.done, self.quiet = studies, 0, quiet
        self.failures: dict[str, str] = {}
        self.notes: dict[str, str] = {}
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
        self.task = self.bar.add_task("", total=candidates)

    def __enter__(self) -> Self:
        global _CURRENT
        _CURRENT = self
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        global _CURRENT
        _CURRENT = None
        self.bar.stop()

    def study_started(self, name: str) -> None:
        """Show which study runs."""
        self.bar.update(self.task, description=f"study {self.done + 1}/{self.studies} {name}{self.best}")

    def candidate_done(self, k: int) -> None:
        """Count one candidate."""
        self.bar.advance(self.task)

    def study_done(self, name: str, study: Study, notes: Sequence[str] = ()) -> None:
        """Tell the end of a study: its best yardstick, and what a reader of its scores should know."""
        self.done += 1
        if notes:
            self.notes[name] = "; ".join(notes)
        marks = [(candidate.scores.get("yardstick", float("nan")), candidate.k) for candidate in study.candidates]
        self._told(name, marks)

    def study_logged(self, name: str, marks: Sequence[tuple[float, int]], note: str = "") -> None:
        """Tell the end of a study in another process, by yardstick and k of its candidates."""
        self.done += 1
        if note:
            self.notes[name] = note
        self.bar.advance(self.task, len(marks))
        self._told(name, marks)

    def studies_running(self, names: Sequence[str]) -> None:
        """Show which studies run in other processes."""
        running = f", {len(names)} running" if names else ""
        self.bar.update(self.task, description=f"{self.done}/{self.studies} studies{running}{self.best}")

    def _told(self, name: str, marks: Sequence[tuple[float, int]]) -> None:
        known = [mark for mark in marks if mark[0] == mark[0]]
        best = ""
        if known:
            mark, k = max(known)
            best = f", best yardstick {mark:.3f} at k={k}"
            if mark > self.leading:
                self.leading, self.best = mark, f" · best {mark:.3f}: {name} · k={k}"
        self._line(f"study {self.done}/{self.studies} {name}: {len(marks)} candidates{best}")

    def study_reused(self, name: str, candidates: int) -> None:
        """Tell that a study stands from an earlier run of the sweep."""
        self.done += 1
        self.bar.advance(self.task, candidates)
        self._line(f"study {self.done}/{self.studies} {name}: reused, {candidates} candidates")

    def study_failed(self, name: str, reason: str) -> None:
        """Tell the failure of a study."""
        self.done += 1
        self.failures[name] = reason
        self._line(f"study {self.done}/{self.studies} {name} FAILED: {reason}")

    def finishing(self) -> None:
        """Show that the studies are done and the choice is made."""
        self.bar.update(self.task, description="choosing")

    def _line(self, text: str) -> None:
        if not self.quiet and not self.live:
            print(f"{time.monotonic() - self.started:6.1f} s  {text}", file=sys.stderr, flush=True)


def current_progress() -> SweepProgress:
    """The progress of the sweep in this process; in a worker process a silent one."""
    return _CURRENT if _CURRENT is not None else SweepProgress(0, 0, quiet=True)


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
