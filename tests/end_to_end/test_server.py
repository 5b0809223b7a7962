"""A sweep against a real ``mlflow server``, which goes and comes back, leaves what one beside a SQLite file leaves."""

import time

from servers import free_port, mlflow_server
from stores import content

ASKED = ("sweep", "features=value", "scaling=standard,minmax", "k=[2,3]", "data.customers=300", "launcher=in_process")
ASKED += ("exploration=none", "hypotheses=none", "tracking.figures=false")


def test_a_server_that_goes_away_and_comes_back_holds_what_a_local_store_holds(run_here, start_segment, tmp_path):
    here, there, elsewhere = (tmp_path / name for name in ("here", "there", "elsewhere"))
    for folder in (here, there, elsewhere):
        folder.mkdir()
    port = free_port()
    uri = f"tracking.uri=http://127.0.0.1:{port}"
    with mlflow_server(tmp_path, port) as address:
        # it asks the server once again and not three times
        asking = {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
        process = start_segment(*ASKED, "tracking=server", folder=there, **asking)
        lines = iter(process.stderr.readline, "")
        line = next(line for line in lines if "study 1/2" in line)  # fails where the sweep ends before
    gone = time.monotonic()
    out, error = process.communicate()
    assert time.monotonic() - gone < 60
    assert process.returncode == 1, out + error
    (said,) = error.strip().splitlines()
    assert said == (
        f"segment sweep: the tracking store {address} cannot be used: it does not answer; start it and run the same "
        "command again to continue: what is finished is kept."
    )
    assert not list(there.iterdir()), "nothing is left beside the command"
    with mlflow_server(tmp_path, port):
        again = run_here(*ASKED, "tracking=server", uri, folder=elsewhere)
        assert again.code == 0, again.error
        assert "study 1/2 value · standard: reused, 2 candidates" in again.error, line + again.error
        assert f"{address}/#/experiments/" in again.out, again.out
        finished = run_here(*ASKED, "tracking=server", uri, folder=here)
        assert "This sweep is finished" in finished.out
        alone = run_here(*ASKED, folder=here)
        assert alone.code == 0, alone.error
        local = f"sqlite:///{here}/mlflow.db"
        one, other = content(local), content(address)
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert value == other[key], key
        assert files(local) == files(address)


def files(uri: str) -> dict[str, set[str]]:
    """Paths of the artifacts of every run, by its name."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("customer-segmentation")

    def below(run_id: str, path: str | None = None) -> set[str]:
        found = set()
        for item in client.list_artifacts(run_id, path):
            found |= below(run_id, item.path) if item.is_dir else {item.path}
        return found

    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    return {f"{run.data.tags['level']} {run.info.run_name}": below(run.info.run_id) for run in runs}
