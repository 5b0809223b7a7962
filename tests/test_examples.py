"""The example tables are what their script builds."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

import customer_segmentation as cs

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def program(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built():
    return program("make_tables").tables()


def test_every_table_is_built_from_its_seed(built):
    assert sorted(built) == sorted(path.name for path in EXAMPLES.glob("*.csv"))
    for name, text in built.items():
        assert (EXAMPLES / name).read_text(encoding="utf-8") == text, f"run examples/make_tables.py: {name} differs"


def test_they_have_what_real_exports_have():
    members = pd.read_csv(EXAMPLES / "members.csv")
    assert members["Member"].duplicated().sum() == 1
    assert members["City"].isna().any()
    guests = pd.read_csv(EXAMPLES / "guests.csv")
    assert guests["Restaurant (EUR)"].isna().any()
    assert pd.to_datetime(guests["Last Arrival"], format="%d.%m.%Y").notna().all()
    assert (pd.read_csv(EXAMPLES / "orders.csv")["Total"] < 0).any(), "returns"
    newer, new = pd.read_csv(EXAMPLES / "newer.csv"), pd.read_csv(EXAMPLES / "new.csv")
    assert newer["Member"].is_unique
    assert set(newer["Member"]) & set(members["Member"]), "the same members, months later"
    assert not set(new["Member"]) & set(members["Member"])


def shown(book, is_progress):
    """What kinds of things each cell shows; the words may be said better without the notebooks being run again."""
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    return [[sorted(one.get("data", {})) for one in cell.outputs if not is_progress(one)][:1] for cell in cells]


def test_the_notebooks_run_and_show_what_they_hold(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    paths = sorted(EXAMPLES.glob("*.ipynb"))
    page = (EXAMPLES.parent / "docs" / "python.md").read_text(encoding="utf-8")
    runner, waiting = program("run_notebooks"), []
    for path, book in runner.run(tmp_path, paths).items():
        kept = nbformat.read(path, as_version=4)
        assert shown(book, runner.is_progress) == shown(kept, runner.is_progress), f"run make notebooks: {path.name}"
        outputs = [one for cell in book.cells for one in cell.get("outputs", [])]
        assert not [one["text"] for one in outputs if one.get("name") == "stderr"], "a notebook shows it as an error"
        waiting += [one["data"]["text/plain"] for one in outputs if runner.is_progress(one)]
        assert path.stat().st_size < 150_000, f"{path.name}: its pictures are large"
        assert path.name in page
    assert any(line.startswith("8 candidates in ") for line in waiting), "progress, replaced by how long it took"


def test_every_public_name_is_on_the_page_of_names():
    page = (EXAMPLES.parent / "docs" / "names.md").read_text(encoding="utf-8")
    listed = {line.rpartition(".")[2] for line in page.splitlines() if line.startswith("::: ")}
    assert set(cs.__all__) - {"__version__"} <= listed
