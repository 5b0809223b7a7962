"""Everything that a report says, as figures and frames: gathered from a store, and written by nobody else."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from customer_segmentation.report.document import Picture
from customer_segmentation.report.space_checks import SpaceCheck
from customer_segmentation.segments.partitions import Partition
from customer_segmentation.verdict.constraints import Limits

if TYPE_CHECKING:
    from customer_segmentation.segments.insights import SegmentInsights


#: Limits of the shipped rule of choice.
LIMITS = {name: getattr(Limits(), name) for name in ("smallest_share", "rand", "explained_share")}


@dataclass(frozen=True)
class TableFacts:
    """The customer table and the account of its rows.

    Attributes
    ----------
    source : str
    rows : dict of str to int
        ``rows_read`` = ``rows_used`` + ``rows_not_selected`` + ``rows_rejected``.
    customers : int
        Who were segmented; other than ``rows_used`` where orders were summed up.
    population : str
        Which customers were kept, such as ``not churned``; "" where all were.
    reasons : tuple of (str, int)
        Why rows were rejected.
    notes : str
        What a reader of the account should know, as sentences.
    repairs : str
        What was corrected, as sentences.
    ignored_columns : str
    synthetic : bool
        Drawn by the built-in sample: no customer of it exists.
    value, value_unit : str
        What customers are worth; "" where the table has no such column.
    outcomes : tuple of str
    """

    source: str
    rows: Mapping[str, int]
    customers: int
    population: str = ""
    reasons: tuple[tuple[str, int], ...] = ()
    notes: str = ""
    repairs: str = ""
    ignored_columns: str = ""
    synthetic: bool = False
    value: str = ""
    value_unit: str = ""
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SweepFacts:
    """What was tried, and how to try it again.

    Attributes
    ----------
    run_id, experiment, command : str
    params : dict of str to str
        Of the sweep's run: features, scaling, k, seed, ...
    tags : dict of str to str
        Of provenance: ``data_digest_full``, ``source_sha256``, ``seed``, ``versions``, ``mlflow.source.git.commit``.
    studies : int
    failed : dict of str to str
        Study to the reason of its failure.
    started : str
        Date, as a reader writes it.
    name : str
        Of the sweep's run.
    place : sequence of str
        Overrides that name its store, where that is not the usual one.
    """

    run_id: str
    experiment: str
    command: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    studies: int
    failed: Mapping[str, str] = field(default_factory=dict)
    started: str = ""
    name: str = ""
    place: Sequence[str] = ()

    def line(self, *words: str) -> str:
        """A command about its runs, to be pasted into a terminal."""
        return shlex.join(["segment", *words, *self.place])


@dataclass(frozen=True)
class FullDataScores:
    """All rows of a file of which the customers described are a sample.

    Attributes
    ----------
    rows : dict of str to int
        Account of them: ``rows_read`` = ``rows_used`` + ``rows_not_selected`` + ``rows_rejected``.
    table : DataFrame
        One row a segment: ``segment``, ``customers``, ``share``, ``value``.
    profile : DataFrame or None
        One row a segment, variable and level; None where the run holds none.
    """

    rows: Mapping[str, int]
    table: pd.DataFrame
    profile: pd.DataFrame | None = None


@dataclass(frozen=True)
class CandidateFacts:
    """The candidate that the report describes.

    Attributes
    ----------
    name, run_id, study, features, scaling : str
    k : int
    about : str
        What its features are about.
    units : dict of str to str
        Unit of each feature.
    check : SpaceCheck
    row : Series
        Its row of the leaderboard.
    full_data : FullDataScores or None
        None where the customers described are all there are.
    rules : mapping
        The shallow tree that explains its segments, see `customer_segmentation.model.rules`; empty where there is none.
    """

    name: str
    run_id: str
    study: str
    features: str
    scaling: str
    k: int
    about: str
    units: Mapping[str, str]
    check: SpaceCheck
    row: pd.Series
    full_data: FullDataScores | None = None
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportData:
    """One report.

    Attributes
    ----------
    of_candidate : bool
        The report was asked of one candidate, not of the sweep.
    table : TableFacts
    sweep : SweepFacts
    leaderboard : DataFrame
        One row a candidate.
    verdict : dict
        As ``verdict.json`` holds it.
    description, hypotheses : DataFrame
        Of the exploration; empty where there is none.
    candidate : CandidateFacts or None
        None where nothing was chosen.
    insights : SegmentInsights or None
    partitions : tuple of Partition
        The chosen candidate beside a coarser and a finer one.
    pictures : dict of str to Picture
    """

    of_candidate: bool
    table: TableFacts
    sweep: SweepFacts
    leaderboard: pd.DataFrame
    verdict: Mapping[str, Any]
    description: pd.DataFrame
    hypotheses: pd.DataFrame
    candidate: CandidateFacts | None = None
    insights: SegmentInsights | None = None
    partitions: tuple[Partition, ...] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def limits(self) -> dict[str, float]:
        """Limits by which the verdict judged, such as ``rand``; the shipped ones where it tells none."""
        told = self.verdict.get("constraints") or {}
        return {name: float(told.get(name) or limit) for name, limit in LIMITS.items()}

    @property
    def is_chosen(self) -> bool:
        """Whether the candidate described is the one that the sweep chose."""
        chosen = self.verdict.get("chosen") or {}
        return self.candidate is not None and chosen.get("run_id") == self.candidate.run_id

    @property
    def pictures_of_segments(self) -> dict[str, Picture]:
        """Pictures that were drawn of the candidate's segments, and belong to its run."""
        own = ("map", "value", "flow")
        return {
            name: picture
            for name, picture in self.pictures.items()
            if name in own or name.startswith(("outcome_", "segment_"))
        }

    def pictures_of(self, *names: str) -> tuple[Picture, ...]:
        """Pictures that there are, in order; a name that ends in ``*`` takes all that begin so."""
        found = []
        for name in names:
            if name.endswith("*"):
                found += [picture for key, picture in self.pictures.items() if key.startswith(name[:-1])]
            elif name in self.pictures:
                found.append(self.pictures[name])
        return tuple(found)
