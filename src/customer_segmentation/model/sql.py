"""A segment model as one SELECT that labels customers where they are: in the warehouse.

The statement is a chain of small steps (texts, cells, features, coordinates, scores), written in one dialect and
translated by sqlglot. It labels as the model does: the same blanks, limits, repairs and features, the coordinates by
the scaling's closed form, the segment by the least |c|² - 2 x·c over the centres c, which is how scikit-learn's K-means
predicts. Numbers must stand in the table as numbers, or as texts with a decimal point and no other marks; of
"1,234.50 €" the model finds out from the whole column what is meant, which one row of a SELECT cannot.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sqlglot import exp
from sqlglot.errors import SqlglotError

from customer_segmentation.clustering.ward import Ward
from customer_segmentation.data.contract import spec_from_plain
from customer_segmentation.errors import SettingsError, StudyError
from customer_segmentation.model.segment_model import FARTHEST, TOO_FAR, SegmentModel, distinct_names
from customer_segmentation.model.sql_cells import (
    WRITTEN_IN,
    blank_sql,
    cell_of,
    expression_sql,
    identifier,
    parsed,
    text_literal,
    told,
    written,
)
from customer_segmentation.model.sql_scaling import coordinates, number
from customer_segmentation.settings.data import ColumnSpec, Role
from customer_segmentation.settings.export import Dialect


@dataclass
class _Steps:
    """Steps of a statement, each with all columns of the one before and some more."""

    done: list[str] = field(default_factory=list)
    last: str = ""
    kept: str = (
        ""  # MATERIALIZED, where a database would otherwise put each step into the next and its text would explode
    )

    def add(self, name: str, columns: Mapping[str, str], *, start: str = "") -> None:
        if not columns:
            return
        listed = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
        step = f"{name} AS {self.kept}(SELECT {start or '*, '}{listed} FROM {self.last})"  # noqa: S608 - quoted parts
        self.done.append(step)
        self.last = name


def labelling_select(
    model: SegmentModel,
    *,
    dialect: Dialect,
    table: str,
    headers: Mapping[str, str] | None = None,
    key: str | None = None,
) -> str:
    """One SELECT with the columns of `RESULTS` for each row of a table.

    Parameters
    ----------
    model : SegmentModel
    dialect : {"duckdb", "postgres", "bigquery", "snowflake", "spark", "sqlite"}
    table : str
        Name of the customers' table in the database.
    headers : mapping of str to str, optional
        Column of the model to its name in the table, where that is another.
    key : str, optional
        Column of the table that names the customer; by default the id of the model's contract.

    Returns
    -------
    str
        The statement, without a semicolon.

    Raises
    ------
    StudyError
        The model is no nearest-centre rule, or its scaling has no closed form.
    SettingsError
        The table's name cannot be read, a header is for a column that the model does not read, there is no id, or a
        name would be a variable in Spark.
    """
    estimator = model.pipeline.steps[-1][1]
    if not isinstance(estimator, KMeans | MiniBatchKMeans | Ward):
        raise StudyError(
            f"{type(estimator).__name__} does not put a customer into the segment of the nearest centre, which is what "
            "the SELECT computes; label with `segment score`, or take a model of K-means."
        )
    called = headers_of(model, headers or {})
    key = key or _id_of(model, called)
    steps = _Steps(last=_table(table, dialect), kept="MATERIALIZED " if dialect in ("sqlite", "postgres") else "")
    _cells_and_features(model, called, key, dialect, steps)
    names, columns = list(model.step.features), [f"f_{at}" for at in range(len(model.step.features))]
    found = coordinates(model.pipeline.steps[1][1], names, columns, text_literal)
    axes = [f"x_{at}" for at in range(len(found))]
    placed = {axis: f"CASE WHEN reason_1 IS NULL THEN {sql} END" for axis, sql in zip(axes, found, strict=True)}
    steps.add("coordinates", placed)
    lost = " OR ".join(f"{axis} IS NULL" for axis in axes)
    steps.add("placed", {"reason_2": f"CASE WHEN reason_1 IS NULL AND ({lost}) THEN {text_literal(TOO_FAR)} END"})
    _scores(model, axes, steps)
    return written(_final(model, key, steps), dialect)


def headers_of(model: SegmentModel, headers: Mapping[str, str]) -> dict[str, str]:
    """Name in the table of each column that the model reads, and of its id.

    Parameters
    ----------
    model : what is exported
    headers : column of the model to its name in the table, where that is another

    Raises
    ------
    SettingsError
        A header is for a column that the model does not read, or for two columns.
    """
    ids = [name for name, plain in model.contract.items() if plain.get("role") == Role.id.value]
    known = list(dict.fromkeys([*model.step.columns, *ids]))
    for name in headers:
        if name not in known:
            raise SettingsError(f"headers names {name!r}, which the model does not read; it reads {', '.join(known)}.")
    called: dict[str, str] = {}
    for name in known:
        header = headers.get(name, name)
        if header in called.values():
            other = next(one for one in called if called[one] == header)
            raise SettingsError(
                f"headers: the column {header!r} cannot be both {other!r} and {name!r}; each needs a column of its own."
            )
        called[name] = header
    return called


def _id_of(model: SegmentModel, called: Mapping[str, str]) -> str:
    found = [name for name, plain in model.contract.items() if plain.get("role") == Role.id.value]
    if not found:
        raise SettingsError("the model's table has no id; name the column that tells customers apart with id=COLUMN.")
    return called[found[0]]


def _table(table: str, dialect: str) -> str:
    with contextlib.suppress(SqlglotError):
        found = exp.to_table(table, dialect=dialect)
        plain = isinstance(found, exp.Table) and set(found.args) <= {"this", "db", "catalog"}
        named = plain and bool(found.name) and isinstance(found.this, exp.Identifier)
        if named and not (dialect == "sqlite" and found.catalog):
            return found.sql(dialect=WRITTEN_IN, identify=True)
    raise SettingsError(f"table={table} is not the name of a table in {dialect}; expected e.g. shop.customers.")


def _cells_and_features(model: SegmentModel, called: Mapping[str, str], key: str, dialect: str, steps: _Steps) -> None:
    """Add the steps from a table's cells to features and to why there is no label."""
    specs = {name: spec_from_plain(plain) for name, plain in model.step.columns.items()}
    keys = _keys(list(specs))
    cells = {name: cell_of(name, called[name], spec, keys[name], dialect) for name, spec in specs.items()}
    steps.add(
        "texts",
        {column: sql for cell in cells.values() for column, sql in cell.text.items()},
        start=f"{identifier(key)} AS customer, ",
    )
    for at in range(max(len(cell.later) for cell in cells.values())):
        later = (cell.later[at] for cell in cells.values() if at < len(cell.later))
        steps.add(f"spellings_{at}", {column: sql for columns in later for column, sql in columns.items()})
    typed = {f"v_{keys[name]}": cell.value for name, cell in cells.items()}
    steps.add("cells", typed | {f"p_{keys[name]}": cell.problem for name, cell in cells.items()})
    values, problems = _corrected(specs, keys, steps)
    blanks = {name: blank_sql(value) for name, value in (model.step.blanks or {}).items()}
    features = {
        f"f_{at}": expression_sql(parsed(name, plain), values, blanks)
        for at, (name, plain) in enumerate(model.step.features.items())
    }
    needed = model.needed
    parts = [problems[name] for name in specs if name in needed]
    parts += [
        f"CASE WHEN {values[name]} IS NULL AND {problems[name]} IS NULL THEN {text_literal(f'{name} is missing')} END"
        for name in needed
        if name not in model.step.may_be_blank
    ]
    told_of = " || ".join(f"COALESCE({part} || '; ', '')" for part in parts)
    steps.add("features", features | {"reasons": told_of})
    numeric = [(at, name) for at, name in enumerate(model.step.features) if name not in model.step.categories]
    cases = " ".join(f"WHEN f_{at} IS NULL THEN {text_literal(f'{name} has no finite value')}" for at, name in numeric)
    cases += "".join(f" WHEN ABS(f_{at}) > {number(FARTHEST)} THEN {text_literal(TOO_FAR)}" for at, _ in numeric)
    steps.add(
        "described", {"reason_1": f"CASE WHEN reasons <> '' THEN SUBSTR(reasons, 1, LENGTH(reasons) - 2) {cases} END"}
    )


def _keys(names: list[str]) -> dict[str, str]:
    """Short names for columns, which no database minds, each once."""
    slugs = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:30] for name in names]
    return {name: f"{at}_{slug}".rstrip("_") for at, (name, slug) in enumerate(zip(names, slugs, strict=True))}


def _corrected(
    specs: Mapping[str, ColumnSpec], keys: Mapping[str, str], steps: _Steps
) -> tuple[dict[str, str], dict[str, str]]:
    """Add repairs and limits; return the columns that hold each value and each problem now."""
    values = {name: f"v_{keys[name]}" for name in specs}
    problems = {name: f"p_{keys[name]}" for name in specs}
    for name, spec in specs.items():
        text = f"t_{keys[name]}"
        if spec.repair is not None:
            expression = parsed(name, spec.repair.using)
            wrong = f"{values[name]} < {number(spec.repair.below)}"
            better = expression_sql(expression, values)
            good = f"{better} >= {number(spec.repair.below)}"
            sentence = f"is below {spec.repair.below:g} and cannot be repaired by {expression}"
            new = {
                f"r_{keys[name]}": f"CASE WHEN {wrong} THEN CASE WHEN {good} THEN {better} END ELSE {values[name]} END",
                f"q_{keys[name]}": (
                    f"CASE WHEN {wrong} AND NOT COALESCE({good}, FALSE) THEN {told(name, text, sentence)} "
                    f"ELSE {problems[name]} END"
                ),
            }
            values[name], problems[name] = new
            steps.add(f"repaired_{keys[name]}", new)
        limits = [
            (f"{values[name]} {sign} {number(limit)}", f"is {word} {limit:g}, the {end} possible value")
            for sign, limit, word, end in (
                ("<", spec.minimum, "below", "smallest"),
                (">", spec.maximum, "above", "largest"),
            )
            if limit is not None and f"n_{keys[name]}" and spec.type.value in ("number", "integer")
        ]
        if limits:
            cases = " ".join(f"WHEN {when} THEN {told(name, text, sentence)}" for when, sentence in limits)
            beyond = " OR ".join(when for when, _ in limits)
            new = {
                f"b_{keys[name]}": f"CASE WHEN NOT COALESCE({beyond}, FALSE) THEN {values[name]} END",
                f"o_{keys[name]}": f"CASE {cases} ELSE {problems[name]} END",
            }
            values[name], problems[name] = new
            steps.add(f"limited_{keys[name]}", new)
    return values, problems


def _scores(model: SegmentModel, axes: list[str], steps: _Steps) -> None:
    """Add, for each centre, what is least at the nearest one, and the squared distance."""
    centres = np.asarray(model.pipeline.steps[-1][1].cluster_centers_, dtype=np.float64)
    squares = {}
    scores = {}
    for cluster, centre in enumerate(centres):
        products = " + ".join(f"{axis} * {number(-2 * c)}" for axis, c in zip(axes, centre, strict=True))
        scores[f"s_{cluster}"] = f"{number(float(centre @ centre))} + {products}"
        own = model.centres[cluster]
        squares[f"d_{cluster}"] = " + ".join(
            f"POWER({axis} - {number(c)}, 2)" for axis, c in zip(axes, own, strict=True)
        )
    steps.add("scores", scores | squares)
    k = len(centres)
    cases = []
    for cluster in range(k - 1):  # of equal scores the first wins
        least = " AND ".join(f"s_{cluster} <= s_{other}" for other in range(cluster + 1, k))
        cases.append(f"WHEN {least} THEN {cluster}")
    nearest = f"CASE WHEN reason_1 IS NOT NULL OR reason_2 IS NOT NULL THEN NULL {' '.join(cases)} ELSE {k - 1} END"
    steps.add("nearest", {"cluster": nearest})


def _final(model: SegmentModel, key: str, steps: _Steps) -> str:
    k = len(model.numbers)
    names = distinct_names([model.name_of(one) for one in model.numbers])

    def by_cluster(cells: list[str]) -> str:
        return "CASE cluster " + " ".join(f"WHEN {at} THEN {cell}" for at, cell in enumerate(cells)) + " END"

    others = [[f"d_{other}" for other in range(k) if other != at] for at in range(k)]
    second = by_cluster(
        [f"LEAST({', '.join(other)})" if len(other) > 1 else "".join(other) or "NULL" for other in others]
    )
    own = by_cluster([f"d_{at}" for at in range(k)])
    steps.add("measured", {"own_distance": f"SQRT({own})", "other_distance": f"SQRT({second})"})
    larger = "CASE WHEN own_distance > other_distance THEN own_distance ELSE other_distance END"
    margin = f"CASE WHEN {larger} > 0 THEN (other_distance - own_distance) / ({larger}) ELSE 0 END"
    if k == 1:
        margin = "1"
    columns = {
        identifier(key): "customer",
        "segment": by_cluster([str(int(one)) for one in model.numbers]),
        "segment_name": by_cluster([text_literal(name) for name in names]),
        "distance": "own_distance",
        "margin": f"CASE WHEN cluster IS NOT NULL THEN {margin} END",
        "reason": "COALESCE(reason_1, reason_2)",
    }
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    return f"WITH {', '.join(steps.done)} SELECT {listed} FROM {steps.last}"  # noqa: S608 - quoted parts
