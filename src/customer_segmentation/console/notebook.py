"""Progress of a sweep in a notebook: one line of text that is written over itself."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from customer_segmentation.execution.progress import StudyProgress

WIDTH = 20  # of the bar
PAUSE = 0.2  # seconds between two lines: the browser shows each


class LineProgress(StudyProgress):
    """Shows how many candidates are done, and what runs now.

    Parameters
    ----------
    rich : written as an output of the cell that replaces itself, which a notebook shows without the colour of an error;
        else to stderr
    """

    def __init__(self, *, rich: bool = False) -> None:
        super().__init__()
        self._rich = rich
        self._output: Any = None  # the line that is written over
        self._all = self._ready = 0
        self._name, self._shown, self._length = "", 0.0, 0
        self._began = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave one line that says how long it took."""
        super().__exit__(kind, error, traceback)
        if error is None:
            self._write(f"{self._ready} candidates in {time.monotonic() - self._began:.1f} s", last=True)
        else:
            self._write(f"stopped after {self._ready} of {self._all} candidates", last=True)

    def begin(self, candidates: int, studies: int) -> None:  # noqa: ARG002 - the signature of its kind
        """How many of them there will be.

        Parameters
        ----------
        candidates : of all studies together
        studies : in this sweep
        """
        self._all = candidates

    def say(self, sentence: str) -> None:
        """Tell something about the sweep as a whole."""
        self._write(sentence, last=True)

    def study_started(self, name: str) -> None:
        """Show which study runs."""
        self._name = name
        self._show()

    def candidate_done(self, k: int) -> None:  # noqa: ARG002 - the signature of its kind
        """Count one candidate."""
        self._ready += 1
        self._show()

    def study_done(
        self, name: str, marks: Sequence[tuple[float, int]], note: str = "", *, counted: bool = True
    ) -> None:
        """Count the candidates of a study that another process has ended.

        Parameters
        ----------
        name : of the study
        marks : yardstick and k of each candidate
        note : what else is worth a line
        counted : its candidates were counted one by one
        """
        super().study_done(name, marks, note, counted=counted)
        self._ready += 0 if counted else len(marks)
        self._show()

    def study_reused(self, name: str, candidates: int) -> None:
        """Count the candidates of a study that stands from an earlier run.

        Parameters
        ----------
        name : of the study
        candidates : how many it has
        """
        super().study_reused(name, candidates)
        self._ready += candidates
        self._show()

    def finishing(self) -> None:
        """Tell that the choice is made now."""
        self._name, self._shown = "choosing among all candidates", 0.0
        self._show()

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown >= PAUSE:
            self._shown = now
            done = round(WIDTH * self._ready / max(self._all, 1))
            bar = "█" * done + "░" * (WIDTH - done)
            self._write(f"{bar} {self._ready}/{self._all} candidates · {self._name}")

    def _write(self, line: str, *, last: bool = False) -> None:
        if self._rich:
            self._publish(line)
            self._output = None if last else self._output
            return
        print(f"\r{line.ljust(self._length)}", end="\n" if last else "", file=sys.stderr, flush=True)
        self._length = 0 if last else len(line)

    def _publish(self, line: str) -> None:
        from IPython.display import display

        shown = {"text/plain": line}
        if self._output is None:
            self._output = display(shown, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython has no types
        else:
            self._output.update(shown, raw=True)
