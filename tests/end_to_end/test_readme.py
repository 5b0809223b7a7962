"""What the README says is done as it stands: every command, in order, in a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from servers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SUITE = "make test"
SERVES = re.compile(r"^(make|segment) (ui|serve)\b")

#: Of `make sweep`, which tests/commands/test_main.py looks at in full, as much as takes seconds.
SMALL = "data.customers=500 k=[2,3] scaling=standard"

#: A server is started, answers, and is ended; everything else ends by itself, and well.
SERVED = """ARGS="port=$PORT" "$@" > "$SCRATCH/served.txt" 2>&1 &
server=$!
for _ in $(seq 1200); do
    address=$(grep -oE 'http://127.0.0.1:[0-9]+' "$SCRATCH/served.txt" | head -1 || true)
    if [ -n "$address" ] && python "$SCRATCH/asks.py" "$address" 2> /dev/null
    then kill -TERM $server; wait $server || true; exit 0; fi
    kill -0 $server || { cat "$SCRATCH/served.txt"; exit 1; }
    sleep 0.5
done
exit 1
"""


def commands() -> list[str]:
    """Lines of the README's shell blocks, in order, but for the one that runs this very suite."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip() and SUITE not in line]


def fresh_copy(folder: Path) -> Path:
    """What a clone holds, with an environment that is ready: making one takes the network."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=REPOSITORY, capture_output=True)
    if listed.returncode:
        pytest.skip("not a checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (folder / ".venv" / ".ready").touch()
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory, run_segment):
    """The copy, and each command with what came of it. ``segment`` itself runs from processes that are ready."""
    top = fresh_copy(tmp_path_factory.mktemp("clone") / "customer-segmentation")
    scratch = tmp_path_factory.mktemp("scratch")
    (scratch / "asks.py").write_text("import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=2)\n")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "SEGMENT_", "MAKE"))}
    # The environment's own `activate` may name a folder that is not this one.
    kept |= {"PATH": f"{top / '.venv' / 'bin'}:{kept['PATH']}", "OMP_NUM_THREADS": "1", "BROWSER": "true"}
    kept |= {"PYTHONPATH": str(top / "src"), "SCRATCH": str(scratch), "PORT": str(free_port()), "ARGS": SMALL}
    folder, ran = top, []
    for line in commands():
        words = shlex.split(line, comments=True)
        if words[0] == "segment" and not SERVES.match(line):
            done = run_segment(*words[1:], folder=folder)
            ran.append((line, done.code, done.out + done.error))
        else:
            served = SERVES.match(line)
            script = f"set -- {shlex.join(words)}\n{SERVED}" if served else f"{line}\necho; pwd"
            came = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=kept, capture_output=True, text=True
            )
            ran.append((line, came.returncode, came.stdout + came.stderr))
            folder = folder if served else Path(came.stdout.splitlines()[-1])
        if ran[-1][1]:
            break
    return top, ran


def test_every_command_of_the_readme_runs_as_it_stands(done):
    _, ran = done
    for line, code, said in ran:
        assert code == 0, f"{line}\n{said[-1500:]}"
        assert "Traceback" not in said, f"{line}\n{said[-1500:]}"
        assert "Warning:" not in said, f"{line}\n{said[-1500:]}"
    assert len(ran) == len(commands())


def test_they_leave_what_the_readme_says(done):
    folder, _ = done
    mine = folder / "mine"
    assert (folder / "mlflow.db").is_file()
    assert (mine / "report.html").read_text(encoding="utf-8").startswith("<!")
    new, labels = pd.read_csv(folder / "examples" / "new.csv"), pd.read_csv(mine / "labels.csv")
    rejected = pd.read_csv(mine / "labels_rejected.csv")
    assert len(labels) + len(rejected) == len(new) == 120
    assert list(labels["Member"]) == [name for name in new["Member"] if name not in set(rejected["Member"])]
    assert labels["segment_name"].notna().all()


def test_every_page_and_picture_that_it_links_to_is_there():
    for page in (REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md"), REPOSITORY / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            built = target == "keys.md" and page.parent.name == "docs"
            assert built or "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_it_stays_short():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(text) <= 200
    assert max(map(len, text)) <= 160
