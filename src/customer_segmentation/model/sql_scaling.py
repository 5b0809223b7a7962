"""A fitted scaling as SQL: the closed form of each coordinate of the space, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from customer_segmentation.errors import StudyError

#: Beyond this exponent of e a double is infinite; a database may end the whole query where it would get one.
_MOST_EXPONENT = 700.0
#: Where the Yeo-Johnson exponent is as near to 0 or 2, scikit-learn takes the logarithm.
_NEAR = float(np.spacing(1.0))

#: Functions of a FunctionTransformer: their SQL, and what the value must be for there to be a result.
_FUNCTIONS: dict[str, tuple[str, str]] = {
    "log1p": ("LN(1 + {x})", "{x} > -1"),
    "log": ("LN({x})", "{x} > 0"),
    "log2": ("LN({x}) / LN(2)", "{x} > 0"),
    "log10": ("LN({x}) / LN(10)", "{x} > 0"),
    "sqrt": ("SQRT({x})", "{x} >= 0"),
    "square": ("{x} * {x}", "ABS({x}) < 1e+150"),
}


def number(value: float) -> str:
    """Literal of a double with all of its digits; the exponent keeps databases from taking it for a decimal."""
    return str(np.format_float_scientific(float(value), trim="0"))


def coordinates(scaling: Any, features: Sequence[str], columns: Sequence[str], text: Callable[[str], str]) -> list[str]:
    """SQL of each dimension of a space.

    Parameters
    ----------
    scaling : fitted scikit-learn transformer
        Second step of a model's pipeline.
    features : sequence of str
        Names of the features, in the model's order.
    columns : sequence of str
        Where each stands, as SQL.
    text : callable
        Literal of a text.

    Returns
    -------
    list of str
        In the order of the centres' dimensions; NULL where a value has no image.

    Raises
    ------
    StudyError
        The scaling has no closed form.
    """
    at = dict(zip(features, columns, strict=True))
    if not isinstance(scaling, ColumnTransformer):
        return _scaled(scaling, list(columns))
    found: list[str] = []
    for _, step, names in scaling.transformers_:
        inputs = [at[str(name)] for name in names]
        if isinstance(step, OneHotEncoder):
            found += _one_hot(step, inputs, text)
        elif isinstance(step, Pipeline) and isinstance(step.steps[0][1], OneHotEncoder):
            found += _scaled(Pipeline(step.steps[1:]), _one_hot(step.steps[0][1], inputs, text))
        elif isinstance(step, str):
            found += inputs if step == "passthrough" else []
        elif inputs:
            found += _scaled(step, inputs)
    return found


def _one_hot(encoder: OneHotEncoder, columns: Sequence[str], text: Callable[[str], str]) -> list[str]:
    dropped = encoder.drop_idx_ if encoder.drop_idx_ is not None else [None] * len(columns)
    return [
        f"CASE WHEN {column} = {text(str(word))} THEN 1e+00 ELSE 0e+00 END"
        for column, words, left_out in zip(columns, encoder.categories_, dropped, strict=True)
        for position, word in enumerate(words)
        if left_out is None or position != left_out
    ]


def _scaled(scaler: Any, columns: list[str]) -> list[str]:
    match scaler:
        case Pipeline():
            for _, step in scaler.steps:
                columns = _scaled(step, columns)
            return columns
        case FunctionTransformer():
            return _function(scaler, columns)
        case StandardScaler() | RobustScaler():
            centre = scaler.mean_ if isinstance(scaler, StandardScaler) else scaler.center_
            by = scaler.scale_
            if isinstance(scaler, StandardScaler):
                centre = centre if scaler.with_mean else None
            return [
                _linear(column, 0.0 if centre is None else centre[at], 1.0 if by is None else by[at])
                for at, column in enumerate(columns)
            ]
        case MinMaxScaler() if not scaler.clip:
            return [
                f"{column} * {number(by)} + {number(shift)}"
                for column, by, shift in zip(columns, scaler.scale_, scaler.min_, strict=True)
            ]
        case MaxAbsScaler():
            return [f"{column} / {number(by)}" for column, by in zip(columns, scaler.scale_, strict=True)]
        case PowerTransformer() if scaler.method == "yeo-johnson":
            powers = [_yeo_johnson(column, power) for column, power in zip(columns, scaler.lambdas_, strict=True)]
            return _scaled(scaler._scaler, powers) if scaler.standardize else powers
        case Normalizer() if scaler.norm == "l2":
            norm = "SQRT(" + " + ".join(f"{column} * {column}" for column in columns) + ")"
            return [f"CASE WHEN {norm} > 0 THEN {column} / {norm} ELSE {column} END" for column in columns]
    name = type(scaler).__name__
    why = "it is a table of ranks" if isinstance(scaler, QuantileTransformer) else "none is known here"
    raise StudyError(
        f"the scaling of this model ({name}) has no closed form in SQL ({why}); label with `segment score`, or take a "
        "model of another scaling, such as standard, minmax, robust, none, log_standard, power or l2_rows."
    )


def _linear(column: str, centre: float, by: float) -> str:
    return f"({column} - {number(centre)}) / {number(by)}"


def _function(scaler: FunctionTransformer, columns: list[str]) -> list[str]:
    if scaler.func is None:
        return columns
    name = getattr(scaler.func, "__name__", "")
    if name not in _FUNCTIONS or scaler.func is not getattr(np, name, None):
        raise StudyError(
            f"the scaling of this model computes {name or scaler.func}, whose SQL is not known; label with "
            "`segment score`."
        )
    form, condition = _FUNCTIONS[name]
    return [f"CASE WHEN {condition.format(x=x)} THEN {form.format(x=x)} END" for x in columns]


def _yeo_johnson(column: str, power: float) -> str:
    """Closed form of I.-K. Yeo and R. A. Johnson, Biometrika 87, 2000; NULL where it is beyond all doubles."""
    if abs(power) < _NEAR:
        above = f"LN(1 + {column})"
    else:
        above = f"({_power(f'LN(1 + {column})', power)} - 1) / {number(power)}"
    if abs(power - 2) < _NEAR:
        below = f"-LN(1 - {column})"
    else:
        below = f"-({_power(f'LN(1 - {column})', 2 - power)} - 1) / {number(2 - power)}"
    return f"CASE WHEN {column} >= 0 THEN {above} WHEN {column} < 0 THEN {below} END"


def _power(logarithm: str, power: float) -> str:
    """A power as the exponential of its logarithm, guarded on both sides."""
    exponent = f"{logarithm} * {number(power)}"
    beyond = f"WHEN {exponent} > {number(_MOST_EXPONENT)} THEN NULL WHEN {exponent} < {number(-_MOST_EXPONENT)} THEN 0"
    return f"CASE {beyond} ELSE EXP({exponent}) END"
