"""Passwords are planted in every address; afterwards the whole store, the reports and the terminal are searched."""

import re
import sqlite3
from pathlib import Path

import pytest
from servers import free_port, mlflow_server

from customer_segmentation.sources.samples.telecom import draw_customers

SERVER, TABLE, LABELS, VARIABLE = "TopSecretPW9", "Tabl3&Secret/x", "0utput%Secret", "Env1ronment-Secret"
PIN, USER = "9471-0036", "minio-root-user"
PLANTED = {
    "server": SERVER,
    "table": "Tabl3",
    "labels": "0utput",
    "variable": VARIABLE,
    "pin": PIN,
    "user of an object store": USER,
}
PROMOTE = ("force=true", "reason=trial", "promotion.resamples=2")
SWEPT = ("features=value", "scaling=standard", "k=[2]", "hypotheses=none", "exploration=none", "tracking.figures=false")


def found_in(folder: Path) -> list[str]:
    """Files and names of files of a folder, databases too, that hold a planted password in any spelling."""
    hits = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        for name, secret in PLANTED.items():
            if secret.encode() in content or secret in str(path.relative_to(folder)):
                hits.append(f"{name} in {path.relative_to(folder)}")
    return hits


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Folder and address of a server."""
    folder = tmp_path_factory.mktemp("server")
    with mlflow_server(folder, free_port()) as address:
        yield folder, address


@pytest.fixture(scope="module")
def everything(run_here, server, tmp_path_factory):
    """Every command that takes an address, run with passwords in all of them against a server; what they said."""
    folder, (served, address) = tmp_path_factory.mktemp("work"), server
    frame = draw_customers(200)
    with sqlite3.connect(folder / "crm.db") as database:
        frame.to_sql("customers", database, index=False)
    login = f"password={TABLE.replace('&', '%26')}&pin={PIN}"
    sql = (f"sqlite:///file:crm.db?uri=true&{login}", "SELECT * FROM customers")
    said = {}
    with pytest.MonkeyPatch.context() as patch:
        uri = address.replace("http://", f"http://admin:{SERVER}@")
        port = f"127.0.0.1:{free_port()}"
        store = f"tracking.uri={uri}"

        def run(name, *words, **environment):
            for key, value in environment.items():
                patch.setenv(key, value)
            said[name] = run_here(*words, folder=folder)

        table = ("data=telecom", f"data.path={sql[0]}", f"data.query={sql[1]}")
        run("sweep", "sweep", *SWEPT, *table, store)
        run("again", "sweep", *SWEPT, *table, store)
        run("explore", "explore", *table, store)
        run("report", "report", "output=copy.html", store)
        run("report with the table", "report", "output=copy.md", store, f"data.path={sql[0]}")
        run("promote", "promote", *PROMOTE, store, f"data.path={sql[0]}")
        output = f"sqlite:///file:out.db?uri=true&token={LABELS}"
        run("score", "score", f"input={sql[0]}", f"query={sql[1]}", f"output={output}", "table=labels", store)
        run("history", "history", store)
        run("export", "export", "dialect=duckdb", "output=labels.sql", store)
        run("rules", "export", "format=rules", store)
        run("other sweep", "sweep", *SWEPT[:2], "k=[3]", *SWEPT[3:], "tracking.report=false", *table, store)
        run("promote again", "promote", *PROMOTE, store, f"data.path={sql[0]}")
        run("rollback", "rollback", f"reason=see {uri}", "version=1", store)
        swept = re.findall(r"Sweep run ([0-9a-f]{32})", said["sweep"].out + said["other sweep"].out)
        run("migrate", "migrate", f"run_id={swept[0]}", f"other={swept[-1]}", store)
        run("ui", "ui", "open=false", store)
        run("serve nothing", "serve", "model=models:/nobody@champion", store)
        run("serve no server", "serve", f"tracking.uri=http://admin:{SERVER}@{port}")
        run("by the environment", "history", MLFLOW_TRACKING_URI=uri)
        run("pin that fails", "score", f"input=https://{port}/new.csv?pin={PIN}", "output=new.csv", store)
        bucket = f"s3://{USER}:{SERVER}@crm/sales?endpoint_override={port}&scheme=http&region=x&connect_timeout=1"
        run("bucket", "sweep", *SWEPT, "data=telecom", f"data.path={bucket}")
        run("bucket as output", "score", f"input={sql[0]}", f"query={sql[1]}", f"output={bucket}", store)
        query = "data.query=DROP TABLE x"
        run("refused quiet", "sweep", *SWEPT, "data=telecom", f"data.path={sql[0]}", query, "quiet=true")
        run("unknown run", "report", "run_id=nonono", store)
        run("no server", "sweep", f"tracking.uri=http://admin:{SERVER}@{port}")
        run(
            "no database",
            "sweep",
            "data=telecom",
            f"data.path=postgresql+nodriver://u:{TABLE}@{port}/d",
            "data.query=x",
        )
        run("init", "init", f"data.path={sql[0]}", f"data.query={sql[1]}", "name=crm")
        run("wrong store", "sweep", f"tracking.uri=nothing://admin:{SERVER}@{port}")
        run("artifacts", "sweep", "tracking.uri=sqlite:///x.db", f"tracking.artifacts=s3://admin:{SERVER}@bucket")
        run("config", "sweep", "--cfg", "job", *table, store)
        run("bad override", "sweep", f"data.pth=mysql://u:{TABLE}@h/d")
    return folder, served, said


def test_commands_did_their_work(everything):
    _, _, said = everything
    done = ("sweep", "again", "explore", "report with the table", "promote", "score", "history", "init", "config")
    for name in (*done, "export", "rules", "rollback", "other sweep", "migrate", "ui"):
        assert said[name].code == 0, (name, said[name].error)
    assert "This sweep is finished" in said["again"].out


def test_no_password_reached_the_terminal(everything):
    for name, ran in everything[2].items():
        for kind, secret in PLANTED.items():
            assert secret not in ran.out + ran.error, (name, kind)
        assert "Traceback" not in ran.error
        assert ran.code == 0 or ran.error.strip(), name


def test_no_password_is_in_the_store_its_artifacts_or_the_copies_of_reports(everything):
    folder, served, _ = everything
    assert (served / "server.db").stat().st_size > 100_000
    assert len(list((served / "served").rglob("config.yaml"))) >= 4
    assert not found_in(served / "served")
    assert not [hit for hit in found_in(served) if "server.log" not in hit]
    assert not found_in(folder)


def test_what_a_run_has_lost_is_asked_for(everything):
    _, _, said = everything
    assert re.search(r"\*\*\* stands for a password", said["report"].error), said["report"]
    assert said["report"].code == 1


def test_a_password_from_the_environment_stays_unresolved_and_the_printed_command_runs(
    run_here, server, tmp_path, monkeypatch
):
    served, address = server
    with sqlite3.connect(tmp_path / "crm.db") as database:
        draw_customers(200).to_sql("customers", database, index=False)
    monkeypatch.setenv("CRM_LOGIN", VARIABLE)
    uri = address.replace("http://", "tracking.uri=http://admin:${oc.env:CRM_LOGIN}@")
    store = (uri, "tracking.experiment=by-environment")
    path = "data.path=sqlite:///file:crm.db?uri=true&password=${oc.env:CRM_LOGIN}"

    def run(*words):
        # the command takes the variables of segment and MLflow alone away
        return run_here(*words, *store, folder=tmp_path)

    swept = run("sweep", *SWEPT, "data=telecom", path, "data.query=SELECT * FROM customers")
    assert swept.code == 0, swept.error
    again = run("sweep", *SWEPT, "data=telecom", path, "data.query=SELECT * FROM customers")
    printed = next(line for line in again.out.splitlines() if "segment report" in line)
    assert "'" in printed, "a shell would read the reference"
    assert "admin:${oc.env:CRM_LOGIN}@" in printed
    assert not found_in(tmp_path)
    assert not [hit for hit in found_in(served) if "server.log" not in hit]
    assert any("${oc.env:CRM_LOGIN}" in config.read_text() for config in served.rglob("config.yaml"))
    report = run("report")
    assert report.code == 0, report.error
    assert "takes CRM_LOGIN from the environment" in report.error
    assert VARIABLE not in swept.out + swept.error + again.out + report.out
