"""What is told of the studies of a sweep while they run. Whoever shows it overrides these methods."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self


def tell_nobody(step: str) -> None:
    """Take what a command is doing, and show nothing."""


class StudyProgress:
    """Keeps account of studies and shows nothing: for callers from Python, and in worker processes.

    Attributes
    ----------
    done : int
        Studies that have ended, in whatever way.
    failures : dict of str to str
        Study to the reason why it failed.
    notes : dict of str to str
        Study to what a reader of its scores should know; also under ``launcher`` and ``report``.
    """

    def __init__(self) -> None:
        self.done = 0
        self.failures: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self._token: Token[StudyProgress | None] | None = None

    def __enter__(self) -> Self:
        """Be the progress that the studies of this process find."""
        self._token = _CURRENT.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let the studies that come find another one."""
        if self._token is not None:
            _CURRENT.reset(self._token)

    def begin(self, candidates: int, studies: int) -> None:
        """How many of them there will be.

        Parameters
        ----------
        candidates : of all studies together
        studies : in this sweep
        """

    def say(self, sentence: str) -> None:
        """Tell something about the sweep as a whole."""

    def study_started(self, name: str) -> None:
        """Tell that a study has begun in this process."""

    def candidate_done(self, k: int) -> None:
        """Count one candidate of a study in this process."""

    def study_done(
        self,
        name: str,
        marks: Sequence[tuple[float, int]],  # noqa: ARG002 - the signature of its kind
        note: str = "",
        *,
        counted: bool = True,  # noqa: ARG002 - the signature of its kind
    ) -> None:
        """Tell the end of a study.

        Parameters
        ----------
        name : str
        marks : sequence of (float, int)
            Yardstick and k of its candidates.
        note : str
            What a reader of its scores should know.
        counted : bool
            Whether its candidates were counted one by one: those of other processes are not.
        """
        self.done += 1
        if note:
            self.notes[name] = note

    def studies_running(self, names: Sequence[str]) -> None:
        """Tell which studies run in other processes."""

    def study_reused(self, name: str, candidates: int) -> None:  # noqa: ARG002 - the signature of its kind
        """Tell that a study stands from an earlier run of the sweep.

        Parameters
        ----------
        name : of the study
        candidates : how many it has
        """
        self.done += 1

    def study_failed(self, name: str, reason: str) -> None:
        """Tell the failure of a study.

        Parameters
        ----------
        name : of the study
        reason : one sentence
        """
        self.done += 1
        self.failures[name] = reason

    def finishing(self) -> None:
        """Tell that the studies are done and the choice is made."""


_CURRENT: ContextVar[StudyProgress | None] = ContextVar("study_progress", default=None)


def current_progress() -> StudyProgress:
    """The progress of the sweep in this process; in a worker process a silent one."""
    return _CURRENT.get() or StudyProgress()


def silent() -> None:
    """Be silent from now on: another process shows what is done here."""
    _CURRENT.set(None)
