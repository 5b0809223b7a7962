"""From a sweep to labelled customers by the real commands: files, a database, REST, MLflow's own commands."""

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import customer_segmentation as cs
from customer_segmentation.model.checksums import write_manifest
from customer_segmentation.model.sql import labelling_select
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.sources.samples.telecom import draw_customers

BIN = Path(sys.executable).parent
CUSTOMERS = 600


@pytest.fixture(scope="module")
def raw():
    return draw_customers(CUSTOMERS, seed=2022)


@pytest.fixture(scope="module")
def swept(run_here, tmp_path_factory, raw):
    folder = tmp_path_factory.mktemp("score")
    ran = run_here(
        "sweep", f"data.customers={CUSTOMERS}", "features=value", "scaling=standard", "k=[3,4]", "quiet=true",
        "exploration=none", "hypotheses=none", "tracking.report=false", "tracking.figures=false", folder=folder,
    )  # fmt: skip
    assert ran.code == 0, ran.error
    raw.to_csv(folder / "raw.csv", index=False)
    store = ran.store
    (sweep,) = ran.runs("sweep")
    # as a user registers it in the UI
    model_id = store.client.get_run(sweep.data.tags["chosen_run_id"]).outputs.model_outputs[0].model_id
    store.client.create_registered_model("by-hand")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", store.uri)  # MLflow looks for the model there, whatever the client's store
        store.client.create_model_version(
            "by-hand", store.client.get_logged_model(model_id).artifact_location, model_id=model_id
        )
    store.client.set_registered_model_alias("by-hand", "champion", "1")
    return ran


@pytest.fixture(scope="module")
def by_hand(swept, run_here):
    """Scored by the version that was registered by hand."""
    words = ["score", "input=raw.csv", "output=labels.csv", "model=models:/by-hand@champion"]
    ran = run_here(*words, folder=swept.folder)
    assert ran.code == 0, ran.error
    return ran


def labels(path: Path) -> pd.DataFrame:
    return pd.read_csv(path)


def chosen_labels(swept) -> pd.DataFrame:
    (sweep,) = swept.runs("sweep")
    run = swept.store.client.get_run(sweep.data.tags["chosen_run_id"])
    table = pd.read_parquet(swept.store.client.download_artifacts(run.data.tags["z.study_id"], "labels.parquet"))
    return pd.DataFrame({"id": table.iloc[:, 0], "segment": table[f"k{run.data.params['k']}"]})


def test_every_customer_has_the_label_of_the_sweep(swept, by_hand, raw):
    assert "600 rows of raw.csv = 600 scored + 0 rejected, by by-hand version 1" in by_hand.out
    assert "Drift: steady" in by_hand.out
    found = labels(swept.folder / "labels.csv")
    assert found["Customer ID"].tolist() == raw["Customer ID"].tolist()
    sweep = chosen_labels(swept)
    kept = found[found["Customer ID"].isin(set(sweep["id"]))]
    np.testing.assert_array_equal(kept["segment"], sweep["segment"])
    assert found["margin"].between(-1, 1).all()
    assert not (swept.folder / "labels_rejected.csv").exists()


def test_the_run_holds_counts_version_digest_and_drift(swept, by_hand):
    import hashlib

    (run,) = [item for item in swept.runs("score") if item.data.params["output"] == "labels.csv"]
    assert run.info.status == "FINISHED"
    assert run.data.metrics["rows"] == run.data.metrics["rows_scored"] == CUSTOMERS
    assert run.data.metrics["rows_rejected"] == 0
    assert run.data.params["model_version"] == "1"
    assert run.data.params["input_sha256"] == hashlib.sha256((swept.folder / "raw.csv").read_bytes()).hexdigest()
    assert run.data.tags["drift"] == "steady"
    ((used, context),) = [
        (item.dataset, item.tags[0].value) for item in swept.store.client.get_run(run.info.run_id).inputs.dataset_inputs
    ]
    assert (used.name, used.digest, context) == ("raw.csv", run.data.params["input_sha256"][:32], "scoring")
    assert json.loads(used.profile)["num_rows"] == CUSTOMERS
    columns = {item["name"]: item["type"] for item in json.loads(used.schema)["mlflow_colspec"]}
    assert columns["Total Revenue"] == "double"
    drift = json.loads(swept.artifact(run, "drift.json").read_text())
    assert drift["word"] == "steady"
    assert max(row["stability"] for row in drift["variables"]) < 1e-9, "the customers of the fit against themselves"
    assert drift["customers"] < CUSTOMERS, "those who churned are not compared"
    assert swept.artifact(run, "figures/drift.png").stat().st_size > 5000


def test_a_database_in_and_out(swept, by_hand, raw, run_here):
    folder = swept.folder
    with sqlite3.connect(folder / "crm.db") as connection:
        raw.to_sql("customers", connection, index=False)
    query = "query=SELECT * FROM customers ORDER BY rowid"
    words = ["score", "input=sqlite:///crm.db", query, "output=sqlite:///crm.db", "chunk=99", "model=models:/by-hand/1"]
    ran = run_here(*words, "quiet=true", folder=folder)
    assert ran.code == 0, ran.error
    (run,) = [item for item in swept.runs("score") if item.data.params["output"].startswith("table segments")]
    (used,) = swept.store.client.get_run(run.info.run_id).inputs.dataset_inputs
    assert used.dataset.name == run.data.params["input"], "a query has a digest of its words"
    with sqlite3.connect(folder / "crm.db") as connection:
        table = pd.read_sql("SELECT * FROM segments", connection)
    pd.testing.assert_frame_equal(table, labels(folder / "labels.csv"), check_dtype=False)


def test_drift_is_told_by_the_exit_code_and_the_column_in_other_units_first(swept, by_hand, raw, run_here):
    folder = swept.folder
    raw.assign(**{"Total Revenue": raw["Total Revenue"] * 100}).to_csv(folder / "cents.csv", index=False)
    words = ["score", "model=models:/by-hand@champion", "fail_on_drift=refit"]
    ran = run_here(*words, "input=cents.csv", "output=cents_labels.csv", folder=folder)
    assert ran.code == 3
    lines = ran.out.splitlines()
    first = lines[next(at for at, line in enumerate(lines) if line.startswith("Drift: refit")) + 1]
    assert "revenue (Total Revenue)" in first
    assert "100 times as much" in ran.out
    assert len(labels(folder / "cents_labels.csv")) == CUSTOMERS, "drift does not cost the labels"


def test_a_killed_scoring_leaves_no_output_and_a_rerun_succeeds(swept, by_hand, raw, run_here, start_segment):
    folder = swept.folder
    pd.concat([raw] * 60).to_csv(folder / "many.csv", index=False)
    words = ["score", "input=many.csv", "output=many_labels.csv", "chunk=20", "model=models:/by-hand/1", "quiet=true"]
    process = start_segment(*words, folder=folder)
    end = time.monotonic() + 60
    while not list(folder.glob(".many_labels.csv.*.part")) and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "many_labels.csv").exists()
    assert list(folder.glob(".many_labels.csv.*.part")), "killed in the middle"
    ran = run_here(*words, folder=folder)
    assert ran.code == 0, ran.error
    assert len(labels(folder / "many_labels.csv")) == 60 * CUSTOMERS
    assert not list(folder.glob(".*.part"))


def test_labels_that_are_written_are_told_where_the_store_fails_afterwards(swept, run_here, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/store/config.yaml")

    monkeypatch.setattr("customer_segmentation.workflows.score.record", full)
    words = ["score", "input=raw.csv", "output=kept.csv", "model=models:/by-hand@champion"]
    ran = run_here(*words, folder=swept.folder)
    assert ran.code == 1
    assert "the labels are written, to kept.csv, but not what belongs to them: /store/config.yaml" in ran.error
    assert len(labels(swept.folder / "kept.csv")) == CUSTOMERS


def test_mlflow_predicts_with_the_same_model(swept, by_hand):
    words = [
        "models",
        "predict",
        "-m",
        "models:/by-hand@champion",
        "-i",
        "raw.csv",
        "-t",
        "csv",
        "--env-manager",
        "local",
    ]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{swept.folder}/mlflow.db"}
    done = subprocess.run(
        [str(BIN / "mlflow"), *words], cwd=swept.folder, env=environment, capture_output=True, text=True, check=True
    )
    found = pd.DataFrame(json.loads(done.stdout)["predictions"])
    assert found["segment"].tolist() == labels(swept.folder / "labels.csv")["segment"].tolist()


@pytest.fixture
def others_folder(swept, tmp_path):
    """The model as a folder that no store vouches for, its code altered and its checksums written again."""
    address = swept.store.client.get_model_version("by-hand", "1").source
    folder = tmp_path / "model"
    shutil.copytree(address.removeprefix("file://"), folder)
    for path in folder.rglob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + f"\nopen({str(tmp_path / 'ran')!r}, 'w')\n")
    known = folder / "MLmodel"
    known.write_text(re.sub("m-[0-9a-f]{32}", f"m-{'0' * 32}", known.read_text(encoding="utf-8")))
    write_manifest(folder)
    return folder


def post(port, records):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps({"dataframe_records": records}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())


def with_odd_cells(frame):
    """Every cell as text, some of them bad: no label, whoever reads them."""
    for row, (name, cell) in enumerate(
        [
            *(("Total Revenue", cell) for cell in ("", "unknown", "1e400", "-1")),
            *(("Tenure in Months", cell) for cell in ("n/a", "12 months", "900")),
            ("Number of Referrals", "two"),
        ]
    ):
        frame.loc[7 * row, name] = cell
    return frame


def assert_every_door_says(served, frame, model, swept, run_here):
    """The same segment from a server, a command, a frame in Python and the SELECT of two databases."""
    expected = pd.Series(served, index=frame["Customer ID"], dtype="Int64")
    assert 0 < expected.isna().sum() < 20
    frame.to_csv(swept.folder / "doors.csv", index=False)
    words = ["score", "input=doors.csv", "output=doors_out.csv", f"model={model}", "quiet=true"]
    assert run_here(*words, folder=swept.folder).code == 0
    found = {"command": pd.read_csv(swept.folder / "doors_out.csv").set_index("Customer ID")["segment"]}
    labels = cs.score(frame, model=str(model), tracking_uri=swept.store.uri).labels
    found["python"] = pd.Series(labels["segment"].to_numpy(), index=frame["Customer ID"])
    held = load_segment_model(str(model)).model
    with duckdb.connect() as connection:
        connection.register("customers", frame)
        statement = labelling_select(held, dialect="duckdb", table="customers")
        found["duckdb"] = connection.execute(statement).fetch_df().set_index("Customer ID")["segment"]
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        frame.to_sql("customers", connection, index=False)
        statement = labelling_select(held, dialect="sqlite", table="customers")
        found["sqlite"] = pd.read_sql(statement, connection).set_index("Customer ID")["segment"]
    for door, labelled in found.items():
        pd.testing.assert_series_equal(
            labelled.astype("Int64").reindex(expected.index), expected, check_names=False, obj=door
        )


def test_serve_prints_a_call_that_works_and_ends_with_the_command(
    swept, by_hand, others_folder, run_here, start_segment
):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start_segment("serve", f"model={others_folder}", f"port={port}", folder=swept.folder)
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, f"ended: {said}"
            said += line
        call = next(line for line in said.splitlines() if line.startswith("curl"))
        answer = subprocess.run(["bash", "-c", f"{call} --silent"], capture_output=True, text=True, check=True)
        (first,) = json.loads(answer.stdout)["predictions"]
        assert first["reason"] is None
        assert first["segment"] in (0, 1, 2, 3)
        customers = [
            {"Number of Referrals": 2, "Tenure in Months": "9", "Total Revenue": 974.81},
            {"Number of Referrals": 0, "Tenure in Months": None, "Total Revenue": "NA"},
        ]
        good, bad = post(port, customers)["predictions"]
        assert good["segment"] is not None
        assert bad["segment"] is None
        assert re.search("Tenure in Months is missing.*Total Revenue is missing", bad["reason"])
        # every record is answered: with a reason beside others, or the batch is refused and the columns are named
        assert len(post(port, [{**customers[0], "Shoe Size": 42}, {}])["predictions"]) == 2
        for records in ([{}], [{"Shoe Size": 42}], [{}, {"Total Revenue": 1}]):
            with pytest.raises(urllib.error.HTTPError, match="400") as refused:
                post(port, records)
            said = refused.value.read().decode()
            assert "Model is missing inputs" in said
            assert "Number of Referrals" in said
        place, kind = f"http://127.0.0.1:{port}/invocations", {"Content-Type": "text/csv"}
        for host, told in ((f"127.0.0.1:{port}", "CSV"), ("a.site.example.com", "host")):
            asked = urllib.request.Request(place, b'a,b\n4,"5\n', {**kind, "Host": host})
            with pytest.raises(urllib.error.HTTPError, match="400") as refused:
                urllib.request.urlopen(asked)
            said = refused.value.read().decode()
            assert told in said
            assert not re.search("stack_trace|Traceback|site-packages", said)
        frame = with_odd_cells(draw_customers(200, seed=9).astype(str))
        served = [one["segment"] for one in post(port, frame.to_dict("records"))["predictions"]]
        assert_every_door_says(served, frame, others_folder, swept, run_here)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))  # nobody is left
    assert not (others_folder.parent / "ran").exists(), "a model's own code is never run"
