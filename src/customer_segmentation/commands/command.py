"""The frame of every command: help, Hydra's flags, sweeps refused, an end on SIGTERM, the store."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.compose import Plan, plan
from customer_segmentation.config.folder_files import tell_taken
from customer_segmentation.config.hydra_app import show_config
from customer_segmentation.console.interrupts import stop_when_asked
from customer_segmentation.console.lines import show, warn
from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import HidesSecrets

if TYPE_CHECKING:
    from customer_segmentation.tracking.store import Store


@dataclass(frozen=True, repr=False)
class Request(HidesSecrets):
    """What a command is asked for.

    Attributes
    ----------
    plan : Plan
        The composed and checked settings.
    words : tuple of str
        What was typed after the command's name.
    """

    plan: Plan
    words: tuple[str, ...]

    @property
    def settings(self) -> Any:
        """Settings of the command; of a sweep those of its first job."""
        return self.plan.settings[0]

    @property
    def line(self) -> str:
        """What was typed, fit to be pasted into a terminal."""
        return f"segment {self.plan.command} {shlex.join(self.words)}".strip()

    def existing_store(self, model: str | None = None) -> Store:
        """Open the store, which must be there; ``model`` as in `customer_segmentation.tracking.store`."""
        from customer_segmentation.tracking.store import existing_store

        makes_runs = self.plan.command in ("score", "migrate")
        return existing_store(self.settings.tracking, model=model, makes_runs=makes_runs)

    def for_writing(self, store: Store) -> Store:
        """Take over the run of ``mlflow run``, if there is one; close runs that killed processes left open."""
        from customer_segmentation.tracking.runs import take_over_run
        from customer_segmentation.tracking.stale_runs import close_stale_runs, closed_sentence

        store = take_over_run(store)
        if (closed := close_stale_runs(store)) and not self.settings.quiet:
            warn(closed_sentence(closed))
        return store


@dataclass(frozen=True)
class CommandSpec:
    """A word after ``segment``.

    Attributes
    ----------
    name, summary : str
        Also of its config in conf/ and of its schema; in the overview, in the order of ``place``.
    help, run : callable
        Makes the text of ``--help``; does what is asked and returns the exit code.
    takes_one : str
        What there is one of, where the command is no sweep: a key with several values is refused. Empty: it sweeps.
    """

    name: str
    summary: str
    help: Callable[[], str]
    run: Callable[[Request], int]
    place: int
    takes_one: str = ""


def run_command(spec: CommandSpec, words: Sequence[str]) -> int:
    """Run a command as it was typed; return its exit code.

    Parameters
    ----------
    spec : the command
    words : what was typed after its name

    Raises
    ------
    SegmentError
        With one sentence on what cannot be done.
    """  # noqa: DOC501 - raised again as it came
    if any(word in ("-h", "--help") for word in words):
        show(spec.help())
        return 0
    if (asked := plan(spec.name, words)).flags:  # Hydra's own: --cfg job, --info, ...
        show_config(asked)
        return 0
    for key, values in asked.swept.items() if spec.takes_one else ():
        raise SettingsError(f"{key} has {len(values)} values; {spec.takes_one}.")
    tell_taken(asked)  # before anything is made of it
    stop_when_asked()
    return spec.run(Request(asked, tuple(words)))
