"""What makes two computations the same one: any code that computes counts, how it is written does not."""

import ast
import shutil
from pathlib import Path

import pytest
from syntax import tree_of

import customer_segmentation
from customer_segmentation.tracking.fingerprint import COMPUTING, OTHER_COMMANDS, code_of, computing_files

PACKAGE = Path(customer_segmentation.__file__).parent


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    place = tmp_path_factory.mktemp("code") / "customer_segmentation"
    shutil.copytree(PACKAGE, place, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.fixture
def edited(copied):
    """A function that edits a module of the copy, which is mended afterwards."""
    before = {}

    def edit(name, change):
        path = copied / name
        before[path] = path.read_text("utf-8")
        after = change(before[path])
        assert after != before[path]
        path.write_text(after, "utf-8")
        return copied

    yield edit
    for path, text in before.items():
        path.write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("verdict/yardstick.py", "return ", "return 0.5 * "),
        (
            "workflows/study.py",
            '= yardstick(own["reference_explained"]',
            '= 0.5 * yardstick(own["reference_explained"]',
        ),
        ("workflows/sweep_items.py", "CONFIDENCE = 0.95", "CONFIDENCE = 0.5"),
        ("clustering/metrics.py", "import numpy as np\n", "import numpy as np\nnp.seterr(all='ignore')\n"),
        ("config/instantiate.py", 'methods=("fit", "predict")', 'methods=("fit",)'),
    ],
)
def test_a_change_to_code_that_computes_is_another_computation(edited, name, old, new):
    assert code_of(edited(name, lambda text: text.replace(old, new)), "file") != code_of(PACKAGE, "file")


def test_comments_and_docstrings_are_none(edited, copied):
    def commented(text):
        first = text.split('"""')[1]
        return "# a comment\n" + text.replace(first, f"{first} More of it.", 1).replace(
            "\n    return", "\n    # so\n    return"
        )

    for name in ("clustering/metrics.py", "workflows/study.py", "sources/csv.py", "verdict/decision.py"):
        edited(name, commented)
    assert code_of(copied, "file") == code_of(PACKAGE, "file")


def test_a_sample_counts_only_where_it_is_drawn(edited):
    copied = edited("sources/samples/orders.py", lambda text: f"{text}\nEXTRA = 1\n")
    assert code_of(copied, "file") == code_of(PACKAGE, "file")
    assert code_of(copied, "sample") == code_of(PACKAGE, "sample")
    assert code_of(copied, "orders") != code_of(PACKAGE, "orders")


def test_every_module_of_a_computing_room_that_a_sweep_imports_counts():
    """Found by following imports: what is left out by name must not be one that a sweep's numbers come from."""
    counted = set(computing_files(PACKAGE, "file"))
    rooms = tuple(f"{part}/" if not part.endswith(".py") else part for part in COMPUTING)
    told = ("workflows/report.py", "workflows/report_data.py")  # written from what the runs hold
    seen, left = set(), ["workflows/sweep.py", "workflows/study.py"]
    while left:
        name = left.pop()
        if name in seen or not name.startswith(rooms) or name in told:
            continue
        seen.add(name)
        for node in ast.walk(tree_of(PACKAGE / name)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("customer_segmentation."):
                for module in (node.module, *(f"{node.module}.{item.name}" for item in node.names)):
                    path = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
                    left += [path.relative_to(PACKAGE).as_posix()] if path.is_file() else []
    missed = {name for name in seen - counted if not name.startswith(("sources/samples/", "sources/new_file"))}
    assert not missed
    assert len(seen) > 60
    assert all((PACKAGE / name).exists() or list(PACKAGE.glob(f"{name}*")) for name in OTHER_COMMANDS)
