"""What the JSON files of a model must hold to be read: who fills a store also writes a model's checksums."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from customer_segmentation.data.contract import spec_from_plain
from customer_segmentation.settings.data import ColumnType, Role

_DEEPEST = 50  # questions of a tree, one after the other

#: What a value has to be: a test by its name; a mapping with these keys, those with a ? perhaps absent or null; a list
#: of such values; with the key ``*``, a mapping of any names to such values.
Shape = tuple[str, Callable[[Any], bool]] | Mapping[str, Any] | list[Any]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


NUMBER = ("a number", _is_number)
COUNT = ("a whole number", _is_count)
TEXT = ("a text", lambda value: isinstance(value, str))
CELL = ("a text or a number", lambda value: value is None or isinstance(value, str | bool) or _is_number(value))
ANY: Shape = ("anything", lambda _: True)
_LEAF: Shape = {"customers": COUNT, "cluster": COUNT, "share": NUMBER}
_KINDS: dict[str, Shape] = {"number": NUMBER, "yes_no": ("null", lambda value: value is None), "category": TEXT}


def one_of(*words: str) -> Shape:
    """A text of these."""
    return f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in words


_SPEC: Shape = {
    "type": one_of(*(kind.value for kind in ColumnType)),
    "role": one_of(*(role.value for role in Role)),
    **dict.fromkeys(("unit?", "date_format?", "reference_date?"), TEXT),
    **dict.fromkeys(("minimum?", "maximum?"), NUMBER),
    **{key: [TEXT] for key in ("values?", "na_values?", "synonyms?", "event_values?")},
    "fill?": CELL,
    "repair?": {"below": NUMBER, "using": ANY},
}
_SEGMENTS: Shape = {
    "about": {"population?": {"column": TEXT, "exclude": [TEXT]}, "segment_names?": [{"*": ANY}]},
    "segments": [{"cluster": COUNT, "number": COUNT, "name?": TEXT, "first_action?": TEXT}],
    "centres": [[NUMBER]],
    "contract": {"*": _SPEC},
}
_EXAMPLE: Shape = {"columns": [TEXT], "data": [[CELL]]}
_VARIABLE: Shape = {"name": TEXT, "kind": one_of("number", "category")}
_DISTRIBUTION: dict[str, Shape] = {
    "number": {"edges": [NUMBER], "counts": [COUNT], "mean": NUMBER, "sd": NUMBER},
    "category": {"counts": {"*": COUNT}},
}
_REFERENCE: Shape = {
    "customers": COUNT,
    "features": [_VARIABLE],
    "columns": [_VARIABLE],
    "clusters": [COUNT],
    "distances": {"mean": NUMBER, "quantiles": {"0.99": NUMBER}},
}
_RULES: Shape = {"agreement": NUMBER, "customers": COUNT, "depth": COUNT, "leaves": COUNT, "tree": {"*": ANY}}


def check(value: Any, shape: Shape, where: str = "it") -> None:
    """Refuse a value of another shape.

    Parameters
    ----------
    value : as JSON has it
    shape : what it has to be
    where : its place, for the message

    Raises
    ------
    ValueError
        Names the place and what is expected there.
    """
    if isinstance(shape, tuple):
        expected, fits = shape
        if not fits(value):
            raise ValueError(f"{where} is {str(value)[:60]!r}, expected {expected}")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError(f"{where} is no list")
        for at, item in enumerate(value):
            check(item, shape[0], f"{where}[{at}]")
    elif not isinstance(value, Mapping):
        raise ValueError(f"{where} is no mapping")
    else:
        keys: Mapping[str, Any] = dict.fromkeys(value, shape["*"]) if "*" in shape else shape
        for key, inner in keys.items():
            name = key if "*" in shape else key.removesuffix("?")
            if name == key and name not in value:
                raise ValueError(f"{where} has no {name}")
            if name == key or value.get(name) is not None:
                check(value.get(name), inner, f"{where}.{name}"[:200])


def check_segments(segments: Any) -> None:
    """Refuse segments, centres and a contract that do not go together.

    Raises
    ------
    ValueError
        Names the place.
    """
    check(segments, _SEGMENTS)
    clusters, numbers = ([entry[key] for entry in segments["segments"]] for key in ("cluster", "number"))
    if not numbers or sorted(clusters) != list(range(len(set(numbers)))):
        raise ValueError(f"the clusters {clusters} have the numbers {numbers}")
    if [len(row) for row in segments["centres"]] != [len(segments["centres"][0])] * len(numbers):
        raise ValueError(f"centres is no matrix of {len(numbers)} rows")
    for plain in segments["contract"].values():
        spec_from_plain(plain)


def check_example(cells: Any, needed: list[str]) -> None:
    """Refuse example customers that a model cannot label.

    Parameters
    ----------
    cells : as JSON has them
    needed : columns that the model reads

    Raises
    ------
    ValueError
        Names the place.
    """
    check(cells, _EXAMPLE)
    if absent := [name for name in needed if name not in cells["columns"]]:
        raise ValueError(f"it lacks the column {absent[0]}")


def check_reference(reference: Any, features: Mapping[str, bool], columns: Mapping[str, bool], k: int) -> None:
    """Refuse distributions that are not those of a model.

    Parameters
    ----------
    reference : as JSON has it; empty where a model has none
    features : name to whether it is a category
    columns : name to whether it is one of words, of those that the features read
    k : number of segments

    Raises
    ------
    ValueError
        Names the place.
    """
    if reference == {}:
        return
    check(reference, _REFERENCE, "reference")
    for part, known in (("features", features), ("columns", columns)):
        for variable in reference[part]:
            name, kind = variable["name"], variable["kind"]
            check(name, one_of(*known), f"{part}.name")
            check(variable, _DISTRIBUTION[kind], f"{part}.{name}"[:200])
            if kind == "number" and len(variable["counts"]) != len(variable["edges"]) + 1:
                raise ValueError(f"{part}.{name} has {len(variable['counts'])} counts")
            if kind == "number" and known[name]:
                raise ValueError(f"{part}.{name} is said to be a number and is none")
    if len(reference["clusters"]) != k:
        raise ValueError(f"clusters has {len(reference['clusters'])} numbers of {k} segments")


def check_rules(rules: Any, features: list[str], k: int) -> None:
    """Refuse rules that are not those of a model.

    Parameters
    ----------
    rules : as JSON has them; empty where a model has none
    features : names
    k : number of segments

    Raises
    ------
    ValueError
        Names the place.
    """
    if rules == {}:
        return
    check(rules, _RULES, "rules")
    left: list[tuple[Any, str, int]] = [(rules["tree"], "tree", 0)]
    while left:
        node, where, depth = left.pop()
        check(node, {"*": ANY}, where)
        if "cluster" in node:
            check(node, _LEAF, where)
            if node["cluster"] >= k:
                raise ValueError(f"{where}.cluster is {node['cluster']} of {k} clusters")
            continue
        check(node, {"feature": one_of(*features), "kind": one_of(*_KINDS), "customers": COUNT}, where)
        check(node.get("value"), _KINDS[node["kind"]], f"{where}.value")
        if depth == _DEEPEST:
            raise ValueError(f"{where} is below {_DEEPEST} other questions")
        for answer in ("yes", "no"):
            check(node, {answer: ANY}, where)
            left.append((node[answer], f"{where}.{answer}", depth + 1))
