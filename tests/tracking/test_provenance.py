"""The commit of this code is asked of its own checkout: git runs programs that a repository's settings name."""

import shutil
import subprocess
from pathlib import Path

import pytest

from customer_segmentation.tracking import provenance


@pytest.mark.parametrize("place", [".venv/lib/python3.11/site-packages", "lib"])
def test_a_repository_around_an_environment_runs_nothing(place, tmp_path, monkeypatch):
    git = shutil.which("git")
    if git is None:
        pytest.skip("there is no git")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    module = tmp_path / place / "customer_segmentation" / "tracking" / "provenance.py"
    module.parent.mkdir(parents=True)
    module.touch()
    subprocess.run([git, "-C", str(tmp_path), "init", "--quiet"], check=True)
    mark = tmp_path / "PWNED"
    for key in ("core.fsmonitor", "filter.x.clean"):
        subprocess.run([git, "-C", str(tmp_path), "config", key, f"touch {mark}; false"], check=True)
    monkeypatch.setattr(provenance, "__file__", str(module))
    assert provenance.git_commit.__wrapped__() is None
    assert not mark.exists()


def test_the_commit_of_a_checkout_is_known():
    root = Path(provenance.__file__).resolve().parents[3]
    if not (root / ".git").exists():
        pytest.skip("no checkout")
    asked = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    assert (provenance.git_commit.__wrapped__() or "").removesuffix("+changes") == asked.stdout.strip()
