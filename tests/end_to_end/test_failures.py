"""What goes wrong ends in one sentence, a non-zero exit code, and no run that looks alive."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from customer_segmentation.sources.samples.telecom import draw_customers

SMALL = ("features=value", "scaling=standard", "k=[2,3]")
BARE = ("tracking.report=false", "tracking.figures=false", "exploration=none", "hypotheses=none")
REPOSITORY = Path(__file__).resolve().parents[2]
#: A copy of the project, and what its files say in addition so that its defaults take seconds.
SMALLER = {"MLproject": "", "conf/tracking/local.yaml": "report: false\n", "conf/data/sample.yaml": ""}


def sentence(ran) -> str:
    assert ran.code != 0
    assert "Traceback" not in ran.error
    lines = [line for line in ran.error.splitlines() if line.startswith("segment")]
    assert len(lines) == 1, ran.error
    return lines[0]


@pytest.fixture
def table(tmp_path):
    def write(name: str, frame: pd.DataFrame) -> str:
        frame.to_csv(tmp_path / name, index=False)
        return f"data.path={name}"

    return write


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("scaling=standart",), "Did you mean standard?"),
        (("data=telecom", "data.path=none (1).csv"), "none (1).csv"),
        (("k=[50000]", "selection.most_segments=null"), "50,000"),
        (("tracking.uri=http://127.0.0.1:1",), "does not answer"),
        (("tracking.uri=sqlite:///missing/folder/x.db",), "does not exist"),
        (("clustering.estimator.n_init=0",), "n_init"),
    ],
)
def test_one_sentence_and_nothing_left_behind(run_here, tmp_path, words, expected):
    sample = [] if words[0].startswith("data=") else ["data.customers=300"]
    ran = run_here(
        "sweep",
        *(word for word in SMALL if word.split("=")[0] != words[0].split("=")[0]),
        *words,
        *sample,
        folder=tmp_path,
    )
    assert expected in sentence(ran)
    assert not (tmp_path / "mlruns").exists()
    assert not (tmp_path / "mlflow.db").exists() or ran.statuses() == {}


def test_tables_that_cannot_be_segmented(run_here, tmp_path, table):
    raw = draw_customers(300, seed=5)
    (tmp_path / "empty.csv").write_text("")
    cases = {
        "data.path=empty.csv": "empty",
        table("two.csv", raw[raw["Customer Status"] != "Churned"].head(2)): "2 customers",
        table("lacks.csv", raw.drop(columns="Total Revenue")): "Total Revenue",
    }
    for path, expected in cases.items():
        assert expected in sentence(run_here("sweep", *SMALL, "data=telecom", path, folder=tmp_path))


def test_a_constant_feature_is_said_and_a_column_that_only_the_exploration_reads_is_not_missed(
    run_here, tmp_path, table
):
    raw = draw_customers(300, seed=5).assign(**{"Number of Referrals": 1}).drop(columns=["Gender", "Zip Code"])
    ran = run_here("sweep", *SMALL, *BARE[:2], "data=telecom", table("constant.csv", raw), folder=tmp_path)
    assert ran.code == 0, ran.error
    assert "referrals has the same value for every customer" in ran.out


def test_a_study_that_fails_leaves_the_others_alone(run_here, tmp_path, table):
    raw = draw_customers(300, seed=5).assign(**{"Age": 40, "Gender": "Male"})
    ran = run_here(
        "sweep",
        "features=value,same",
        "scaling=standard",
        "k=[2,3]",
        "data=telecom",
        table("t.csv", raw),
        *BARE,
        folder=_with_feature_set(tmp_path),
    )
    assert ran.code == 1
    assert "alike" in ran.out
    failed = [run for run in ran.runs("study") if run.info.status == "FAILED"]
    assert [run.info.run_name for run in failed] == ["telecom · same · standard"]
    assert "alike" in failed[0].data.tags["failed_because"]
    assert ran.statuses() == {"FINISHED": 3, "FAILED": 2}
    assert any(run.data.tags["verdict"] == "chosen" for run in ran.runs("candidate"))


def _with_feature_set(folder):
    (folder / "conf" / "features").mkdir(parents=True)
    (folder / "conf" / "features" / "same.yaml").write_text("columns:\n  age: Age\n  gender: Gender\n")
    return folder


def test_nobody_qualifies_is_a_result_and_not_a_failure(run_here, tmp_path):
    ran = run_here("sweep", *SMALL, "selection.smallest_share=0.6", "data.customers=300", *BARE, folder=tmp_path)
    assert ran.code == 0
    assert "nearest miss" in ran.out
    assert not [run for run in ran.runs("candidate") if run.data.tags["verdict"] == "chosen"]


def test_help_and_a_wrong_word_import_nothing_heavy(tmp_path):
    script = (
        "import sys\nfrom customer_segmentation.commands.main import main\n"
        "for words in (['--help'], ['sweep', '--help'], ['sweep', 'scaling=standart'], ['ui', '--help']):\n"
        "    main(words)\n"
        "heavy = {'mlflow', 'sklearn', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert "HEAVY []" in done.stdout, done.stdout[-300:] + done.stderr[-300:]


def test_mlflow_run_gives_the_same_tree_in_our_experiment(run_segment, tmp_path):
    project = tmp_path / "project"
    for name, more in SMALLER.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        text = (REPOSITORY / name).read_text() + more
        (project / name).write_text(text.replace("customers: 7043", "customers: 300"))
    words = ("run", ".", "--experiment-name", "customer-segmentation", "--env-manager", "local", "-e", "sweep")
    asked = [word for setting in SMALL for word in ("-P", setting)]
    ran = run_segment(*words, *asked, folder=project, program="mlflow")
    assert ran.code == 0, ran.error
    (sweep,) = ran.runs("sweep")
    assert sweep.info.run_id in ran.error, "where MLflow put it in place, its run is the sweep's"
    assert len(ran.runs("candidate")) == 2
    assert ran.statuses() == {"FINISHED": 4}
    # without a name MLflow's run is in its default experiment, which says where it went on
    left = ran.store.client.create_run("0").info.run_id
    ran = run_segment("sweep", *SMALL[:2], "k=[2]", *BARE, "data.customers=300", folder=project, MLFLOW_RUN_ID=left)
    assert ran.code == 0, ran.error
    assert len(ran.runs("sweep")) == 2
    (run,) = ran.store.client.search_runs(["0"])
    assert run.data.tags["mlflow.note.content"] == "Continued in the experiment customer-segmentation."
    assert len(ran.runs("candidate")) == 3
