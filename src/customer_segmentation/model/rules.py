"""A segment model as a few rules to read: a decision tree of limited depth and leaves, and how often it agrees.

The tree is an explanation, not the model: its agreement is the share of customers to whom it gives the model's segment,
on halves of the customers that it was not fitted on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from customer_segmentation.formatting import percent
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.model.sql import headers_of
from customer_segmentation.model.sql_cells import (
    blank_sql,
    expression_sql,
    identifier,
    parsed,
    text_literal,
    texts,
    written,
)
from customer_segmentation.settings.export import Dialect
from customer_segmentation.sources.parsing.texts import YES_SPELLINGS

DEPTH, LEAVES, FEATURES = 4, 16, 5
#: Customers that a tree is fitted on at most; more change no rule that is worth reading.
ROWS = 20_000
#: Digits of a threshold: rules are for people, and the agreement is measured on what is written.
DIGITS = 4


def learn_rules(
    features: pd.DataFrame,
    clusters: npt.NDArray[np.integer],
    *,
    indicators: Collection[str] = (),
    most_features: int = FEATURES,
    depth: int = DEPTH,
    leaves: int = LEAVES,
    seed: int = 0,
) -> dict[str, Any]:
    """Fit a shallow tree that tells the cluster of a customer.

    Parameters
    ----------
    features : DataFrame of shape (n_customers, n_features)
        In their own units; words for categories.
    clusters : integer array of shape (n_customers,)
    indicators : collection of str
        Features that are 0 or 1 because they are yes or no.
    most_features : int
        Those that tell most are taken, as the constraint of the choice takes them.
    depth, leaves : int
        At most so many questions in a row, and so many rules.
    seed : int

    Returns
    -------
    dict
        As JSON has it: ``agreement`` (share of customers, held out), ``customers``, ``depth``, ``leaves`` and ``tree``.
        A node has ``customers`` and ``cluster`` and ``share``, or ``feature``, ``kind``, ``value``, ``yes`` and ``no``.
    """
    if len(features) > ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(len(features), ROWS, replace=False))
        features, clusters = features.iloc[rows], clusters[rows]
    words = [str(name) for name in features if not pd.api.types.is_numeric_dtype(features[name].dtype)]
    dummies = pd.get_dummies(features, columns=words, prefix_sep="\0", dtype=float)
    dummies = _telling_most(dummies, clusters, most_features, depth, leaves, seed)
    asked = [_question(str(name), indicators) for name in dummies]
    matrix = dummies.to_numpy(dtype=float)
    halves = np.array_split(np.random.default_rng(seed).permutation(len(matrix)), 2)
    right = 0
    for fitted, other in (halves, halves[::-1]):
        if len(fitted) and len(other):
            tree = _fitted(matrix[fitted], clusters[fitted], asked, depth, leaves, seed)
            right += int((_told(tree, dummies.iloc[other], asked) == clusters[other]).sum())
    tree = _fitted(matrix, clusters, asked, depth, leaves, seed)
    return {
        "agreement": right / max(len(matrix), 1),
        "customers": len(matrix),
        "depth": depth,
        "leaves": sum(1 for _ in _leaves(tree)),
        "tree": tree,
    }


def _telling_most(
    dummies: pd.DataFrame, clusters: npt.NDArray[np.integer], most: int, depth: int, leaves: int, seed: int
) -> pd.DataFrame:
    """Columns of the ``most`` features that tell most in a tree over all of them."""
    from sklearn.tree import DecisionTreeClassifier

    owners = np.array([str(name).partition("\0")[0] for name in dummies])
    if len(set(owners)) <= most:
        return dummies
    made = DecisionTreeClassifier(max_depth=depth, max_leaf_nodes=max(leaves, 2), random_state=seed)
    weights = made.fit(dummies.to_numpy(dtype=float), clusters).feature_importances_
    first = pd.Series(weights).groupby(owners, sort=False).sum().sort_values(ascending=False, kind="stable")
    return dummies.loc[:, np.isin(owners, list(first.index[:most]))]


def _question(column: str, indicators: Collection[str]) -> dict[str, Any]:
    name, mark, word = column.partition("\0")
    kind = "category" if mark else "yes_no" if name in indicators else "number"
    return {"feature": name, "kind": kind, "value": word if mark else None}


def _fitted(
    matrix: npt.NDArray[np.float64],
    clusters: npt.NDArray[np.integer],
    asked: list[dict[str, Any]],
    depth: int,
    leaves: int,
    seed: int,
) -> dict[str, Any]:
    from sklearn.tree import DecisionTreeClassifier

    made = DecisionTreeClassifier(max_depth=depth, max_leaf_nodes=max(leaves, 2), random_state=seed)
    inner = made.fit(matrix, clusters).tree_

    def node(at: int) -> dict[str, Any]:
        customers = int(inner.n_node_samples[at])
        low, high = int(inner.children_left[at]), int(inner.children_right[at])
        if low < 0:
            shares = inner.value[at][0] / inner.value[at][0].sum()
            best = int(shares.argmax())
            return {"customers": customers, "cluster": int(made.classes_[best]), "share": float(shares[best])}
        question = asked[int(inner.feature[at])]
        low_node, high_node = node(low), node(high)
        if low_node.get("cluster", -1) == high_node.get("cluster", -2):  # one rule where both answers are the same
            both = low_node["share"] * low_node["customers"] + high_node["share"] * high_node["customers"]
            return {"customers": customers, "cluster": low_node["cluster"], "share": both / customers}
        if question["kind"] == "number":
            value = float(f"{float(inner.threshold[at]):.{DIGITS}g}")
            return {**question, "value": value, "customers": customers, "yes": low_node, "no": high_node}
        return {**question, "customers": customers, "yes": high_node, "no": low_node}

    return node(0)


def _told(tree: Mapping[str, Any], dummies: pd.DataFrame, asked: list[dict[str, Any]]) -> npt.NDArray[np.int64]:
    """Clusters that the written tree gives customers."""
    at = {(question["feature"], question["value"]): place for place, question in enumerate(asked)}
    matrix = dummies.to_numpy(dtype=float)
    found = np.empty(len(matrix), dtype=np.int64)

    def go(node: Mapping[str, Any], rows: npt.NDArray[np.intp]) -> None:
        if "cluster" in node:
            found[rows] = node["cluster"]
            return
        if node["kind"] == "number":
            yes = matrix[rows, at[node["feature"], None]] <= node["value"]
        else:
            yes = matrix[rows, at[node["feature"], node["value"]]] == 1
        go(node["yes"], rows[yes])
        go(node["no"], rows[~yes])

    go(tree, np.arange(len(matrix)))
    return found


def _leaves(
    node: Mapping[str, Any], path: tuple[tuple[Mapping[str, Any], bool], ...] = ()
) -> Iterator[tuple[Mapping[str, Any], tuple[tuple[Mapping[str, Any], bool], ...]]]:
    """Every rule: the leaf, and the questions with their answers on the way to it."""
    if "cluster" in node:
        yield node, path
        return
    yield from _leaves(node["yes"], (*path, (node, True)))
    yield from _leaves(node["no"], (*path, (node, False)))


@dataclass(frozen=True)
class Rule:
    """One rule: who it is for in words, its cluster, the share of customers, and for how many of these it is right."""

    conditions: str
    cluster: int
    share: float
    right: float


def rules_in_words(rules: Mapping[str, Any]) -> list[Rule]:
    """The rules of a tree as `learn_rules` makes it, that for most customers first."""
    leaves = sorted(_leaves(rules["tree"]), key=lambda rule: -rule[0]["customers"])
    return [
        Rule(
            _conditions(path),
            leaf["cluster"],
            leaf["customers"] / max(rules["customers"], 1),
            leaf["share"],
        )
        for leaf, path in leaves
    ]


def _conditions(path: tuple[tuple[Mapping[str, Any], bool], ...]) -> str:
    """All answers of a rule in words: of several bounds of a number in one direction only the narrowest counts."""
    bounds: dict[tuple[str, bool], Mapping[str, Any]] = {}
    for question, answer in path:
        if question["kind"] == "number":
            held = bounds.get((question["feature"], answer), question)
            narrowest = min if answer else max
            bounds[question["feature"], answer] = narrowest(held, question, key=lambda one: one["value"])
    told: dict[tuple[str, Any], str] = {}
    for question, answer in path:
        name = question["feature"]
        if question["kind"] != "number":
            told[name, question["value"]] = in_words(question, answer=answer)
            continue
        both = [in_words(bounds[name, side], answer=side) for side in (False, True) if (name, side) in bounds]
        told[name, None] = " and ".join([both[0], *(text.removeprefix(f"{name} ") for text in both[1:])])
    return " and ".join(told.values()) or "all customers"


def agreement_text(rules: Mapping[str, Any]) -> str:
    """How often the tree gives the model's segment, as a sentence."""
    return (
        f"A tree of at most {rules['depth']} questions gives {percent(rules['agreement'])} of customers the segment "
        "that the model gives them (measured on customers that it was not fitted on)."
    )


def rules_text(model: SegmentModel) -> str:
    """The rules of a model, one a line, each in words."""
    lines = [agreement_text(model.rules), ""]
    for rule in rules_in_words(model.rules):
        name = model.name_of(model.numbers[rule.cluster])
        lines.append(
            f"{name}: {rule.conditions} ({percent(rule.share)} of customers, right for {percent(rule.right)} of them)"
        )
    return "\n".join(lines)


def in_words(question: Mapping[str, Any], *, answer: bool) -> str:
    """A question with its answer as a condition.

    Parameters
    ----------
    question : node of a tree
    answer : yes or no
    """
    name, value = str(question["feature"]).replace("_", " "), question["value"]
    if question["kind"] == "number":
        written = Decimal(f"{value:.{DIGITS}g}")  # whole, without an exponent: what decides is read by people
        return f"{name} {'at most' if answer else 'above'} {written:,f}"
    if question["kind"] == "yes_no":
        return f"{name}: {'yes' if answer else 'no'}"
    return f"{name} is {'' if answer else 'not '}{value}"


def rules_case(model: SegmentModel, *, dialect: Dialect, headers: Mapping[str, str] | None = None) -> str:
    """The rules as one CASE over the columns of a clean table: numbers as numbers, categories as they are declared.

    Parameters
    ----------
    model : SegmentModel
    dialect : str
    headers : mapping of str to str, optional
        Column of the model to its name in the table.

    Raises
    ------
    SettingsError
        A header is for a column that the model does not read, or would be a variable in Spark.
    """
    columns = {name: identifier(header) for name, header in headers_of(model, headers or {}).items()}
    yes = texts(sorted(YES_SPELLINGS))
    blanks = {
        name: blank_sql(("no", "yes")[int(value)] if model.step.columns[name]["type"] == "yes_no" else value)
        for name, value in (model.step.blanks or {}).items()
    }

    def value_of(name: str) -> str:
        return expression_sql(parsed(name, model.step.features[name]), columns, blanks)

    def condition(question: Mapping[str, Any], answer: bool) -> str:
        value = value_of(question["feature"])
        if question["kind"] == "number":
            return f"{value} {'<=' if answer else '>'} {float(question['value'])!r}"
        if question["kind"] == "yes_no":
            return f"LOWER(CAST({value} AS VARCHAR)) {'' if answer else 'NOT '}IN {yes}"
        return f"{value} {'=' if answer else '<>'} {text_literal(question['value'])}"

    cases = []
    for leaf, path in _leaves(model.rules["tree"]):
        segment = text_literal(model.name_of(model.numbers[leaf["cluster"]]))
        when = " AND ".join(condition(question, answer) for question, answer in path) or "TRUE"
        cases.append(f"WHEN {when} THEN {segment}")
    return written(f"CASE {' '.join(cases)} END", dialect)
