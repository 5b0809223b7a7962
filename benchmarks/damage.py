"""Damaged tables through `segment sweep` and `segment score`: no traceback, one sentence, rows that add up.

    python benchmarks/damage.py [--cut 40] [--seed 1]

The files are those of the suite, where each is read once by a function, and as many more as ``--cut`` says whose bytes
are changed at random. Here each goes through both commands, in processes of their own, beside a store with a champion.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("end_to_end", "data", "scoring")]

import damaged
import test_broken_inputs as broken
import test_mangled_copies as mangled
from forked import Forks
from ready import load_models_sooner

from customer_segmentation.config.contract_file import contract_columns
from customer_segmentation.sources.samples.telecom import draw_customers

SMALL = (
    *(
        "features=value",
        "scaling=standard",
        "selection=silhouette",
        "tracking.report=false",
        "hypotheses=none",
        "exploration=none",
    ),
    *(f"selection.stability.{name}=1" for name in ("resamples", "seeds")),
)
SWEPT = re.compile(r"([\d,]+) rows of .* = ([\d,]+) used \+ ([\d,]+) not selected \+ ([\d,]+) rejected")
SCORED = re.compile(r"([\d,]+) rows = ([\d,]+) scored \+ ([\d,]+) rejected")


@dataclass(frozen=True)
class Case:
    """A file, under the name that it comes by."""

    name: str
    file: str
    content: bytes


def cases(frame: pd.DataFrame, cut: int, seed: int) -> Iterator[Case]:
    """All damaged files.

    Parameters
    ----------
    frame : customers, every cell as text
    cut : number of files whose bytes are changed at random
    seed : of these changes
    """
    few = frame.head(300).copy()
    lines = few.to_csv(None, index=False, lineterminator="\n").encode().rstrip(b"\n").split(b"\n")
    contract = contract_columns("telecom", "{}")
    for name, one in damaged.damaged_files(frame).items():
        yield Case(name, one.name, one.content)
    for name, (make, _) in broken.REFUSED.items():
        yield Case(name, "customers.csv", make(lines))
    for name, (column, value, _) in broken.CELLS.items():
        yield Case(name, "customers.csv", broken.with_cell(few, column, value))
    for name, write in mangled.TEXTS.items():
        yield Case(f"copy: {name}", "customers.csv", write(frame, contract))
    with tempfile.TemporaryDirectory() as folder:
        for file, write in mangled.FORMATS.items():
            write(few, Path(folder) / file)
            yield Case(f"copy: {file}", file, (Path(folder) / file).read_bytes())
    random = np.random.default_rng(seed)
    for number in range(cut):
        yield Case(f"bytes {number}", "customers.csv", changed(b"\n".join(lines), random))


def changed(content: bytes, random: np.random.Generator) -> bytes:
    """Bytes replaced, left out, repeated, or cut off, in one to thirty places."""
    for _ in range(int(random.integers(1, 30))):
        at, length = int(random.integers(len(content))), int(random.geometric(0.1))
        kind = random.integers(4)
        piece = random.bytes(length) if kind == 0 else content[at : at + length] * 2 if kind == 1 else b""
        content = content[:at] + piece + content[at + length :]
    return content[: int(random.integers(len(content) // 2, len(content)))] if random.random() < 0.2 else content


def faults(code: int, out: str, error: str, accounts: re.Pattern[str]) -> list[str]:
    """What is wrong with a command's answer.

    Parameters
    ----------
    code : its exit code
    out, error : what it said
    accounts : finds the rows that were read, and the parts that they fall into
    """
    if "Traceback" in out + error:
        return ["a traceback"]
    if code:
        # each case has a copy of the store, which is said
        sentence = [line for line in error.splitlines() if line.strip() and not line.startswith("the store was moved")]
        one = len(sentence) == 1 and sentence[0].startswith("segment") and sentence[0].endswith((".", "?", ")"))
        return [] if one and code == 1 else [f"exit code {code}, {len(sentence)} lines of error"]
    found = accounts.search(" ".join(out.split()))
    if not found:
        return ["no account of the rows"]
    read, *parts = (int(number.replace(",", "")) for number in found.groups())
    return [] if read == sum(parts) else [f"{read} rows read, {sum(parts)} accounted for"]


def main() -> int:
    """Run both commands on all files, print every answer, and in the end what is wrong with any.

    Raises
    ------
    RuntimeError
        The champion cannot be made.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cut", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--last", type=int, default=None, help="number of the file before which to stop")
    asked = parser.parse_args()
    frame = draw_customers(800, seed=2022).astype(str).replace("nan", "").fillna("")
    load_models_sooner()
    forks, counts, wrong = Forks(), Counter(), []
    with tempfile.TemporaryDirectory() as scratch:
        environment = {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "HOME": scratch}
        said, store = Path(scratch) / "said", Path(scratch) / "store"
        said.mkdir(), store.mkdir()

        def run(folder: Path, *words: str) -> tuple[int, str, str]:
            code = forks.run(("segment", *words), folder, environment, said, timeout=300)
            return code, *((said / name).read_text(encoding="utf-8") for name in ("out", "error"))

        for words in (("sweep", "data.customers=800", "k=[4]", *SMALL), ("promote", "force=true", "reason=damage")):
            code, out, error = run(store, *words)
            if code:
                raise RuntimeError(out + error)
        for case in list(cases(frame, asked.cut, asked.seed))[asked.first : asked.last]:
            for command in ("sweep", "score"):
                folder = Path(scratch) / "case"
                shutil.copytree(store, folder)
                path = folder / case.file
                path.write_bytes(case.content)
                place = f"sqlite:///{path}" if path.suffix == ".db" else path.name
                read = "query=SELECT * FROM customers"
                query = () if path.suffix != ".db" else (f"data.{read}",) if command == "sweep" else (read,)
                words = (
                    ("sweep", "data=telecom", f"data.path={place}", "k=[3]", *SMALL, *query)
                    if command == "sweep"
                    else ("score", f"input={place}", "output=labels.csv", *query)
                )
                code, out, error = run(folder, *words)
                found = faults(code, out, error, SWEPT if command == "sweep" else SCORED)
                if path.read_bytes() != case.content:
                    found.append("the input was changed")
                if code and (folder / "labels.csv").exists():
                    found.append("refused, and has an output")
                counts[command, "refused" if code else "answered"] += 1
                wrong += [f"{command}, {case.name}: {fault}\n{error or out}" for fault in found]
                print(
                    f"{command:5} {code} {case.name:45} {'; '.join(found) or (error.strip() if code else '')}",
                    flush=True,
                )
                shutil.rmtree(folder)
    forks.end()
    print(*(f"{command}: {number} {what}" for (command, what), number in sorted(counts.items())), sep="\n")
    print(f"{len(wrong)} faults", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
