"""What the contracts between the rooms cannot see: who prints, who reads the environment, who calls MLflow's client."""

import ast
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from syntax import tree_of

import customer_segmentation

PACKAGE = Path(customer_segmentation.__file__).parent
ROOMS = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").is_file())
MODULES = sorted(PACKAGE.rglob("*.py"))
#: The whole of a program that another process runs: its answer goes through a pipe.
PROGRAMS = {"registry/load_check.py"}
#: A module has at most so many lines, a function so many without its docstring.
MODULE, FUNCTION = 350, 60
#: What is longer, and why.
LONGER = {
    "sources/samples/telecom.py: draw_customers": "one stream of random numbers, whose order is the sample: drawn in "
    "several functions it would have to be handed on between them, column by column",
}


def _nodes(path):
    return ast.walk(tree_of(path))


def _room(path):
    return path.relative_to(PACKAGE).parts[0]


def test_the_console_alone_prints():
    printing = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        for node in _nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert {name for name in printing if not name.startswith("console/")} <= PROGRAMS


@pytest.mark.parametrize(
    "room", ["workflows", "console", "verdict", "segments", "clustering", "data", "figures", "report"]
)
def test_no_environment_variable_decides_what_is_computed_or_shown(room):
    for path in (PACKAGE / room).rglob("*.py"):
        for node in _nodes(path):
            read = isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
            assert not read, f"{path.relative_to(PACKAGE)}:{node.lineno} reads the environment"


def test_mlflows_client_is_called_in_three_rooms():
    for path in MODULES:
        if _room(path) in ("tracking", "registry", "scoring"):
            continue
        for node in _nodes(path):
            assert not (isinstance(node, ast.Attribute) and node.attr == "client"), f"{path}:{node.lineno}"


def test_commands_are_thin():
    for path in (PACKAGE / "commands").glob("*.py"):
        if path.name != "main.py":
            assert len(path.read_text("utf-8").splitlines()) <= 110, path.name


def test_there_are_at_most_eighteen_rooms_and_none_is_above_15_percent():
    lines = {
        room: sum(len(path.read_text("utf-8").splitlines()) for path in (PACKAGE / room).rglob("*.py"))
        for room in ROOMS
    }
    assert len(lines) <= 18
    assert max(lines.values()) <= 0.15 * sum(lines.values()), max(lines, key=lines.get)


def test_no_module_and_no_function_is_longer_than_can_be_read_at_once():
    long = {}
    for path in MODULES:
        name, text = path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8")
        if len(text.splitlines()) > MODULE:
            long[name] = len(text.splitlines())
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef):
                said = node.body[0] if ast.get_docstring(node) is not None else None
                lines = node.end_lineno - node.lineno + 1
                lines -= 0 if said is None else said.end_lineno - said.lineno + 1
                if lines > FUNCTION:
                    long[f"{name}: {node.name}"] = lines
    assert set(long) == set(LONGER), long


def test_what_is_excused_from_a_check_says_why():
    excuse = re.compile(r"# (?:noqa|type: ignore)\b.*")
    said = re.compile(r"# (?:noqa: [A-Z0-9, ]+ - \S.+|type: ignore\[[a-z, -]+\]  # \S.+)")
    for path in MODULES:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            found = excuse.search(line)
            assert found is None or said.fullmatch(found[0]), f"{path.relative_to(PACKAGE)}:{number} gives no reason"


def test_benchmarks_import_what_is_there():
    root = Path(__file__).parents[1]
    optional = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    extras = {re.split(r"\W", one)[0] for key, packages in optional.items() if key != "dev" for one in packages}
    places = (root / "benchmarks", *(folder for folder in (root / "tests").rglob("*") if folder.is_dir()))
    own = {path.stem: path for place in places for path in place.glob("*.py")}
    for script in sorted((root / "benchmarks").glob("*.py")):
        for node in _nodes(script):
            if not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            if node.module in own:
                named = [one for one in _nodes(own[node.module]) if not isinstance(getattr(one, "ctx", None), ast.Load)]
                defined = {getattr(one, "name", getattr(one, "id", "")) for one in named}
                missing = {alias.name for alias in node.names} - defined
                assert not missing, f"{script.name}: {node.module} has no {missing}"
            else:
                package = node.module.partition(".")[0]
                assert package in extras or importlib.util.find_spec(package), f"{script.name}: {node.module}"
