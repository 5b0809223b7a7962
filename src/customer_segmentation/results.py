"""What a sweep from Python returns: its candidates, the verdict over them, the chosen model, figures, the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from customer_segmentation.errors import StudyError
from customer_segmentation.formatting import counted
from customer_segmentation.outcomes import Model
from customer_segmentation.paths import typed_path
from customer_segmentation.plots import Plots
from customer_segmentation.secrets import HidesSecrets, redact
from customer_segmentation.session import call

if TYPE_CHECKING:
    from customer_segmentation.segments.insights import SegmentInsights
    from customer_segmentation.sources.memory import MemoryTable
    from customer_segmentation.tracking.store import Store
    from customer_segmentation.workflows.rebuild import RebuiltCandidate


@dataclass(frozen=True)
class Verdict:
    """Which candidate was chosen, why, and how sure that is.

    Attributes
    ----------
    record : mapping
        Everything that was decided, as the run's ``verdict.json`` has it.
    """

    record: Mapping[str, Any] = field(repr=False)

    @property
    def chosen(self) -> str | None:
        """Name of the chosen candidate; None where there is none."""
        chosen = self.record.get("chosen")
        return None if chosen is None else str(chosen["name"])

    @property
    def k(self) -> int | None:
        """Number of its segments."""
        chosen = self.record.get("chosen")
        return None if chosen is None else int(chosen["k"])

    @property
    def structure(self) -> str:
        """``natural structure``, ``useful partition`` or ``not decidable``."""
        return str(self.record.get("structure", "not decidable"))

    @property
    def confidence(self) -> str:
        """``high``, ``moderate`` or ``low``."""
        return str((self.record.get("certainty") or {}).get("word", "not assessed"))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, a sentence each, the first one first."""
        return tuple(str(reason) for reason in self.record.get("reasons", ()))

    @property
    def runner_up(self) -> str | None:
        """Name of the next candidate; None where no other qualified."""
        other = self.record.get("runner_up")
        return None if other is None else str(other["name"])

    def __str__(self) -> str:
        """All of it in some lines."""
        first = "No candidate was chosen." if self.chosen is None else f"Chosen: {self.chosen}"
        return "\n".join([first, f"{self.structure}; confidence: {self.confidence}", *self.reasons])

    def __repr__(self) -> str:
        """Choice, structure and confidence; all reasons by `print`."""
        return f"Verdict(chosen: {self.chosen}; {self.structure}; confidence: {self.confidence})"


class Report:
    """The report of a sweep or a candidate: one page that needs nothing else."""

    def __init__(self, title: str, html: str, markdown: str, place: str) -> None:
        self.title, self.html, self.markdown, self.place = title, html, markdown, place

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write a copy, as a page or, where the name ends in .md, as markdown.

        Parameters
        ----------
        path : of the file
        overwrite : replace the copy of an earlier report; anything else is left alone

        Raises
        ------
        SettingsError
            A file is there that may not be replaced.
        """
        from customer_segmentation.report.render import is_report
        from customer_segmentation.sources.new_file import NewFile

        with call({"path": path}):
            target = typed_path(path)
            file = NewFile(
                target, overwrite=overwrite, is_ours=is_report, key="path", what="a report that segment wrote"
            )
            file.write_text(self.markdown if target.suffix.lower() == ".md" else self.html)
        return target

    def __repr__(self) -> str:
        """Title and place."""
        return f"Report({self.title!r}, {self.place})"


@dataclass(frozen=True, repr=False)
class SecretPlace(HidesSecrets):
    """Address of a sweep's table where it has a password, which no run keeps."""

    address: str | None


class Sweep:
    """A finished sweep: its candidates in rank order, the verdict over them, and the chosen model.

    In a notebook it shows the first page of its report.

    Attributes
    ----------
    run_id : str
        Of the sweep's run.
    failures : mapping of str to str
        Study to why it failed; empty where it was loaded.
    notes : mapping of str to str
        Study to what a reader of its scores should know.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        *,
        source: MemoryTable | None = None,
        opened: tuple[RebuiltCandidate, SegmentInsights] | None = None,
        place: str | None = None,
        failures: Mapping[str, str] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self.store, self.run_id, self.source = store, run_id, source
        self.place = SecretPlace(place if place is not None and redact(place) != place else None)
        self.failures, self.notes = dict(failures or {}), dict(notes or {})
        if opened is not None:
            self.__dict__["_opened"] = opened

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in a file names the run alone: what it was opened with may hold the password of an address."""
        return _again, (self.run_id, redact(self.store.uri))

    @property
    def leaderboard(self) -> pd.DataFrame:
        """One row a candidate in rank order: the chosen one, the runner-up, the others, those ruled out."""
        return self._leaderboard.copy()

    @cached_property
    def _leaderboard(self) -> pd.DataFrame:
        from customer_segmentation.workflows.report_data import leaderboard_of_sweep

        with call():
            return leaderboard_of_sweep(self.store, self.run_id)

    @cached_property
    def verdict(self) -> Verdict:
        """What was chosen, why, and how sure that is.

        Raises
        ------
        StudyError
            No study finished.
        """
        import json

        from customer_segmentation.tracking.checked_files import VERDICT
        from customer_segmentation.tracking.read import text_of

        if self._leaderboard.empty:
            raise StudyError(self._nothing)
        with call():
            return Verdict(json.loads(text_of(self.store, self.run_id, VERDICT)))

    @cached_property
    def chosen(self) -> Model:
        """The chosen candidate's model.

        Raises
        ------
        StudyError
            No candidate was chosen.
        """
        from customer_segmentation.scoring.load import loaded

        run_id = str(self._chosen_row()["run_id"])
        with call():
            return Model(loaded(self.store, "", run_id))

    @property
    def customers(self) -> pd.DataFrame:
        """The list of customers, the most valuable first: segment, name, first action, value and margin of each.

        The file ``segments/customers.parquet`` of the chosen candidate's run.

        Raises
        ------
        StudyError
            No candidate was chosen.
        """
        return self._customers.copy()

    @cached_property
    def _customers(self) -> pd.DataFrame:
        import io

        from customer_segmentation.segments.high_value import LIST
        from customer_segmentation.tracking.read import artifact_of

        run_id = str(self._chosen_row()["run_id"])
        with call():
            held = artifact_of(self.store, run_id, LIST)
        if held is None:
            raise StudyError(f"run {run_id} has no {LIST}; sweep again with overrides=['resume=false'].")
        return pd.read_parquet(io.BytesIO(held))

    @property
    def plot(self) -> Plots:
        """Figures."""
        return Plots(self)

    def report(self) -> Report:
        """The whole report, written again and logged on the sweep's run."""
        from customer_segmentation.parallel import limited_threads
        from customer_segmentation.workflows.report import report_of_sweep

        with call(), limited_threads(1):
            opened, insights = self._opened if self.verdict.chosen is not None else (None, None)
            written = report_of_sweep(self.store, self.run_id, opened, insights)
        return Report(written.title, written.html, written.markdown, written.place)

    @cached_property
    def _opened(self) -> tuple[RebuiltCandidate, SegmentInsights]:
        """The chosen candidate, refitted, and what is said of its segments."""
        from customer_segmentation.workflows.rebuild import reopen
        from customer_segmentation.workflows.report import insights_of

        with call():
            opened = reopen(self.store, str(self._chosen_row()["run_id"]), data_path=self.place.address)
            return opened, insights_of(self.store, self.run_id, opened)

    def _chosen_row(self) -> pd.Series:
        """Row of the chosen candidate.

        Raises
        ------
        StudyError
            There is none.
        """
        board = self._leaderboard
        chosen = board[board["verdict"] == "chosen"] if len(board) else board
        if chosen.empty:
            reason = self.verdict.reasons[0] if self.verdict.reasons else "no study finished."
            raise StudyError(f"sweep {self.run_id} chose no candidate: {reason}")
        return chosen.iloc[0]

    @property
    def _nothing(self) -> str:
        """What is said of a sweep of which no study finished."""
        why = next(iter(self.failures.items()), None)
        told = "" if why is None else f" ({why[0]}: {why[1].rstrip('.')})"
        return f"no study of sweep {self.run_id} finished{told}, so that nothing was chosen."

    @cached_property
    def _front(self) -> str:
        from customer_segmentation.report.build import build_report
        from customer_segmentation.report.render import front_html
        from customer_segmentation.workflows.report_data import gather

        opened, insights = self._opened if self.verdict.chosen is not None else (None, None)
        with call():
            return front_html(build_report(gather(self.store, self.run_id, opened, insights, pictures=False)))

    def __repr__(self) -> str:
        """Choice and run."""
        if self._leaderboard.empty:
            return f"Sweep({self._nothing})"
        return (
            f"Sweep({counted(len(self._leaderboard), 'candidate')}, chosen: {self.verdict.chosen}, run {self.run_id})"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._nothing)}</p>" if self._leaderboard.empty else self._front


def _again(run_id: str, uri: str) -> Any:
    """A sweep as it is opened from a copy in a file."""
    import customer_segmentation

    return customer_segmentation.load(run_id, tracking_uri=uri)
