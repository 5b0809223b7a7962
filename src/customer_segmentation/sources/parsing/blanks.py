"""Cells that hold nothing, in the spellings that people use."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from customer_segmentation.sources.parsing.texts import bytes_of, chunks_of

#: Spellings of "there is nothing here", compared after trimming and lowering. A contract's own words come on top.
BLANK_SPELLINGS = frozenset(
    [
        "",
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "#n/a",
        "#na",
        "<na>",
        "nan",
        "null",
        "nil",
        "none",
        "(null)",
        "(blank)",
        "blank",
        "missing",
        "not applicable",
        "not available",
        "nat",
        "-",
        "--",
        "---",
        "–",
        "—",
        ".",
        "?",
        "\\n",
        "#value!",
        "#ref!",
        "#null!",
        "#div/0!",
        "keine angabe",
        "k.a.",
    ]
)


def is_blank(texts: pd.Series, extra: Iterable[str] = ()) -> np.ndarray:
    """Which texts mean an empty cell.

    Parameters
    ----------
    texts : Series of shape (n_cells,)
        Trimmed texts; missing ones are blank.
    extra : iterable of str
        Further spellings, such as "No internet service"; case does not count.

    Returns
    -------
    bool array of shape (n_cells,)
    """
    spellings = BLANK_SPELLINGS | {word.strip().lower() for word in extra}
    known = pa.array([*sorted(spellings), None], type=pa.large_string())
    parts = [np.zeros(0, dtype=bool)]
    for chunk in chunks_of(texts):
        candidates = _as_long_as(chunk, spellings)
        if candidates is None:
            parts.append(pc.is_in(_lowered(chunk), value_set=known).to_numpy(zero_copy_only=False))
        else:
            blank = np.zeros(len(chunk), dtype=bool)
            if len(candidates):
                few = _lowered(chunk.take(pa.array(candidates)))
                blank[candidates] = pc.is_in(few, value_set=known).to_numpy(zero_copy_only=False)
            parts.append(blank)
    return np.concatenate(parts)


def _as_long_as(chunk: pa.Array, spellings: Collection[str]) -> np.ndarray | None:
    """Positions of texts that are as long as one of the spellings; None where these are many, or not all ASCII."""
    ends, data = bytes_of(chunk)
    if len(data) and (data[ends[0] : ends[-1]] > 127).any():
        return None  # lower-casing may change the length
    lengths = np.diff(ends)
    possible = np.zeros(max(lengths.max(initial=0), *(len(word.encode()) for word in spellings)) + 1, dtype=bool)
    possible[[len(word.encode()) for word in spellings]] = True
    at = np.flatnonzero(possible[lengths] | chunk.is_null().to_numpy(zero_copy_only=False))
    return at if len(at) < len(chunk) / 4 else None


def _lowered(chunk: pa.Array) -> pa.Array:
    """Texts in lower case; Unicode's costs forty times that of ASCII."""
    return pc.utf8_lower(chunk) if pc.all(pc.string_is_ascii(chunk)).as_py() is False else pc.ascii_lower(chunk)
