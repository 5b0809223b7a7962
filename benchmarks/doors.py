"""One champion through every door: the same label for the same customer.

    python benchmarks/doors.py [--rows 1000000] [--rest 10000] [--spark 1000000] [--case standard ...] [--write]

For each scaling with a closed form a sweep of the built-in sample over numbers, a yes/no column and a category is
promoted; then one table of texts, of which one row in a thousand is bad (blanks, words, impossible values, unknown
categories). A last case, `typed`, is a champion over dates, numbers, categories and yes/no whose table has types:
dates, NaN beside null, missing texts, categories that no fit has seen. Each table is labelled by `segment score`, by
`cs.score` of a frame, over REST (its first rows), by the exported SELECT on DuckDB, SQLite and a PostgreSQL of its own,
and by MLflow's `spark_udf` where pyspark is installed. Equal means: the same segment for every customer, and none for
the same customers.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from readme import write_part
from tabulate import tabulate

SCALINGS = ["standard", "minmax", "robust", "none", "log_standard", "power", "l2_rows"]
TYPED = "typed"
READ = ["Customer ID", "Number of Referrals", "Tenure in Months", "Total Revenue", "Contract", "Paperless Billing"]
BAD = {
    "Number of Referrals": ["", "two", "-1"],
    "Tenure in Months": ["n/a", "1e400", "12 months"],
    "Total Revenue": ["", "unknown", "-5", "inf"],
    "Contract": ["Weekly", ""],
    "Paperless Billing": ["perhaps"],
}
KINDS = {
    "int64": "bigint",
    "double": "double precision",
    "timestamp[us]": "timestamp",
    "date32[day]": "date",
    "bool": "boolean",
}
FIXED = ["k=[4]", "selection=fixed", "selection.k=4", "hypotheses=none", "exploration=none", "tracking.report=false"]
FIXED += ["launcher=in_process", "quiet=true"]
SEGMENT = str(Path(sys.executable).parent / "segment")
EASY = [f"promotion.{name}=null" for name in ("stability", "max_switching", "smallest_share")]


@dataclass(frozen=True)
class Case:
    """A table as the doors get it; in the folder it is ``customers.csv`` or, with types, ``customers.parquet``."""

    table: pa.Table
    id: str
    typed: bool

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"customers.{'parquet' if self.typed else 'csv'}"

    def write(self) -> None:
        """Write the file, and for PostgreSQL and Spark what they read."""
        pa.csv.write_csv(self.table, "customers.csv")
        pq.write_table(self.table, "customers.parquet")

    def labels(self, ids: object, segments: object) -> pd.Series:
        """Segment of each labelled customer."""
        return pd.Series(np.asarray(segments, dtype=float), index=pd.Index(ids).astype(str)).dropna().astype(int)


def texts(rows: int) -> Case:
    """Customers of the sample drawn again and again, every cell as text, one row in a thousand bad."""
    from customer_segmentation.sources.samples.telecom import draw_customers

    rng = np.random.default_rng(7)
    drawn = draw_customers(7_043, seed=1)[READ].astype(str)
    frame = drawn.iloc[rng.integers(0, len(drawn), rows)].reset_index(drop=True)
    frame["Total Revenue"] = (frame["Total Revenue"].astype(float) * rng.uniform(0.5, 1.5, rows)).round(2).astype(str)
    frame[READ[0]] = [f"@c{at:07d}" for at in range(rows)]
    for row in rng.choice(rows, max(rows // 1000, 20), replace=False):
        name = list(BAD)[rng.integers(len(BAD))]
        frame.loc[row, name] = BAD[name][rng.integers(len(BAD[name]))]
    return Case(pa.Table.from_pandas(frame, preserve_index=False), READ[0], typed=False)


def typed(rows: int) -> Case:
    """Guests of a hotel drawn again and again, with types; one row in a thousand lacks something or is new."""
    import customer_segmentation as cs

    rng = np.random.default_rng(8)
    drawn = cs.example("guests").drop(columns="Restaurant (EUR)")
    drawn["Last Arrival"] = pd.to_datetime(drawn["Last Arrival"], format="%d.%m.%Y").astype("datetime64[us]")
    drawn["Newsletter"] = (drawn["Newsletter"] == "yes").astype("boolean")
    frame = drawn.iloc[rng.integers(0, len(drawn), rows)].reset_index(drop=True)
    frame["Guest No"] = np.arange(rows) + 1_000_000
    frame["Revenue (EUR)"] *= rng.uniform(0.5, 1.5, rows)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    bad = np.array_split(rng.permutation(rows)[: max(rows // 1000, 20)], 6)
    for name, at in zip(["Last Arrival", "Stays", "Newsletter", "Came Back"], bad, strict=False):
        table = _with(
            table, name, [None if row in set(at) else cell for row, cell in enumerate(table[name].to_pylist())]
        )
    revenue = table["Revenue (EUR)"].to_numpy().copy()
    revenue[bad[4]] = np.nan
    table = _with(table, "Revenue (EUR)", pa.array(revenue, from_pandas=False))
    unseen = table["Country"].to_pandas()
    unseen[bad[5]] = "Atlantis"
    return Case(_with(table, "Country", pa.array(unseen, pa.string())), "Guest No", typed=True)


def _with(table: pa.Table, name: str, values: object) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(
        at, name, values if isinstance(values, pa.Array) else pa.array(values, table.schema.types[at])
    )


def run(*words: str) -> str:
    """Run a command in this folder; return what it printed.

    Raises
    ------
    SystemExit
        It failed.
    """
    done = subprocess.run([SEGMENT, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"segment {' '.join(words)}: {done.stderr or done.stdout}")
    return done.stdout


def champion(case: str) -> None:
    """Sweep and promote in this folder."""
    if case == TYPED:
        import customer_segmentation as cs

        cs.example("guests").to_csv("guests.csv", index=False)
        run("init", "data.path=guests.csv")
        run("sweep", "experiments=guests", "features=guests_and_words", "scaling=standard", *FIXED)
    else:
        more = ["+features.columns.contract=Contract", "+features.columns.paperless=Paperless Billing"]
        run("sweep", "features=value", *more, f"scaling={case}", "data.customers=2500", *FIXED)
    run("promote", *EASY, "quiet=true")


def of_command(case: Case) -> pd.Series:
    """Labels of `segment score`."""
    run("score", f"input={case.file}", "output=labels.csv", "overwrite=true", "quiet=true")
    labels = pd.read_csv("labels.csv", dtype={case.id: str})
    return case.labels(labels[case.id], labels["segment"])


def of_python(case: Case) -> pd.Series:
    """Labels of a frame: pandas', and with types Arrow's."""
    import customer_segmentation as cs

    labels = cs.score(case.table if case.typed else case.table.to_pandas()).labels
    return case.labels(
        case.table[case.id].to_pandas(), labels["segment"].astype("Float64").to_numpy(float, na_value=np.nan)
    )


def of_rest(case: Case, rows: int) -> pd.Series:
    """Labels of a server.

    Raises
    ------
    SystemExit
        A record has no answer.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    frame = case.table.slice(0, rows).to_pandas()
    records = json.loads(frame.to_json(orient="records", date_format="iso"))
    server = subprocess.Popen([SEGMENT, "serve", f"port={port}"], stdout=subprocess.PIPE, text=True)
    found = []
    try:
        for line in server.stdout or ():
            if "Ctrl-C" in line:
                break
        for start in range(0, rows, 2_000):
            part = records[start : start + 2_000]
            body = json.dumps({"dataframe_records": part}).encode()
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own server
                predictions = json.loads(answer.read())["predictions"]
            if len(predictions) != len(part):
                raise SystemExit(f"REST: {len(part)} records, {len(predictions)} answers")
            found += [one["segment"] for one in predictions]
    finally:
        server.terminate()
        server.wait()
    return case.labels(frame[case.id], found)


def of_duckdb(case: Case) -> pd.Series:
    """Labels of the SELECT on DuckDB."""
    import duckdb

    read = "read_parquet('customers.parquet')" if case.typed else "read_csv('customers.csv', all_varchar=true)"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE customers AS SELECT * FROM {read}")  # noqa: S608
        found = connection.execute(run("export", "dialect=duckdb")).fetch_df()
    return case.labels(found[case.id], found["segment"])


def of_sqlite(case: Case) -> pd.Series:
    """Labels of the SELECT on SQLite."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        case.table.to_pandas().to_sql("customers", connection, index=False)
        found = pd.read_sql(run("export", "dialect=sqlite"), connection)
    return case.labels(found[case.id], found["segment"])


@contextlib.contextmanager
def postgresql() -> Iterator[tuple[str, ...]]:
    """A server of its own; yields the words that ask it. None where PostgreSQL is not installed."""
    home = next((found.parent for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    if home is None:
        yield ()
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = {"user": "postgres"} if os.getuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres")
    quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": folder, **user}
    subprocess.run([home / "initdb", "-D", folder / "data", "-A", "trust", "-U", "me", "-E", "UTF8"], **quiet)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control = [home / "pg_ctl", "-D", folder / "data"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "-w", "start"], **quiet)
    try:
        yield ("psql", "-h", str(folder), "-U", "me", "-d", "postgres", "-q", "--csv", "-v", "ON_ERROR_STOP=1")
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def of_postgresql(case: Case, ask: tuple[str, ...]) -> pd.Series:
    """Labels of the SELECT on PostgreSQL."""
    columns = ", ".join(f'"{field.name}" {KINDS.get(str(field.type), "text")}' for field in case.table.schema)
    make = f"DROP TABLE IF EXISTS customers; CREATE TABLE customers ({columns})"
    copy = r"\copy customers FROM 'customers.csv' WITH (FORMAT csv, HEADER)"  # empty without quotes: NULL
    subprocess.run([*ask, "-c", make, "-c", copy], check=True)
    with open("postgresql.csv", "w", encoding="utf-8") as out:
        subprocess.run([*ask, "-f", "-"], input=run("export", "dialect=postgres"), text=True, stdout=out, check=True)
    found = pd.read_csv("postgresql.csv", dtype={case.id: str})
    return case.labels(found[case.id], found["segment"])


def of_spark(case: Case, rows: int) -> pd.Series:
    """Labels of MLflow's function for Spark."""
    import mlflow
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import struct

    mlflow.set_tracking_uri(f"sqlite:///{Path.cwd()}/mlflow.db")  # of a relative one MLflow keeps the first folder's
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.memory": "2g"}
    spark = SparkSession.builder.master("local[2]").config(map=quiet).getOrCreate()
    try:
        label = mlflow.pyfunc.spark_udf(spark, "models:/customer-segmentation@champion", env_manager="local")
        table = spark.read.parquet(str(Path.cwd() / "customers.parquet")).limit(rows)
        needed = [name for name in table.columns if name != case.id]
        found = table.select(case.id, label(struct(*needed)).alias("label")).select(case.id, "label.segment").toPandas()
    finally:
        spark.stop()
    return case.labels(found[case.id], found["segment"])


def compared(case: Case, labels: dict[str, pd.Series]) -> list[list[object]]:
    """One row a door: rows, labelled, and how many differ from `segment score`."""
    right, ids = labels["segment score"], case.table[case.id].to_pandas().astype(str)
    rows = []
    for door, mine in labels.items():
        asked = ids.iloc[: int(mine.attrs["rows"])]
        expected = right[right.index.isin(set(asked))]
        same = mine.index.symmetric_difference(expected.index).size == 0
        other = int((mine.reindex(expected.index) != expected).sum()) if same else "other rows"
        rows.append([door, len(asked), len(mine), len(asked) - len(mine), other, round(mine.attrs["seconds"])])
    return rows


def through_all(name: str, case: Case, asked: argparse.Namespace) -> list[list[object]]:
    """Label one table through every door, in a folder of its own."""
    rows, rest, spark = case.table.num_rows, min(asked.rest, case.table.num_rows), min(asked.spark, case.table.num_rows)
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # which MLflow itself set, to the store of an earlier case
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), postgresql() as ask:
        champion(name)
        case.write()
        doors = {
            "segment score": (lambda: of_command(case), rows),
            "cs.score": (lambda: of_python(case), rows),
            "REST": (lambda: of_rest(case, rest), rest),
            "SQL, DuckDB": (lambda: of_duckdb(case), rows),
            "SQL, SQLite": (lambda: of_sqlite(case), rows),
            **({"SQL, PostgreSQL": (lambda: of_postgresql(case, ask), rows)} if ask else {}),
            **({"spark_udf": (lambda: of_spark(case, spark), spark)} if spark else {}),
        }
        labels = {}
        for door, (label, count) in doors.items():
            begin = time.perf_counter()
            labels[door] = label()
            labels[door].attrs = {"rows": count, "seconds": time.perf_counter() - begin}
        return compared(case, labels)


def main() -> None:
    """Print a table for each case; exit 1 where a door differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rest", type=int, default=10_000)
    has_spark = importlib.util.find_spec("pyspark") is not None
    parser.add_argument("--spark", type=int, default=1_000_000 if has_spark else 0, help="rows; 0: not asked")
    parser.add_argument("--case", nargs="*", default=[*SCALINGS, TYPED])
    parser.add_argument("--write", action="store_true", help="into README.md, each case as it is done")
    asked = parser.parse_args()
    wrong = 0
    for name in asked.case:
        found = through_all(name, typed(asked.rows) if name == TYPED else texts(asked.rows), asked)
        wrong += sum(row[4] != 0 for row in found)
        head = [name, "rows", "labelled", "not labelled", "other than `segment score`", "seconds"]
        text = tabulate(found, head, tablefmt="github", intfmt=",", disable_numparse=[5])
        print(f"\n{text}", flush=True)
        if asked.write:
            write_part(f"doors_{name}", text)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
