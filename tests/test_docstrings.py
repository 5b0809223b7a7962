"""A public function with two or more arguments says what each of them is; ruff's DOC rules check what it raises."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from syntax import tree_of

SOURCE = Path(__file__).resolve().parents[1] / "src" / "customer_segmentation"
SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?=^[A-Z][A-Za-z ]+\n-{3,}$|\Z)", re.MULTILINE | re.DOTALL)


def arguments(function: ast.FunctionDef, *, method: bool) -> list[str]:
    given = function.args
    names = [item.arg for item in (*given.posonlyargs, *given.args)]
    if method and names and names[0] in ("self", "cls"):
        names = names[1:]
    names += [given.vararg.arg] if given.vararg else []
    names += [item.arg for item in given.kwonlyargs]
    return names + ([given.kwarg.arg] if given.kwarg else [])


def documented(docstring: str) -> list[str]:
    """Names in the Parameters section, those that share a line too."""
    section = SECTION.search(docstring)
    heads = [line.split(" : ")[0] for line in section[1].splitlines() if line[:1].strip()] if section else []
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def public_functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node, f"{inside}{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            marks = {ast.unparse(mark) for mark in node.decorator_list}
            if not marks & {"overload", "override"}:
                yield inside + node.name, node, bool(inside) and "staticmethod" not in marks


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_arguments_are_documented(path):
    for name, function, method in public_functions(tree_of(path)):
        names, told = arguments(function, method=method), documented(ast.get_docstring(function) or "")
        if told or len(names) > 1:
            assert told == names, f"{path.name}: {name} has the arguments {names}, its docstring tells of {told}"
