"""Find the customers worth keeping, and be able to defend the answer.

The verbs do what the commands of ``segment`` do, make the same runs, and return objects instead of printing. The
functions for any matrix need no store.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from customer_segmentation.api import explore, sweep
    from customer_segmentation.champions import champion, load, promote, score
    from customer_segmentation.errors import (
        ArgumentError,
        DataError,
        RefusedError,
        SegmentError,
        SettingsError,
        StoreError,
        StudyError,
    )
    from customer_segmentation.matrix import choose_k, silhouettes, structure_test
    from customer_segmentation.outcomes import Exploration, Model, Promotion, Scoring
    from customer_segmentation.results import Report, Sweep, Verdict
    from customer_segmentation.tables import example

#: Name to the module that holds it: nothing is imported before it is asked for.
_PLACES = {
    **dict.fromkeys(("explore", "sweep"), "api"),
    **dict.fromkeys(("champion", "load", "promote", "score"), "champions"),
    **dict.fromkeys(("choose_k", "silhouettes", "structure_test"), "matrix"),
    **dict.fromkeys(("Exploration", "Model", "Promotion", "Scoring"), "outcomes"),
    **dict.fromkeys(("Report", "Sweep", "Verdict"), "results"),
    "example": "tables",
    **dict.fromkeys(
        ("ArgumentError", "DataError", "RefusedError", "SegmentError", "SettingsError", "StoreError", "StudyError"),
        "errors",
    ),
}

__all__ = [
    "ArgumentError",
    "DataError",
    "Exploration",
    "Model",
    "Promotion",
    "RefusedError",
    "Report",
    "Scoring",
    "SegmentError",
    "SettingsError",
    "StoreError",
    "StudyError",
    "Sweep",
    "Verdict",
    "__version__",
    "champion",
    "choose_k",
    "example",
    "explore",
    "load",
    "promote",
    "score",
    "silhouettes",
    "structure_test",
    "sweep",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())  # a library says nothing unasked


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for.

    Raises
    ------
    AttributeError
        There is no such name.
    """
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
