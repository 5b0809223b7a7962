"""A downloaded folder with configs of its own: nothing in it runs code, and what of it is taken is said first."""

import hashlib

import pytest
import yaml

CODE = "import os; open('PWNED', 'w').close()"
RUNSTRING = {"_target_": "numpy.testing._private.utils.runstring", "_convert_": "all", "astr": CODE, "dict": {}}
SWEPT = ("data.customers=300", "features=value", "scaling=standard", "k=[2,3]", "tracking.report=false",
         "tracking.figures=false", "exploration=none", "hypotheses=none")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("conf/scaling/standard.yaml", {"about": "z-scores", "scaler": RUNSTRING}, ()),
        ("conf/clustering/kmeans.yaml", {"estimator": RUNSTRING}, ()),
        ("conf/yardstick/value.yaml", {"features": {"columns": {"a": "Age"}}, "scaling": {"scaler": RUNSTRING}}, ()),
        ("experiments/mine.yaml", {"scaling": {"scaler": RUNSTRING}}, ("experiments=mine",)),
        ("experiments/mine.yaml", {"hydra": {"callbacks": {"a": RUNSTRING}}}, ("experiments=mine",)),
        ("conf/sweep.yaml", {"hydra": {"job": {"env_set": {"LD_PRELOAD": "./evil.so"}}}}, ()),
    ],
)
def test_a_folder_runs_no_code(run_here, tmp_path, name, content, words):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    head = "# @package _global_\n" if name.startswith("experiments") else ""
    path.write_text(head + yaml.safe_dump(content))
    ran = run_here("sweep", *SWEPT, *words, folder=tmp_path)
    assert ran.code == 1, ran.out
    assert "Traceback" not in ran.error
    assert not (tmp_path / "PWNED").exists()
    assert "nothing of it was called" in ran.error or "command line" in ran.error
    if name == "conf/scaling/standard.yaml":
        lines = ran.error.splitlines()
        assert lines[0] == "conf/scaling/standard.yaml replaces the shipped file of that name"
        assert "numpy.testing._private.utils.runstring" in lines[1]
    assert not (tmp_path / "mlflow.db").exists(), "before any work"


def test_the_config_of_a_run_that_was_altered_is_refused(run_here, tmp_path, monkeypatch):
    ran = run_here("sweep", *SWEPT, folder=tmp_path)
    assert ran.code == 0, ran.error
    assert run_here("report", "quiet=true", folder=tmp_path).code == 0
    (sweep,) = ran.runs("sweep")
    chosen = sweep.data.tags["chosen_run_id"]
    (config,) = [path for path in tmp_path.glob("mlartifacts/**/config.yaml") if chosen in str(path)]
    text = config.read_text()
    evil = yaml.safe_load(text)
    evil["scaling"]["scaler"] = RUNSTRING
    for altered in (yaml.safe_dump(evil), text.replace("seed: 42", "seed: 43"), text + "# x\n"):
        assert altered != text
        config.write_text(altered)
        for words in (("report",), ("promote", "force=true", "reason=x"), ("report", f"run_id={chosen}")):
            done = run_here(*words, folder=tmp_path)
            assert done.code == 1, done.out
            assert "config.yaml" in done.error
            assert "altered since it was logged" in done.error
            assert not (tmp_path / "PWNED").exists()
    config.write_text(text)
    contract = next(path for path in tmp_path.glob("mlartifacts/**/contract.yaml"))
    contract.write_text(contract.read_text() + "\n# x\n")
    done = run_here("promote", "force=true", "reason=x", folder=tmp_path)
    assert done.code == 1
    assert "contract.yaml" in done.error
    contract.write_text(contract.read_text().removesuffix("\n# x\n"))
    sent = yaml.safe_load(text)
    sent["name"], sent["data"]["about"] = "oc.env", "${${name}:PLANTED_KEY}"
    config.write_text(yaml.safe_dump(sent))
    ran.store.client.set_tag(chosen, "z.sha256.config.yaml", hashlib.sha256(config.read_bytes()).hexdigest())
    monkeypatch.setenv("PLANTED_KEY", "planted-key-1")
    told = run_here("report", folder=tmp_path)
    assert f"the config of run {chosen} takes PLANTED_KEY from the environment" in told.error, "however it is spelt"
    far = yaml.safe_load(text)
    far["engine"] |= {"kind": "spark", "remote": "sc://127.0.0.1:9"}
    far["data"]["table"] = "customers"
    config.write_text(yaml.safe_dump(far))
    ran.store.client.set_tag(chosen, "z.sha256.config.yaml", hashlib.sha256(config.read_bytes()).hexdigest())
    for words in (("report",), ("promote",), ("report", f"run_id={chosen}")):
        done = run_here(*words, folder=tmp_path)
        assert done.code == 1, done.out
        assert "its table read by sc://127.0.0.1:9" in done.error
        assert "name it on the command line" in done.error
    for words in (("report", "engine.remote=sc://127.0.0.1:9"), ("report",)):
        named = run_here(*words, folder=tmp_path)
        assert named.code == 1
        assert "Spark Connect server answers at" in named.error or "needs a package" in named.error, (
            "the user's word counts, and is remembered"
        )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("conf/scaling/odd.yaml", ("scaling=odd",)),
        ("conf/features/odd.yaml", ("features=odd",)),
        ("conf/data/odd.yaml", ("data=odd",)),
        ("conf/contract/odd.yaml", ("data.contract=odd",)),
        ("conf/playbook/odd.yaml", ("playbook=odd",)),
        ("experiments/odd.yaml", ("experiments=odd",)),
    ],
)
def test_a_file_that_would_grow_without_end_is_refused_before_it_is_made(run_here, tmp_path, name, words):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    lines = ["a: &a {x: 1, y: 2, z: 3}"]
    for old, new in zip("abcdefghijkl", "bcdefghijklm", strict=True):
        lines.append(f"{new}: &{new} {{{', '.join(f'{key}: *{old}' for key in 'pqrstuvwxy')}}}")
    path.write_text("\n".join(lines))
    given = [word for word in SWEPT if not word.startswith(f"{words[0].partition('=')[0]}=")]
    ran = run_here("sweep", *given, *words, folder=tmp_path)
    assert ran.code == 1, ran.out
    assert f"{name} is " in ran.error
    assert "values and more where what it names is repeated" in ran.error
    assert not (tmp_path / "mlflow.db").exists(), "before any work"
