"""Mangled and broken tables by both engines: the same rows rejected for the same reasons, or the same sentence.

    python benchmarks/engine_inputs.py [--cut 20] [--seed 1] [--only WORD] [--forms odd file Parquet parts]

The files are those of the suite and as many more as ``--cut`` says whose bytes are changed at random; what is a text
there is also given as Parquet of texts, and cut into three parts. Each is read by this process and by Spark: account,
customers, rejected rows and reasons of the table; where rows are rejected, also the account of a pass over all rows.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "end_to_end"))

import odd_tables
from damage import Case, cases

from customer_segmentation.config.contract_file import contract_columns
from customer_segmentation.data.batches import cleaned, cleaned_repetitions, opened_whole
from customer_segmentation.data.load import load_customers
from customer_segmentation.data.repeated_ids import Held
from customer_segmentation.errors import SegmentError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Population, Role
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.distributed import passed
from customer_segmentation.sources.samples.telecom import draw_customers

SMALL = {
    "id": ColumnSpec(role=Role.id, type=ColumnType.text, synonyms=["customer"]),
    "spend": ColumnSpec(role=Role.numeric, type=ColumnType.number, minimum=0.0, na_values=["unknown"]),
    "state": ColumnSpec(type=ColumnType.category, values=["here", "gone"]),
}
KEPT = {"kept": Population(column="state", exclude=["gone"])}
NEEDED = ["Number of Referrals", "Tenure in Months", "Total Revenue", "Monthly Charge"]


def in_parts(content: bytes) -> list[bytes]:
    """A text as three parts, each with the first line."""
    first, *lines = content.splitlines(keepends=True)
    third = len(lines) // 3 + 1
    return [first + b"".join(lines[at : at + third]) for at in range(0, len(lines), third)]


def written(case: Case, folder: Path) -> Iterator[tuple[str, Path]]:
    """A case on disk: as it is; a text also as Parquet and in parts."""
    path = folder / case.file
    path.write_bytes(case.content)
    yield case.name, path
    if case.name.startswith("bytes") or not case.file.endswith(".csv"):
        return
    try:
        frame = pd.read_csv(path, dtype="str", keep_default_na=False, encoding_errors="replace", engine="python")
        frame.to_parquet(folder / "text.parquet", row_group_size=100)
    except Exception:  # noqa: S110, BLE001 - what pandas does not read has no such form
        pass
    else:
        yield f"Parquet: {case.name}", folder / "text.parquet"
    parts = in_parts(case.content) if case.content.count(b"\n") > 100 else []
    for at, part in enumerate(parts):
        (folder / "parts").mkdir(exist_ok=True)
        (folder / "parts" / f"{at}.csv").write_bytes(part)
    if parts:
        yield f"parts: {case.name}", folder / "parts"


def tables(frame: pd.DataFrame, cut: int, seed: int) -> Iterator[tuple[str, Path, DataSettings, list[str]]]:
    """Name, place, settings and needed columns of each table; it is gone when the next one is asked for."""
    large = DataSettings(
        columns=contract_columns("telecom", "{}"),
        keep="established",
        populations={"established": Population(column="Customer Status", exclude=["Joined"])},
        max_rejected_share=0.5,
    )
    small = replace(large, columns=SMALL, keep="kept", populations=KEPT)
    for name, files in odd_tables.texts().items():
        with tempfile.TemporaryDirectory() as folder:
            yield f"odd: {name}", odd_tables.written(files, Path(folder)), small, ["spend"]
    for name, odd in odd_tables.frames().items():
        with tempfile.TemporaryDirectory() as folder:
            odd.to_parquet(Path(folder) / "x.parquet", index=False, row_group_size=20)
            yield f"odd: Parquet, {name}", Path(folder) / "x.parquet", small, ["spend"]
    for case in cases(frame, cut, seed):
        with tempfile.TemporaryDirectory() as folder:
            if not case.file.endswith((".db", ".xlsx")):
                for name, path in written(case, Path(folder)):
                    yield name, path, large, NEEDED


def pass_of(settings: DataSettings, engine: EngineSettings, needed: list[str]) -> dict[str, int]:
    """Account of a pass over all rows."""
    source, rules = opened_whole(settings, needed=needed, batch_rows=100, engine=engine)

    def work(chunks):
        for chunk in chunks:
            table, held = cleaned(chunk, rules)
            yield b"h" + held.to_bytes() if held is not None else b""
            yield b"t" + repr(table.accounting()).encode()

    counts: Counter[str] = Counter()
    held = []
    for answer in passed(source, work, rules.wanted.specs, size=100):
        if answer.startswith(b"h"):
            held.append(Held.from_bytes(answer[1:], rules))
        elif answer:
            counts.update(eval(answer[1:]))  # noqa: S307 - what was written above
    if held:
        counts.update(cleaned_repetitions(held, rules).accounting())
    return dict(counts)


def told(settings: DataSettings, engine: EngineSettings, needed: list[str]) -> dict[str, object]:
    """What becomes of a table."""
    try:
        table = load_customers(settings, needed=needed, engine=engine)
    except SegmentError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        "account": table.accounting(),
        "digest": table.digest,
        "duplicates": table.duplicates,
        "repairs": table.repairs,
        "customers": table.customers.to_csv(index=False),
        "rejected": table.rejected.to_csv(index=False),
        "source": table.source,
        "pass": pass_of(settings, engine, needed) if len(table.rejected) else {},
    }


def main() -> int:
    """Read all, print every difference.

    Raises
    ------
    Exception
        What no error of ours is.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cut", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--forms", nargs="+", default=["odd", "file", "Parquet", "parts"])
    asked = parser.parse_args()
    frame = draw_customers(800, seed=2022).astype(str).replace("nan", "").fillna("")
    local, spark = EngineSettings(), EngineSettings(kind="spark", threads=2)
    counts: Counter[str] = Counter()
    began = time.perf_counter()
    for name, path, settings, needed in tables(frame, asked.cut, asked.seed):
        form = name.partition(":")[0]
        if asked.only not in name or (form if form in ("Parquet", "parts", "odd") else "file") not in asked.forms:
            continue
        here, there = (told(replace(settings, path=str(path)), engine, needed) for engine in (local, spark))
        differ = [key for key in {**here, **there} if here.get(key) != there.get(key)]
        kind = "same sentence" if "error" in here and not differ else "same" if not differ else "OTHER"
        counts[kind] += 1
        shown = str(here["error"])[:90] if "error" in here else here["account"]
        print(f"{kind:13} {name:45} {shown}", flush=True)
        for key in differ:
            print(f"    {key}", *(f"      {str(one.get(key))[-600:]}" for one in (here, there)), sep="\n")
    print(dict(counts), f"{time.perf_counter() - began:.0f} s")
    return 1 if counts["OTHER"] else 0


if __name__ == "__main__":
    sys.exit(main())
