"""Pages that mkdocs builds and nobody writes: the reference of every config key, read from the schemas."""

from __future__ import annotations

import dataclasses
import inspect
import io
import tokenize
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[1] / "src" / "customer_segmentation"
KEYS = "keys.md"
INTRODUCTION = (
    "Read from the typed schemas. On the command line: `segment COMMAND key=value`; in a file of `conf/` or "
    "`experiments/`: as YAML. `segment COMMAND --cfg job` shows what a command line amounts to."
)


def comments_of(schema: type) -> dict[str, str]:
    """For each field of a schema the comment that stands behind it, else the lines of comment over it."""
    text = inspect.getsource(schema)
    fields = {item.name for item in dataclasses.fields(schema)}
    found: dict[str, str] = {}
    over: list[str] = []
    name, depth, first = "", 0, True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.OP:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
        if token.type == tokenize.NAME and first and token.string in fields:
            name = token.string
            found[name] = " ".join(over)
        if token.type == tokenize.COMMENT:
            words = token.string.lstrip("#: ").strip()
            if first:
                over.append(words)
            else:
                found[name] = f"{found.get(name, '')} {words}".strip()
        if token.type in (tokenize.NEWLINE, tokenize.NL) and not depth:
            if token.type == tokenize.NEWLINE:
                over, name = [], ""
            first = True
        elif token.type not in (tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.NL):
            first = False
    return found


def type_words(kind: Any) -> str:
    """Say a field's type as a person would give it."""
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return " or ".join("null" if item is type(None) else type_words(item) for item in typing.get_args(kind))
    if dataclasses.is_dataclass(kind):
        return "the keys below it"
    if typing.get_origin(kind) is list:
        return f"list of {type_words(typing.get_args(kind)[0])}"
    if typing.get_origin(kind) is dict:
        return f"mapping to {type_words(typing.get_args(kind)[1])}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " \\| ".join(str(item.value) for item in kind)
    words = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "Any": "any"}
    return words.get(getattr(kind, "__name__", str(kind)), getattr(kind, "__name__", str(kind)))


def default_words(item: dataclasses.Field[Any]) -> str:
    """Write a field's default as YAML has it."""
    value = item.default
    if item.default_factory is not dataclasses.MISSING:
        value = item.default_factory()
    if value is dataclasses.MISSING:
        return ""
    if value is None:
        return "`null`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    return f"`{value}`" if value != "" else ""


def rows_of(schema: type, prefix: str) -> Iterator[tuple[str, str, str, str]]:
    """Key, type, default and meaning of every field of a schema; nested schemas after it."""
    comments, kinds = comments_of(schema), typing.get_type_hints(schema)
    nested = []
    for item in dataclasses.fields(schema):
        kind = kinds[item.name]
        inner = [part for part in (kind, *typing.get_args(kind)) if dataclasses.is_dataclass(part)]
        if inner:
            star = ".*" if typing.get_origin(kind) in (dict, list) else ""
            nested.append((inner[0], f"{prefix}{item.name}{star}."))
            if kind is inner[0]:  # no value of its own
                continue
        yield f"{prefix}{item.name}", type_words(kind), "" if inner else default_words(item), comments[item.name]
    for inner_schema, deeper in nested:
        yield from rows_of(typing.cast("type", inner_schema), deeper)


def reference() -> str:
    """Markdown of all keys: one table a command; what several commands share stands once."""
    from customer_segmentation.config.schemas import SCHEMAS
    from customer_segmentation.settings.data import ColumnSpec

    lines = [
        "# Every config key",
        "",
        INTRODUCTION,
        "",
    ]
    told: dict[str, str] = {}
    for command, schema in SCHEMAS.items():
        lines += [f"## segment {command}", "", "| key | type | default | meaning |", "|---|---|---|---|"]
        elsewhere: dict[str, str] = {}
        for key, kind, default, meaning in rows_of(schema, ""):
            node = key.partition(".")[0]
            if "." in key and told.get(node, command) != command:
                elsewhere[node] = told[node]
                continue
            if "." in key:
                told[node] = command
            cells = (f"`{key}`", kind, default, meaning.replace("|", "\\|"))
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
        for node, other in elsewhere.items():
            lines += [f"`{node}.*`: as of [`segment {other}`](#segment-{other}).", ""]
    lines += ["## A column of the contract", "", "| key | type | default | meaning |", "|---|---|---|---|"]
    for key, kind, default, meaning in rows_of(ColumnSpec, "data.columns.*."):
        lines.append(f"| `{key}` | {kind} | {default} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join([*lines, ""])


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to those that stand in this folder (called by mkdocs)."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, KEYS, content=reference()))
    return files
