"""Declared hypotheses put to the test: effect size, interval, corrected p, and a sentence that claims no more.

A hypothesis says that one column goes with another, and may name columns that could explain the relation by themselves.
All tests asked at once, partial ones included, form one family, whose p are corrected for the false discovery rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pandas as pd
from scipy import stats

from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration.correlation import Correlation, Method, correlation, partial_correlation
from customer_segmentation.exploration.description import numeric_columns
from customer_segmentation.formatting import level, listed

#: A correlation nearer to zero than this is called negligible; the next steps are small, moderate and large
#: (Cohen, Statistical Power Analysis, 1988).
NEGLIGIBLE = 0.1
SIZES = ((0.5, "large"), (0.3, "moderate"), (NEGLIGIBLE, "small"))


class Direction(Enum):
    """What a hypothesis expects of ``y`` where ``x`` is larger."""

    positive = "positive"
    negative = "negative"
    either = "either"


@dataclass(frozen=True)
class Hypothesis:
    """``x`` goes with ``y``; ``given`` names columns that may explain it, ``caution`` what the reader must know."""

    x: str
    y: str
    given: tuple[str, ...] = ()
    direction: Direction = Direction.positive
    caution: str = ""


@dataclass(frozen=True)
class HypothesisResult:
    """The figures of one hypothesis, and what they support."""

    hypothesis: Hypothesis
    pearson: Correlation
    spearman: Correlation
    p_corrected: float
    partial: Correlation | None
    partial_p_corrected: float
    supported: bool
    sentence: str


def assess_hypotheses(
    frame: pd.DataFrame,
    hypotheses: Sequence[Hypothesis],
    *,
    confidence: float = 0.95,
) -> list[HypothesisResult]:
    """Test every hypothesis on the same customers.

    Parameters
    ----------
    frame : DataFrame of shape (n_customers, n_columns)
    hypotheses : sequence of Hypothesis
    confidence : float
        Of the intervals; a hypothesis is supported at the level 1 - ``confidence``.

    Returns
    -------
    list of HypothesisResult
        In the order given. A hypothesis is supported when its corrected p is below 1 - ``confidence`` and r has the
        direction declared. p is corrected by Benjamini and Hochberg's procedure over the Pearson and partial
        correlations of all hypotheses (``scipy.stats.false_discovery_control``).

    Raises
    ------
    SettingsError
        A column is not there, holds no numbers, or stands twice in one hypothesis.
    """
    numbers = numeric_columns(frame)
    for hypothesis in hypotheses:
        _check(hypothesis, frame, numbers)
    direct = [correlation(numbers[h.x], numbers[h.y], confidence=confidence) for h in hypotheses]
    ranked = [
        correlation(numbers[h.x], numbers[h.y], method=Method.spearman, confidence=confidence) for h in hypotheses
    ]
    partial = [
        partial_correlation(numbers[h.x], numbers[h.y], numbers[list(h.given)], confidence=confidence)
        if h.given
        else None
        for h in hypotheses
    ]
    p_direct = [found.p for found in direct]
    p_partial = [np.nan if found is None else found.p for found in partial]
    corrected = _corrected(np.array(p_direct + p_partial))
    results = []
    for i, hypothesis in enumerate(hypotheses):
        p_corrected, partial_p_corrected = float(corrected[i]), float(corrected[len(hypotheses) + i])
        alpha = 1 - confidence
        supported = bool(p_corrected < alpha) and _as_declared(direct[i].r, hypothesis.direction)
        left = partial[i]
        sentences = [
            _relation(hypothesis, direct[i], ranked[i], p_corrected, supported, alpha),
            *([_remainder(hypothesis, left, partial_p_corrected, direct[i], alpha)] if left is not None else []),
            *([hypothesis.caution.strip()] if hypothesis.caution.strip() else []),
        ]
        results.append(
            HypothesisResult(
                hypothesis, direct[i], ranked[i], p_corrected, left, partial_p_corrected, supported, " ".join(sentences)
            )
        )
    return results


def hypotheses_table(results: Sequence[HypothesisResult]) -> pd.DataFrame:
    """One row a hypothesis: ``x``, ``y``, ``given``, ``direction``, ``n``, ``r``, ``low``, ``high``, ``spearman`` with
    its interval, ``p``, ``p_corrected``, the same of the partial correlation, ``supported`` and ``sentence``.
    """  # noqa: D205 - a list of columns is no summary
    none = Correlation(*(float("nan"),) * 4, n=0)
    rows = []
    for result in results:
        partial = result.partial or none
        rows.append(
            {
                "x": result.hypothesis.x,
                "y": result.hypothesis.y,
                "given": ", ".join(result.hypothesis.given),
                "direction": result.hypothesis.direction.value,
                "n": result.pearson.n,
                "r": result.pearson.r,
                "low": result.pearson.low,
                "high": result.pearson.high,
                "spearman": result.spearman.r,
                "spearman_low": result.spearman.low,
                "spearman_high": result.spearman.high,
                "p": result.pearson.p,
                "p_corrected": result.p_corrected,
                "partial_r": partial.r,
                "partial_low": partial.low,
                "partial_high": partial.high,
                "partial_p": partial.p,
                "partial_p_corrected": result.partial_p_corrected,
                "supported": result.supported,
                "sentence": result.sentence,
            }
        )
    return pd.DataFrame(rows)


def _check(hypothesis: Hypothesis, frame: pd.DataFrame, numbers: pd.DataFrame) -> None:
    names = [hypothesis.x, hypothesis.y, *hypothesis.given]
    where = f"The hypothesis {hypothesis.x!r} with {hypothesis.y!r}"
    for name in names:
        if name not in frame.columns:
            raise SettingsError(f"{where} needs the column {name!r}; the table has {', '.join(map(str, frame))}.")
        if name not in numbers.columns:
            raise SettingsError(f"{where} needs numbers, but {name!r} holds text; choose a numeric or yes/no column.")
    if len(set(names)) < len(names):
        raise SettingsError(f"{where} names a column twice ({', '.join(names)}); expected different columns.")


def _corrected(p: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg over the tests that could be made; NaN stays NaN."""
    corrected = np.full(len(p), np.nan)
    made = ~np.isnan(p)
    if made.any():
        corrected[made] = stats.false_discovery_control(np.clip(p[made], 0, 1), method="bh")
    return corrected


def _as_declared(r: float, direction: Direction) -> bool:
    return {Direction.positive: r > 0, Direction.negative: r < 0, Direction.either: r != 0}[direction]


def _size(found: Correlation) -> str:
    """Word for the smallest effect that the interval allows: a claim that its other values do not contradict."""
    if found.low <= 0 <= found.high:
        return "negligible"
    least = min(abs(found.low), abs(found.high))
    return next((word for bound, word in SIZES if least >= bound), "negligible")


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"


def _r(found: Correlation) -> str:
    return f"r = {_signed(found.r)} [{_signed(found.low)}, {_signed(found.high)}]"


def _signed(value: float) -> str:
    text = f"{value:.3f}"
    return "0.000" if text == "-0.000" else text.replace("-", "−")


def _relation(
    hypothesis: Hypothesis, found: Correlation, ranked: Correlation, p: float, supported: bool, alpha: float
) -> str:
    """State what the plain correlation shows."""
    pair = f"{hypothesis.x} and {hypothesis.y}"
    if np.isnan(found.r):
        return f"{pair}: not testable, because a column does not vary or fewer than three customers have both."
    interval = level(1 - alpha)
    figures = (
        f"{pair}: {_r(found)} ({interval} interval), n = {found.n:,}, corrected {_p(p)}; Spearman {_signed(ranked.r)}."
    )
    if not p < alpha:
        verdict = "The data shows no significant linear association."
    else:
        sign = "positive" if found.r > 0 else "negative"
        size = _size(found)
        strength = {"negligible": "that may be negligible", "large": "of large size"}.get(
            size, f"of at least {size} size"
        )
        opposed = "" if supported else ", against the direction expected"
        verdict = f"A {sign} association {strength}{opposed}."
        if ranked.r * found.r < 0 and ranked.p < alpha:
            verdict += " The ranks point the other way, so a few large values decide; do not rely on it."
    return f"{figures} {verdict}"


def _remainder(hypothesis: Hypothesis, found: Correlation, p: float, direct: Correlation, alpha: float) -> str:
    """State what is left of the relation given other columns."""
    others = listed(hypothesis.given)
    if np.isnan(found.r):
        return f"Controlling for {others} leaves nothing to test: one of the two is determined by it or does not vary."
    figures = f"Controlling for {others}: {_r(found)}, {_p(found.p)} (corrected {_p(p)});"
    if not p < alpha:
        if max(abs(found.low), abs(found.high)) < NEGLIGIBLE:
            return f"{figures} no significant association remains, and at most a negligible one is possible."
        return f"{figures} no significant association remains, but the interval does not exclude one."
    if found.r * direct.r < 0:
        return f"{figures} the association changes its sign."
    size = _size(found)
    strength = "that may be negligible" if size == "negligible" else f"of {size} size"
    return f"{figures} an association {strength} remains."
