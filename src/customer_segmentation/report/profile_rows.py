"""Rows of a profile that a reader is shown: the clustering features first, then what sets a segment apart most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from customer_segmentation.formatting import CURRENCIES, figure, percent, shortened
from customer_segmentation.segments.claims import LONGEST, Claim
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.profile import Profiles

#: A difference that is likelier by chance than this, corrected for all that were tested, is not shown as one.
LEVEL = 0.05
#: Smallest standardised difference that is worth a line: small after Cohen (1988).
SMALLEST = 0.2
MOST_ROWS = 10
ALIKE = 0.002  # standard deviations
YES = "yes"


def standardised(table: pd.DataFrame) -> pd.DataFrame:
    """Effects of a profile in one measure: shares are divided by their standard deviation among all customers.

    Parameters
    ----------
    table : DataFrame
        Of `Profiles`.

    Returns
    -------
    DataFrame
        With ``sd``, ``sd_low``, ``sd_high`` added.
    """
    overall = table["overall"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(table["measure"] == "share", np.sqrt(overall * (1 - overall)), 1.0)
        scale = np.where(spread > 0, 1 / spread, 0.0)
    return table.assign(
        sd=table["effect"] * scale, sd_low=table["effect_low"] * scale, sd_high=table["effect_high"] * scale
    )


def shown_rows(insights: SegmentInsights, segment: int) -> pd.DataFrame:
    """Rows of one segment that its card shows.

    Always the clustering features, what customers are worth, whatever the name and the recommendations
    claim, and outcomes; of the rest what differs by at least 0.2 standard deviations and is not chance, the largest
    first, a category by its most telling level.

    Parameters
    ----------
    insights : what is said of the segments
    segment : its number, from 0
    """
    profiles = insights.profiles
    table = standardised(profiles.table[profiles.table["segment"] == segment])
    events = {(item.name, item.levels[0]) for item in profiles.outcomes if len(item.levels) == 1}
    keys = pd.Series(list(zip(table["variable"], table["level"], strict=True)), index=table.index)
    outcomes = table[(table["role"] == "outcome") & keys.isin(events)]
    told = {(claim.variable, claim.level) for claim in _claims(insights, segment)}
    claimed = table[keys.isin(told) & (table["role"] != "outcome")]
    table = table[table["role"] != "outcome"]
    shaped = table[(table["shapes"] & (table["measure"] == "mean")) | (table["role"] == "value")]
    shaped = shaped[np.invert(_repeated(shaped))]
    always = pd.concat([shaped, claimed.drop(index=claimed.index.intersection(shaped.index))])
    rest = table.drop(index=table.index[table["shapes"] & (table["measure"] == "mean") | (table["role"] == "value")])
    rest = rest[~rest["variable"].isin(set(always["variable"]))]
    rest = rest[(rest["sd"].abs() >= SMALLEST) & (rest["shapes"] | (rest["q"] < LEVEL))]
    rest = rest.assign(_size=rest["sd"].abs()).sort_values("_size", ascending=False, kind="stable")
    rest = rest.drop_duplicates("variable").drop(columns="_size")
    return pd.concat([pd.concat([always, rest]).head(max(MOST_ROWS - len(outcomes), len(always))), outcomes])


def _claims(insights: SegmentInsights, segment: int) -> list[Claim]:
    names = [name for name in insights.names if name.segment == segment]
    return [
        *(claim for name in names for claim in name.claims),
        *(c for item in insights.of(segment) for c in item.because),
    ]


def _repeated(rows: pd.DataFrame) -> list[bool]:
    """Rows that say what an earlier one says: a feature that is a column but for its rounding."""
    seen: list[tuple[str, float]] = []
    found = []
    for unit, effect in zip(rows["unit"], rows["sd"], strict=True):
        found.append(any(unit == other and abs(effect - size) < ALIKE for other, size in seen))
        seen.append((unit, effect))
    return found


def subject(row: pd.Series, profiles: Profiles) -> str:
    """What a row of a profile is about: a column, and its level where it has several; of an outcome its rate.

    Parameters
    ----------
    row : of the profile's table
    profiles : the variables and their words
    """
    if row["role"] == "outcome":
        rates = {(item.name, item.levels[0]): item.rate_name for item in profiles.outcomes if item.event}
        if (key := (row["variable"], row["level"])) in rates:
            return rates[key]
    level = str(row["level"])
    return str(row["variable"]) if level in ("", YES) else f"{row['variable']}: {shortened(level, LONGEST)}"


def written(row: pd.Series, name: str) -> str:
    """One figure of a row in its unit, as every text of the report writes it.

    Parameters
    ----------
    row : of the profile's table
    name : column of the figure, such as ``value`` or ``overall``
    """
    return figure(float(row[name]), str(row["unit"]), share=row["measure"] == "share")


def short(row: pd.Series, name: str) -> str:
    """Write the same figure without the words of its unit, for a picture.

    Parameters
    ----------
    row : of the profile's table
    name : column of the figure, such as ``value`` or ``overall``
    """
    unit = next((sign for sign in CURRENCIES if str(row["unit"]).startswith(sign)), "")
    return figure(float(row[name]), unit, share=row["measure"] == "share")


def difference(row: pd.Series) -> str:
    """How far a segment lies from all customers, with its interval."""
    share = row["measure"] == "share"
    if not np.isfinite(row["effect"]):
        return "–"

    def signed(value: float, plus: bool = False) -> str:
        size = f"{abs(100 * value):.1f}" if share else f"{abs(value):.2f}"
        sign = "" if float(size) == 0 else "−" if value < 0 else "+" if plus else ""
        return sign + size

    unit = "points" if share else "sd"
    first = f"{signed(row['effect'], plus=True)} {unit}"
    if not np.isfinite(row["effect_low"]) or not np.isfinite(row["effect_high"]):
        return first
    return f"{first} [{signed(row['effect_low'])}, {signed(row['effect_high'])}]"


def outcome_rows(profiles: Profiles) -> list[tuple[str, pd.DataFrame]]:
    """Events among the outcomes, each with its rows of the profile, one a segment."""
    found = []
    for variable in profiles.outcomes:
        if variable.kind != "share" or len(variable.levels) != 1:
            continue
        level = variable.levels[0]
        table = profiles.table
        rows = table[(table["variable"] == variable.name) & (table["level"] == level)].sort_values("segment")
        if len(rows):
            found.append((variable.rate_name, rows.reset_index(drop=True)))
    return found


def rate(row: pd.Series) -> str:
    """Rate of an outcome with its interval."""
    return f"{percent(row['value'])} [{percent(row['low'])}, {percent(row['high'])}]"
