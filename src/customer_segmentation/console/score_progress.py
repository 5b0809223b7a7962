"""Progress of a scoring: a bar in a terminal, nothing in a log."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


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
