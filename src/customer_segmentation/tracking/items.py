"""What a computation wants to have logged, as plain data. MLflow is not known here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from customer_segmentation.model.segment_model import SegmentModel


@dataclass(frozen=True)
class Metrics:
    """Scores; of a study with ``step`` = k, so that the UI draws them as curves."""

    values: Mapping[str, float]
    step: int = 0


@dataclass(frozen=True)
class Params:
    """Settings by which runs are compared."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Tags:
    """Words by which runs are found."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class FigureItem:
    """A figure, drawn when it is saved as PNG under ``path``."""

    draw: Callable[[], Figure]
    path: str
    dpi: int = 120


@dataclass(frozen=True)
class Table:
    """A table under ``path``: ``.csv``, ``.parquet``, or ``.json`` in the form that the UI shows as a table.

    A ``private`` one names customers: in a local store only its owner reads it. Columns ``as_it_came`` get no
    apostrophe before what a spreadsheet would run: ids, by which tables are joined.
    """

    frame: pd.DataFrame
    path: str
    private: bool = False
    as_it_came: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """A text file: markdown, YAML, JSON."""

    text: str
    path: str


@dataclass(frozen=True)
class Bytes:
    """A file under ``path`` as it stands: an image that has been drawn already."""

    content: bytes
    path: str


@dataclass(frozen=True)
class DataSet:
    """The customers that were used: shown by the UI as the run's dataset.

    Of a table that was passed in chunks the frame has the columns alone, and ``rows`` says how many there were.
    """

    frame: pd.DataFrame
    name: str
    source: str
    digest: str
    context: str = "segmentation"
    rows: int | None = None


@dataclass(frozen=True)
class Model:
    """A model that labels raw customers, its name as people read it, and what it is found by."""

    model: SegmentModel
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)


Item = Metrics | Params | Tags | FigureItem | Table | Text | Bytes | DataSet | Model
