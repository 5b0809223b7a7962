"""One champion through every door: the same label for the same customer.

    python benchmarks/doors.py [--rows 1000000] [--rest 10000] [--spark 0] [--scaling standard ...]

For each scaling with a closed form a sweep of the built-in sample over numbers, a yes/no column and a category is
promoted. Then one table, of which one row in a thousand is bad (blanks, words, impossible values, unknown categories),
is labelled by `segment score`, by `cs.score` of a frame, over REST (its first rows), by the exported SELECT on DuckDB,
SQLite and a PostgreSQL of its own, and, where asked for, by MLflow's `spark_udf`. Equal means: the same segment for
every customer, and none for the same customers. Everything comes as text, so that bad cells reach every door as they
are.
"""

from __future__ import annotations

import argparse
import contextlib
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
from pathlib import Path

import pandas as pd
from tabulate import tabulate

SCALINGS = ["standard", "minmax", "robust", "none", "log_standard", "power", "l2_rows"]
ID = "Customer ID"
READ = [ID, "Number of Referrals", "Tenure in Months", "Total Revenue", "Contract", "Paperless Billing"]
BAD = {
    "Number of Referrals": ["", "two", "-1"],
    "Tenure in Months": ["n/a", "1e400", "12 months"],
    "Total Revenue": ["", "unknown", "-5", "inf"],
    "Contract": ["Weekly", ""],
    "Paperless Billing": ["perhaps"],
}
SEGMENT = str(Path(sys.executable).parent / "segment")
EASY = [f"promotion.{name}=null" for name in ("stability", "max_switching", "smallest_share")]


def customers(rows: int) -> pd.DataFrame:
    """Customers of the sample drawn again and again, every cell as text, one row in a thousand bad."""
    import numpy as np

    from customer_segmentation.sources.samples.telecom import draw_customers

    rng = np.random.default_rng(7)
    drawn = draw_customers(7_043, seed=1)[READ].astype(str)
    frame = drawn.iloc[rng.integers(0, len(drawn), rows)].reset_index(drop=True)
    frame["Total Revenue"] = (frame["Total Revenue"].astype(float) * rng.uniform(0.5, 1.5, rows)).round(2).astype(str)
    frame[ID] = [f"@c{at:07d}" for at in range(rows)]
    for row in rng.choice(rows, max(rows // 1000, 20), replace=False):
        name = list(BAD)[rng.integers(len(BAD))]
        frame.loc[row, name] = BAD[name][rng.integers(len(BAD[name]))]
    return frame


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


def champion(scaling: str) -> None:
    """Sweep and promote in this folder."""
    run(
        "sweep", "features=value", "+features.columns.contract=Contract",
        "+features.columns.paperless=Paperless Billing", f"scaling={scaling}", "k=[4]", "selection=fixed",
        "selection.k=4", "data.customers=2500", "hypotheses=none", "exploration=none", "tracking.report=false",
        "launcher=in_process", "quiet=true",
    )  # fmt: skip
    run("promote", *EASY, "quiet=true")


def of_command() -> pd.Series:
    """Labels of `segment score`."""
    run("score", "input=customers.csv", "output=labels.csv", "overwrite=true", "quiet=true")
    return pd.read_csv("labels.csv", dtype={ID: str}).set_index(ID)["segment"]


def of_python(frame: pd.DataFrame) -> pd.Series:
    """Labels of a frame."""
    import customer_segmentation as cs

    labels = cs.score(frame).labels
    return pd.Series(labels["segment"].to_numpy(), index=frame[ID]).dropna()


def of_rest(frame: pd.DataFrame) -> pd.Series:
    """Labels of a server.

    Raises
    ------
    SystemExit
        A record has no answer.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([SEGMENT, "serve", f"port={port}"], stdout=subprocess.PIPE, text=True)
    found = []
    try:
        for line in server.stdout or ():
            if "Ctrl-C" in line:
                break
        for start in range(0, len(frame), 2_000):
            part = frame.iloc[start : start + 2_000]
            body = json.dumps({"dataframe_records": part.to_dict("records")}).encode()
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
    return pd.Series(found, index=frame[ID], dtype="Float64").dropna()


def of_duckdb() -> pd.Series:
    """Labels of the SELECT on DuckDB."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE customers AS SELECT * FROM read_csv('customers.csv', all_varchar=true)")
        return connection.execute(run("export", "dialect=duckdb")).fetch_df().set_index(ID)["segment"].dropna()


def of_sqlite(frame: pd.DataFrame) -> pd.Series:
    """Labels of the SELECT on SQLite."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        frame.to_sql("customers", connection, index=False)
        return pd.read_sql(run("export", "dialect=sqlite"), connection).set_index(ID)["segment"].dropna()


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


def of_postgresql(frame: pd.DataFrame, ask: tuple[str, ...]) -> pd.Series:
    """Labels of the SELECT on PostgreSQL."""
    columns = ", ".join(f'"{name}" text' for name in frame)
    make = f"DROP TABLE IF EXISTS customers; CREATE TABLE customers ({columns})"
    copy = r"\copy customers FROM 'customers.csv' WITH (FORMAT csv, HEADER, NULL '\N')"
    subprocess.run([*ask, "-c", make, "-c", copy], check=True)
    with open("postgresql.csv", "w", encoding="utf-8") as out:
        subprocess.run([*ask, "-f", "-"], input=run("export", "dialect=postgres"), text=True, stdout=out, check=True)
    return pd.read_csv("postgresql.csv", dtype={ID: str}).set_index(ID)["segment"].dropna()


def of_spark(frame: pd.DataFrame) -> pd.Series:
    """Labels of MLflow's function for Spark."""
    import mlflow
    from pyspark.sql import SparkSession

    frame.to_parquet("customers.parquet", index=False)
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    spark = SparkSession.builder.master("local[2]").config(map=quiet).getOrCreate()
    label = mlflow.pyfunc.spark_udf(spark, "models:/customer-segmentation@champion", env_manager="local")
    table = spark.read.parquet("customers.parquet")
    needed = [name for name in READ if name != ID]
    found = table.select(ID, label(*needed).alias("label")).select(ID, "label.segment").toPandas()
    spark.stop()
    return found.set_index(ID)["segment"].dropna()


def compared(labels: dict[str, pd.Series], frame: pd.DataFrame) -> list[list[object]]:
    """One row a door: rows, labelled, and how many differ from `segment score`."""
    right = labels["segment score"].astype(int)
    rows = []
    for door, found in labels.items():
        asked = frame[ID].iloc[: int(found.attrs["rows"])]
        expected = right[right.index.isin(set(asked))]
        mine = found.astype(int)
        same = mine.index.symmetric_difference(expected.index).size == 0
        other = int((mine.reindex(expected.index) != expected).sum()) if same else "other rows"
        rows.append([door, len(asked), len(mine), len(asked) - len(mine), other, round(found.attrs["seconds"], 1)])
    return rows


def main() -> None:
    """Print a table for each scaling; exit 1 where a door differs."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--rest", type=int, default=10_000)
    asked.add_argument("--spark", type=int, default=0, help="rows; 0: not asked")
    asked.add_argument("--scaling", nargs="*", default=SCALINGS)
    given = asked.parse_args()
    frame = customers(given.rows)
    wrong = 0
    for scaling in given.scaling:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), postgresql() as ask:
            champion(scaling)
            frame.to_csv("customers.csv", index=False)
            doors = {
                "segment score": (of_command, given.rows),
                "cs.score": (lambda: of_python(frame), given.rows),
                "REST": (lambda: of_rest(frame.head(given.rest)), min(given.rest, given.rows)),
                "SQL, DuckDB": (of_duckdb, given.rows),
                "SQL, SQLite": (lambda: of_sqlite(frame), given.rows),
                **({"SQL, PostgreSQL": (lambda: of_postgresql(frame, ask), given.rows)} if ask else {}),
                **({"spark_udf": (lambda: of_spark(frame.head(given.spark)), given.spark)} if given.spark else {}),
            }
            labels = {}
            for door, (label, rows) in doors.items():
                begin = time.perf_counter()
                labels[door] = label()
                labels[door].attrs = {"rows": rows, "seconds": time.perf_counter() - begin}
            found = compared(labels, frame)
        wrong += sum(row[4] != 0 for row in found)
        head = ["door", "rows", "labelled", "not labelled", "other than segment score", "seconds"]
        print(f"\n{scaling}\n{tabulate(found, head, intfmt=',')}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
