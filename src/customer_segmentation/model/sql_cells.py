"""Cells of a table as SQL: blanks, numbers, yes and no, categories, read as the contract of a model reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import sqlglot
from sqlglot import exp

from customer_segmentation.data.cleaning import UNDECLARED
from customer_segmentation.data.expressions import DAYS_OF, Expression, parse
from customer_segmentation.errors import SettingsError
from customer_segmentation.model.sql_dates import date_sql
from customer_segmentation.model.sql_scaling import number
from customer_segmentation.settings.data import ColumnSpec, ColumnType
from customer_segmentation.sources.parsing.blanks import BLANK_SPELLINGS
from customer_segmentation.sources.parsing.texts import (
    NO_SPELLINGS,
    YES_SPELLINGS,
    cell_text,
    fold,
    match_values,
    parse_yes_no,
)

#: What everything here is written in, before sqlglot writes it in the dialect that is asked for.
WRITTEN_IN = "duckdb"
SHOWN = 60  # characters of a cell in a reason
_REPLACED = 12  # signs that are replaced in one step
_PLAIN_NUMBER = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"
#: Zeros, and texts whose number PostgreSQL may refuse as too large or too small for a double.
_BEYOND = (
    ("^[-+]?[0.]+([eE].*)?$", "0"),
    ("[eE][+]?0*(30[4-9]|3[1-9][0-9]|[4-9][0-9]{2}|[1-9][0-9]{3,})$", "Infinity"),
    ("^[-+]?([0-9]{6,}.*[eE][+]?0*[23][0-9]{2}$|[0-9]{101,}.*[eE]|([0-9]{103}){3})", "Infinity"),
    ("[eE]-0*([2-9][0-9]{2}|[1-9][0-9]{3,})$|^[-+]?0*[.]0{150,}", "0"),
)
_LARGEST = number(float(np.finfo(np.float64).max))
_SPACES = "' ' || CHR(9) || CHR(10) || CHR(13) || CHR(160)"
_INFINITE = ("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞", "+∞", "-∞")
#: What does not count where names are compared, beside case: punctuation and blanks.
_SIGNS = " -_.,;:/\\()[]{}'\"`´’+&*#%$€£!?|<>=~^@–—\u00a0"


@dataclass
class CellSql:
    """One column of the contract.

    Attributes
    ----------
    text : dict of str to str
        Columns of the first step, by name: what the cell holds.
    later : list of dict of str to str
        Columns of the steps after it.
    value : str
        The typed value; NULL where it is missing or cannot be read.
    problem : str
        The reason where it cannot be read; else NULL.
    """

    text: dict[str, str] = field(default_factory=dict)
    later: list[dict[str, str]] = field(default_factory=list)
    value: str = "NULL"
    problem: str = "NULL"


def written(statement: str, dialect: str) -> str:
    """A statement in the dialect that is asked for.

    Parameters
    ----------
    statement : in that of `WRITTEN_IN`
    dialect : of the database

    Raises
    ------
    SettingsError
        A name would be a variable in Spark.
    """
    tree: Any = sqlglot.parse_one(statement, read=WRITTEN_IN)
    text = str(tree.sql(dialect=dialect, pretty=True, max_text_width=110))
    if dialect != "spark" or "${" not in text:
        return text
    for name in tree.find_all(exp.Identifier):
        if "${" in name.name:
            raise SettingsError(
                f"Spark puts the value of a variable in the place of the name {name.name!r}; call the table or the "
                "column otherwise there, and say so with table= or headers=."
            )
    return text.replace("${", "\\u0024{")  # a variable's value would stand there, such as a password of ${env:NAME}


def text_literal(text: str) -> str:
    """Literal of a text."""
    return exp.Literal.string(text).sql(dialect=WRITTEN_IN)


def identifier(name: str) -> str:
    """A name in quotes."""
    return exp.to_identifier(name, quoted=True).sql(dialect=WRITTEN_IN)


def texts(words: Iterable[str]) -> str:
    """A list of literals, for IN."""
    return "(" + ", ".join(text_literal(word) for word in words) + ")"


def cell_of(name: str, header: str, spec: ColumnSpec, key: str, dialect: str) -> CellSql:
    """SQL of one column of the contract.

    Parameters
    ----------
    name, header : str
        Of the column, in the contract and in the table.
    spec : ColumnSpec
    key : str
        By which its columns of the first step are called.
    dialect : str
    """
    column, text = identifier(header), f"t_{key}"
    trimmed = f"TRIM(CAST({column} AS VARCHAR), {_SPACES})"
    blank = f"({text} IS NULL OR LOWER({text}) IN {texts(_blanks(spec.na_values))})"
    cell = CellSql({text: trimmed})
    if spec.type in (ColumnType.number, ColumnType.integer):
        cell.text[f"n_{key}"] = _number(column, trimmed, dialect)
        _as_number(cell, name, spec, text, f"n_{key}", blank)
    elif spec.type is ColumnType.yes_no:
        fill = None if spec.fill is None else int(parse_yes_no(pd.Series([cell_text(spec.fill)], dtype="str"))[0])
        yes, no = (f"LOWER({text}) IN {texts(sorted(words))}" for words in (YES_SPELLINGS, NO_SPELLINGS))
        filled = "NULL" if fill is None or fill < 0 else str(fill)
        cell.value = f"CASE WHEN {blank} THEN {filled} WHEN {yes} THEN 1 WHEN {no} THEN 0 END"
        cell.problem = _problem(name, text, "is neither yes nor no", f"{blank} OR {yes} OR {no}")
    elif spec.type is ColumnType.date:
        date = date_sql(name, spec, key)
        cell.later = date.steps
        wrong = " OR ".join(when for when, _ in date.problems)
        cell.value = f"CASE WHEN {blank} THEN {date.fill} WHEN COALESCE({wrong}, FALSE) THEN NULL ELSE {date.days} END"
        cases = " ".join(f"WHEN {when} THEN {told(name, text, reason)}" for when, reason in date.problems)
        cell.problem = f"CASE WHEN {blank} THEN NULL {cases} END"
    else:
        _as_word(cell, name, spec, key, blank, dialect)
    return cell


def _blanks(extra: Collection[str]) -> list[str]:
    return sorted(BLANK_SPELLINGS | {word.strip().lower() for word in extra})


def _number(column: str, trimmed: str, dialect: str) -> str:
    """The cell as a double where it is one, or a text that writes a plain one; with all of its digits."""
    if dialect == "sqlite":
        return _number_of_sqlite(column, trimmed)
    plain = f"REGEXP_MATCHES({trimmed}, {text_literal(_PLAIN_NUMBER)})"
    # the column itself, because texts of numbers may lose digits; its text for marks that a cast does not pass over
    cast = f"COALESCE(TRY_CAST({column} AS DOUBLE), TRY_CAST({trimmed} AS DOUBLE))"
    if dialect == "snowflake":  # whose TRY_CAST takes texts alone
        cast = f"COALESCE(AS_DOUBLE(TO_VARIANT({column})), TRY_TO_DOUBLE({trimmed}))"
    if dialect == "postgres":  # where a text beyond all doubles ends the whole statement
        cases = " ".join(
            f"WHEN REGEXP_MATCHES({trimmed}, {text_literal(pattern)}) THEN CAST({text_literal(value)} AS DOUBLE)"
            for pattern, value in _BEYOND
        )
        same = f"WHEN CAST({column} AS VARCHAR) = {trimmed} THEN CAST({column} AS DOUBLE)"
        cast = f"CASE {cases} {same} ELSE CAST({trimmed} AS DOUBLE) END"
    return f"CASE WHEN {plain} THEN {cast} END"


def _number_of_sqlite(column: str, trimmed: str) -> str:
    """The same where there are no regular expressions, and a cell has a type of its own."""

    def plain(text: str, signs: str) -> str:
        return (
            f"NOT {text} GLOB '*[^{signs}0-9]*' AND {text} GLOB '*[0-9]*' AND NOT {text} GLOB '*.*.*' "
            f"AND NOT SUBSTR({text}, 2) GLOB '*[-+]*'"
        )

    e = f"STRPOS(LOWER({trimmed}), 'e')"
    mantissa, power = f"SUBSTR({trimmed}, 1, {e} - 1)", f"SUBSTR({trimmed}, {e} + 1)"
    cast = f"CAST({trimmed} AS DOUBLE)"
    return (
        f"CASE WHEN TYPEOF({column}) IN ('integer', 'real') THEN CAST({column} AS DOUBLE) "
        f"WHEN {plain(trimmed, '-+.')} THEN {cast} "
        f"WHEN {e} > 0 AND {plain(mantissa, '-+.')} AND {plain(power, '-+')} THEN {cast} END"
    )


def _as_number(cell: CellSql, name: str, spec: ColumnSpec, text: str, raw: str, blank: str) -> None:
    filled = "NULL" if spec.fill is None else number(float(spec.fill))
    known = f"{blank} OR {raw} IS NOT NULL"
    infinite = f"LOWER({text}) IN {texts(_INFINITE)} OR ABS({raw}) > {_LARGEST}"
    value = f"CASE WHEN ABS({raw}) <= {_LARGEST} THEN {raw} END"
    problems = [(infinite, "is not finite"), (f"NOT ({known})", "is not a number")]
    if spec.type is ColumnType.integer:
        fractional = f"{raw} <> FLOOR({raw})"
        problems.append((fractional, "is not a whole number"))
        value = f"CASE WHEN ABS({raw}) <= {_LARGEST} AND {raw} = FLOOR({raw}) THEN {raw} END"
    cell.value = f"CASE WHEN {blank} THEN {filled} ELSE {value} END"
    cases = " ".join(f"WHEN {when} THEN {told(name, text, reason)}" for when, reason in problems)
    cell.problem = f"CASE {cases} END"


def _as_word(cell: CellSql, name: str, spec: ColumnSpec, key: str, blank: str, dialect: str) -> None:
    text = f"t_{key}"
    fill = None if spec.fill is None else str(spec.fill)
    filled = "NULL" if fill is None else text_literal(fill)
    if not spec.values:
        kept = "" if fill is None else f"WHEN {text} = {filled} THEN {text} "
        cell.value = f"CASE {kept}WHEN {blank} THEN {filled} ELSE {text} END"
        return
    allowed = list(dict.fromkeys([*spec.values, *([] if fill is None else [fill])]))
    cell.later = _folding(text, key, allowed, dialect)
    (folded,) = cell.later[-1]
    # what several declared values have in common when folded goes to the one that the model takes
    spelt = {fold(word): match_values(pd.Series([fold(word)], dtype="str"), allowed)[0] for word in allowed}
    cases = f"WHEN {text} IN {texts(allowed)} THEN {text} "
    cases += " ".join(f"WHEN {folded} = {text_literal(word)} THEN {text_literal(to)}" for word, to in spelt.items())
    cell.value = f"CASE {cases} WHEN {blank} THEN {filled} END"
    known = f"{blank} OR {text} IN {texts(allowed)} OR {folded} IN {texts(spelt)}"
    cell.problem = _problem(name, text, f"{UNDECLARED} {', '.join(spec.values)}", known)


def _folding(text: str, key: str, allowed: Collection[str], dialect: str) -> list[dict[str, str]]:
    """Steps to a text without case, blanks and punctuation.

    Of other letters than ASCII those of the declared values change their case: SQLite knows no other.
    """
    letters = {letter for word in allowed for letter in word.casefold() if ord(letter) > 127 and letter.isalpha()}
    pairs = [(letter.upper(), letter) for letter in sorted(letters) if len(letter.upper()) == 1] + [("ß", "ss")]
    if dialect == "sqlite":  # without TRANSLATE: one sign after the other, a few a step, because parsers are recursive
        pairs += [(sign, "") for sign in _SIGNS]
    else:
        text = f"TRANSLATE({text}, {text_literal(_SIGNS)}, '')"
    steps = []
    for at in range(0, len(pairs), _REPLACED):
        sql = text if at else f"LOWER({text})"
        for before, after in pairs[at : at + _REPLACED]:
            sql = f"REPLACE({sql}, {text_literal(before)}, {text_literal(after)})"
        text = f"k{at // _REPLACED}_{key}"
        steps.append({text: sql})
    return steps


def told(name: str, text: str, reason: str) -> str:
    """A reason that quotes the cell.

    Parameters
    ----------
    name : of the column
    text : SQL of the cell as text
    reason : what is wrong with it
    """
    return (
        f"{text_literal(f'{name}: ' + chr(39))} || SUBSTR({text}, 1, {SHOWN}) || {text_literal(chr(39) + f' {reason}')}"
    )


def _problem(name: str, text: str, reason: str, unless: str) -> str:
    return f"CASE WHEN NOT ({unless}) THEN {told(name, text, reason)} END"


def blank_sql(value: object) -> str:
    """Literal of what a model takes blank cells for.

    Parameters
    ----------
    value : see `CustomerFeatures`
    """
    return text_literal(value) if isinstance(value, str) else number(float(value))  # type: ignore[arg-type]  # a number


def expression_sql(expression: Expression, columns: dict[str, str], blanks: Mapping[str, str] | None = None) -> str:
    """SQL of an expression of the small grammar; NULL where it has no value.

    Parameters
    ----------
    expression : Expression
    columns : dict of str to str
        Where each column stands, as SQL.
    blanks : mapping of str to str, optional
        Column to what its blank cells are taken for, as SQL.
    """
    if expression.operation == "column":
        column, blank = columns[expression.name], (blanks or {}).get(expression.name)
        return column if blank is None else f"COALESCE({column}, {blank})"
    if expression.operation == "missing":
        return f"(CASE WHEN {columns[expression.operands[0].name]} IS NULL THEN 1 ELSE 0 END)"
    if expression.operation == "number":
        return number(expression.number)
    operands = [expression_sql(operand, columns, blanks) for operand in expression.operands]
    first = operands[0]
    match expression.operation:
        case "ratio":
            return f"(CASE WHEN {operands[1]} <> 0 THEN 1e+00 * {first} / {operands[1]} END)"
        case "sum":
            return "(" + " + ".join(operands) + ")"
        case "difference":
            return f"({first} - {operands[1]})"
        case "count_yes":
            return "(" + " + ".join(f"CASE WHEN {operand} = 1 THEN 1 ELSE 0 END" for operand in operands) + ")"
        case "log":
            return f"(CASE WHEN {first} >= 0 THEN LN(1 + {first}) END)"
        case "truncate":
            return f"(CASE WHEN {first} < 0 THEN CEIL({first}) ELSE FLOOR({first}) END)"
    return f"(({operands[1]} - {first}) / {number(DAYS_OF[expression.operation])})"  # parse() lets nothing else through


def parsed(name: str, plain: object) -> Expression:
    """Expression of a feature as a model keeps it.

    Parameters
    ----------
    name : of the feature
    plain : its plain form
    """
    return parse(plain, where=f"features.columns.{name}")
