"""A config from anywhere cannot make the program call what it names."""

import os
import pickle
import re
import shlex
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.config.folder_files import check_file, taken_files
from customer_segmentation.config.instantiate import make_estimator, make_scaler
from customer_segmentation.config.paths import options_of, shipped_root
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.credentials import _on_one_line, check_table, refuse_unstated
from customer_segmentation.settings.trusted import VARIABLE, take_trusted, trusted_modules

TOUCH = "import os; open('PWNED', 'w').close()"


@pytest.mark.parametrize(
    "spec",
    [
        {"_target_": "numpy.testing._private.utils.runstring", "astr": TOUCH, "dict": {}},
        {"_target_": "pandas.read_pickle", "filepath_or_buffer": "evil.pkl"},
        {"_target_": "joblib.load", "filename": "evil.pkl"},
        {"_target_": "os.getcwd"},
        {"_target_": "builtins.open", "file": "PWNED", "mode": "w"},
        {"_target_": "sklearn.externals.array_api_compat.numpy"},
        {"_target_": "sklearn.utils._testing.os.system", "command": "touch PWNED"},
        {"_target_": "sklearn.datasets.load_files", "container_path": "."},
        {"_target_": "sklearn.utils._joblib.load", "filename": "evil.pkl"},
        {"_target_": "customer_segmentation.commands.main.main", "arguments": ["sweep"]},
        {"_target_": "customer_segmentation.clustering.fit.fit_k"},
        {"_target_": "customer_segmentation.clustering.transformers.importlib.import_module", "name": "antigravity"},
        {"_target_": "hydra.utils.get_method", "path": "os.getcwd"},
        {"_target_": "hydra.utils.get_object", "path": "os"},
        {"_target_": "hydra.utils.instantiate", "config": {"_target_": "os.getcwd"}},
        {"_target_": ["sklearn.cluster.KMeans"]},
        {"_target_": "KMeans"},
        {"_target_": ""},
        {
            "_target_": "sklearn.preprocessing.FunctionTransformer",
            "func": {"_target_": "hydra.utils.get_method", "path": "os.system"},
        },
        {
            "_target_": "sklearn.pipeline.make_pipeline",
            "_args_": [{"_target_": "sklearn.preprocessing.StandardScaler"}, {"_target_": "os.getcwd"}],
        },
        {
            "_target_": "sklearn.preprocessing.FunctionTransformer",
            "kw_args": {"deep": [{"x": {"_target_": "os.getcwd", "_partial_": True}}]},
        },
        {
            "_target_": "sklearn.preprocessing.FunctionTransformer",
            "func": {"_target_": "hydra.utils.get_method", "path": "numpy.log", "_args_": ["shutil.rmtree"]},
        },
    ],
)
@pytest.mark.parametrize("make", [make_scaler, lambda spec, name: make_estimator(spec, name, 2, 42)])
def test_nothing_but_estimators_is_made(spec, make):
    with pytest.raises(SettingsError, match="not an estimator of scikit-learn, and nothing of it was called"):
        make(spec, "x")
    assert not Path("PWNED").exists()


CALL = "${oc.create:{_target_:joblib.load,filename:m.pkl}}"


@pytest.mark.parametrize("text", [CALL, "\\" + CALL, "\\\\" + CALL, "${x", "a ${oc.env:HOME}"])
@pytest.mark.parametrize("put", [lambda text: text, lambda text: [{"a": text}], lambda text: {text: 1}])
def test_no_text_of_an_estimator_is_resolved_once_more(text, put):
    with pytest.raises(SettingsError, match=r"expected a plain value, .* nothing was called"):
        make_scaler({"_target_": "sklearn.preprocessing.FunctionTransformer", "func": put(text)}, "x")
    with pytest.raises(SettingsError, match=r"expected a plain value, .* nothing was called"):
        make_estimator({"_target_": "sklearn.cluster.KMeans", "n_init": put(text)}, "x", 2, 42)


def test_no_model_keeps_a_variable_of_the_environment(monkeypatch):
    monkeypatch.setenv("CRM_PASSWORD", "Planted-Model-5")
    Path("conf/scaling").mkdir(parents=True)
    text = "scaler: {_target_: sklearn.preprocessing.FunctionTransformer, inv_kw_args: {a: '${oc.env:CRM_PASSWORD}'}}\n"
    Path("conf/scaling/mine.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"holds \$\{oc\.env:CRM_PASSWORD\}, and a model keeps"):
        check_plan(plan("sweep", ["features=value", "scaling=mine", "k=[2]"]))


@pytest.mark.parametrize("slashes", range(1, 5))
def test_an_escaped_reference_of_a_folders_file_makes_nothing(slashes):
    Path("conf/scaling").mkdir(parents=True)
    text = "scaler:\n  _target_: sklearn.preprocessing.FunctionTransformer\n  func: '" + "\\" * slashes + CALL + "'\n"
    Path("conf/scaling/standard.yaml").write_text(text)
    Path("m.pkl").write_bytes(pickle.dumps(Touching()))
    with pytest.raises(SettingsError):
        check_plan(plan("sweep", ["features=value", "scaling=standard", "k=[2]"]))
    assert not Path("PWNED").exists()


class Touching:
    """What a pickle of a stranger's does."""

    def __reduce__(self):
        return exec, (TOUCH,)


def test_no_estimator_reads_the_pickles_of_a_folder():
    step = {"_target_": "sklearn.preprocessing.StandardScaler"}
    cached = {"_target_": "sklearn.pipeline.Pipeline", "memory": "./cache", "steps": [["a", step], ["b", step]]}
    for spec in (cached, {**cached, "memory": None, "steps": [["a", cached], ["b", step]]}):
        with pytest.raises(SettingsError, match=r"memory=\./cache keeps fits as pickles"):
            make_scaler(spec, "x")
    make_scaler({**cached, "memory": None}, "x")
    search = {"_target_": "sklearn.model_selection.GridSearchCV", "estimator": {**cached, "memory": None}}
    search = {"_target_": "sklearn.pipeline.make_pipeline", "_args_": [step, search]}
    for grid in ({"a": [step, cached]}, [{"memory": ["./cache"]}], {"b__memory": ["./cache"]}):
        search["_args_"][1]["param_grid"] = grid
        with pytest.raises(SettingsError, match="keeps fits as pickles"):
            make_scaler(search, "x")
    with pytest.raises(SettingsError, match="keeps fits as pickles"):
        make_scaler({"_target_": "sklearn.cluster.FeatureAgglomeration", "memory": "./cache"}, "x")


@pytest.mark.parametrize(("key", "says"), [("n_clusters=4", "k="), ("random_state=3", "seed=")])
def test_what_a_study_sets_itself_is_no_parameter_of_an_algorithm(key, says):
    words = ["features=value", "scaling=standard", "k=[2]", "data.customers=60", f"+clustering.estimator.{key}"]
    with pytest.raises(SettingsError, match=f"clustering.estimator.{key} has no effect, {says} says that"):
        check_plan(plan("sweep", words))


def test_all_shipped_scalings_and_algorithms_are_made():
    def declared(group, key):
        read = {name: OmegaConf.load(path) for name, path in options_of(group).items()}
        files = {name: OmegaConf.merge(file, {"seed": 1}) for name, file in read.items()}.items()
        return {
            name: OmegaConf.to_container(file[key], resolve=True) if file[key] else None
            for name, file in files
            if key in file
        }

    scalers, estimators = declared("scaling", "scaler"), declared("clustering", "estimator")
    assert len(scalers) >= 8
    assert len(estimators) >= 4
    for name, plain in scalers.items():
        make_scaler(plain, name)
    for name, plain in estimators.items():
        make_estimator(plain, name, 3, 1)


def test_a_trusted_package_is_named_on_the_command_line_or_in_a_file_of_the_users(tmp_path, monkeypatch):
    spec = {"_target_": "scipy.special.factorial"}
    with pytest.raises(SettingsError, match="nothing of it was called"):
        make_scaler(spec, "x")
    monkeypatch.setenv(VARIABLE, "")
    assert take_trusted(["k=[2]", "trusted_modules=[scipy.special, my_package]"]) == ["k=[2]"]
    assert trusted_modules() == ("scipy.special", "my_package")
    with pytest.raises(SettingsError, match=r"cannot make scipy\.special\.factorial"):  # called: it needs a number
        make_scaler(spec, "x")
    monkeypatch.setenv(VARIABLE, "")
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    (home / "customer-segmentation").mkdir(parents=True)
    (home / "customer-segmentation" / "settings.yaml").write_text("trusted_modules: [scipy]\n")
    assert trusted_modules() == ("scipy",)
    for text in ("trusted_modules: scipy\n", "trusted_modules: ['a b']\n", "other: 1\n", "[", "- 1\n"):
        (home / "customer-segmentation" / "settings.yaml").write_text(text)
        with pytest.raises(SettingsError, match=r"settings\.yaml"):
            trusted_modules()
    for word in ("trusted_modules=[os system]", "trusted_modules=[1]", "trusted_modules=[a.b.]"):
        with pytest.raises(SettingsError, match="expected names"):
            take_trusted([word])


@pytest.mark.parametrize("text", ["trusted_modules: [os]\n", "# @package _global_\ntrusted_modules: [os]\n"])
def test_a_project_cannot_say_what_is_trusted(text):
    Path("experiments").mkdir()
    Path("experiments/mine.yaml").write_text(text)
    with pytest.raises(SettingsError):
        plan("sweep", ["experiments=mine"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("experiments/x.yaml", "# @package _global_\nhydra:\n  callbacks:\n    a: {_target_: os.getcwd}\n"),
        ("experiments/x.yaml", "# @package _global_\nhydra:\n  job:\n    env_set: {LD_PRELOAD: ./evil.so}\n"),
        ("experiments/x.yaml", "# @package _global_\nhydra: {job_logging: {handlers: {a: {(): os.getcwd}}}}\n"),
        ("experiments/x.yaml", "# @package _global_\nhydra: {launcher: {setup: [touch PWNED]}}\n"),
        ("experiments/x.yaml", "# @package _global_\nhydra: {launcher: {_target_: os.getcwd}}\n"),
        ("experiments/x.yaml", "# @package _global_\nhydra: {launcher: {n_jobs: {_target_: os.getcwd}}}\n"),
        ("experiments/x.yaml", "# @package _global_\nhydra: {sweeper: {_target_: os.getcwd}}\n"),
        ("experiments/x.yaml", "# @package _global_\nhydra: {sweep: {dir: /tmp}, searchpath: ['file:///tmp']}\n"),
        ("experiments/x.yaml", "# @package _global_\ndefaults: [override /hydra/job_logging: mine]\n"),
        ("experiments/x.yaml", "# @package _global_\nlauncher: {address: 'ray://evil:10001'}\n"),
        ("experiments/x.yaml", "# @package _global_\nengine: {remote: 'sc://evil:15002'}\n"),
        ("conf/engine/local.yaml", "remote: 'sc://evil:15002'\n"),
        (
            "experiments/x.yaml",
            "# @package _global_\nhydra: {launcher: {ray: {init: {address: 'ray://evil:10001'}}}}\n",
        ),
        (
            "experiments/x.yaml",
            "# @package _global_\nhydra: {sweeper: {params: {launcher.address: 'ray://evil:10001'}}}\n",
        ),
        ("experiments/x.yaml", '# @package _global_\nhydra: {launcher: {comment: "x\\ntouch PWNED #"}}\n'),
        ("experiments/x.yaml", "# @package _global_\nhydra: {launcher: {comment: '${name}'}}\n"),
        ("experiments/x.yaml", "# @package hydra.callbacks\ndefaults: [a@hydra.callbacks: b]\n"),
        ("conf/hydra/job_logging/none.yaml", "handlers: {a: {(): os.getcwd}}\n"),
        ("conf/hydra/launcher/joblib.yaml", "_target_: os.getcwd\n"),
        ("conf/sweep.yaml", "hydra: {callbacks: {a: {_target_: os.getcwd}}}\n"),
        ("conf/sweep.yaml", "hydra: ['x']\n"),
        ("conf/sweep.yaml", "<<: {hydra: {searchpath: ['pkg://evil']}}\ndefaults: [sweep_schema, _self_]\n"),
        ("experiments/x.yaml", "# @package _global_\n<<: {hydra: {callbacks: {a: {_target_: os.getcwd}}}}\n"),
        ("experiments/x.yaml", "# @package _global_\ndefaults: [/scaling/standard@hydra.callbacks]\n"),
        ("experiments/x.yaml", "# @package _global_\ndefaults: [{/scaling@_global_.hydra: standard}]\n"),
        ("experiments/x.yaml", "# @package _global_\ndefaults: [/hydra/job_logging/colorlog]\n"),
        (
            "experiments/x.yaml",
            "# @package _global_\nhydra: {sweeper: {params: {+hydra.callbacks.a: b}}}\n",
        ),
        ("conf/scaling/standard.yaml", "# @package hydra.callbacks\na: {_target_: os.getcwd}\n"),
        ("linked/job_logging/none.yaml", "handlers: {a: {(): os.getcwd}}\n"),
    ],
)
def test_a_project_cannot_make_hydra_run_something(name, text):
    path = Path(name)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    words = ["experiments=x"] if "experiments" in name else ["hydra/job_logging=none"] if "job_logging" in name else []
    words += ["hydra/launcher=joblib"] if "launcher" in name else []
    if name.startswith("linked"):
        Path("conf").mkdir()
        Path("conf/hydra").symlink_to(Path("linked").absolute())
    with pytest.raises(SettingsError, match=r"command line|mapping|has no effect"):
        plan("sweep", words)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("conf/tracking/local.yaml", "uri: http://runs.example.com\n"),
        ("conf/tracking/local.yaml", "uri: HTTPS://runs.example.com\n"),
        ("experiments/x.yaml", "# @package _global_\ntracking: {uri: 'http://runs.example.com'}\n"),
        (
            "experiments/x.yaml",
            "# @package _global_\nhydra: {sweeper: {params: {tracking.uri: 'http://runs.example.com'}}}\n",
        ),
    ],
)
def test_a_project_does_not_say_where_mlflow_sends_the_users_credentials(name, text, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for variable in ("TOKEN", "USERNAME", "PASSWORD", "URI"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{variable}", raising=False)
    Path(name).parent.mkdir(parents=True)
    Path(name).write_text(text)
    small = ["features=value", "scaling=standard", "k=[2]"]
    words = [*small, *(["experiments=x"] if "experiments" in name else [])]
    with pytest.raises(
        SettingsError, match=r"MLflow would send it runs with customers in them; if you trust that server"
    ):
        plan("sweep", words)  # whatever table the folder names, such as one of the home folder
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "planted-token-1")
    with pytest.raises(SettingsError, match=r"MLflow would send it MLFLOW_TRACKING_TOKEN; if you trust that server"):
        plan("sweep", words)
    address = "HTTPS://runs.example.com" if "HTTPS" in text else "http://runs.example.com"
    plan("sweep", [*small, f"tracking.uri={address}"])  # the user's word
    plan("sweep", words)  # which is remembered
    plan("sweep", [*small, "tracking=server"])  # the shipped one
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
    kept = tmp_path / "home" / ".mlflow" / "credentials"
    kept.parent.mkdir(parents=True)
    kept.write_text("[mlflow]\nmlflow_tracking_username = me\n")
    (tmp_path / "home/.config/customer-segmentation/named_servers").unlink()
    with pytest.raises(SettingsError, match=r"MLflow would send it ~/\.mlflow/credentials"):
        plan("sweep", words)


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("postgresql://crm.example.com/crm", "PGPASSWORD"),
        ("postgresql://a@b/crm", "~/.pgpass"),
        ("mysql://crm.example.com/crm", "MYSQL_PWD"),
        ("snowflake://account/crm", "SNOWFLAKE_PASSWORD"),
        ("s3://bucket/table.parquet?region=eu-west-1", "AWS_SECRET_ACCESS_KEY"),
        ("gs://bucket/table.parquet", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("abfs://store/table.parquet", "AZURE_STORAGE_KEY"),
        ("https://crm.example.com/x.csv?a=${oc.env:PLANTED}", "PLANTED"),
        ("postgresql://me:${oc.env:PLANTED}@crm.example.com/crm", "PLANTED"),
        ("[a.csv,s3://bucket/table.parquet]", "AWS_SECRET_ACCESS_KEY"),
        ("https://crm.example.com/x.csv", "~/.netrc"),
    ],
)
def test_no_file_says_where_credentials_go(address, held, monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name in [name for name in os.environ if name.startswith(("PG", "MYSQL", "AWS_", "GOOGLE_", "AZURE_"))]:
        monkeypatch.delenv(name)
    Path("conf/data").mkdir(parents=True)
    Path("conf/data/mine.yaml").write_text(f"source: file\npath: '{address}'\n")
    words = ["data=mine", "features=value", "scaling=standard", "k=[2]"]
    monkeypatch.setenv("PLANTED", "")
    plan("sweep", words)  # nothing to send
    if held.startswith("~"):
        (home / held[2:]).write_text("*:*:*:me:planted-1\n" if "pgpass" in held else "default login a password b\n")
    else:
        monkeypatch.setenv(held, "planted-1")
    told = re.escape(held)
    with pytest.raises(SettingsError, match=rf"set data.path=.*{told}; if you trust.*data\.path=\.\.\."):
        plan("sweep", words)
    plan("sweep", [*words, f"data.path='{address}'"])  # the user's word, which holds for the folder's file from now on
    plan("sweep", words)
    if "://crm" in address:
        Path("conf/data/mine.yaml").write_text(f"path: '{address.replace('//crm', '//evil')}'\n")
        with pytest.raises(SettingsError, match=told):
            plan("sweep", words)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://${oc.env:WORD}:${oc.env:PLANTED}/@crm.example.com/crm",
        "postgresql://${oc.env:WORD}#:${oc.env:PLANTED}@crm.example.com/crm",
        "postgresql://me:${oc.env:PLANTED}@${oc.env:WORD}/crm?host=crm.example.com",
        "postgresql://[:${oc.env:PLANTED}@crm.example.com/crm",
        "postgresql://named.example.com:${oc.env:PLANTED}/@crm.example.com/crm",
        "postgresql://${oc.env:PLANTED}@named.example.com,crm.example.com/crm",
        "postgresql://named.example.com]:${oc.env:PLANTED}@crm.example.com/crm",
        "https://crm.example.com\\\\@${oc.env:WORD}/x.csv?a=${oc.env:PLANTED}",
        "https://crm.example.com\\\\@named.example.com/x.csv?a=${oc.env:PLANTED}",
        "https://[crm.example.com/x.csv?a=${oc.env:PLANTED}",
        "https://crm.example.com/x.csv?a=${oc.decode:${oc.env:PLANTED_JSON}}",
    ],
)
@pytest.mark.parametrize("key", ["path", "download: {url"])
def test_a_host_is_what_its_client_takes_for_one(address, key, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PLANTED", "planted-1")
    monkeypatch.setenv("PLANTED_JSON", "'planted-1'")
    monkeypatch.setenv("WORD", "root")
    for named in ("postgresql://named.example.com/crm", "https://named.example.com/x.csv"):
        refuse_unstated("data.path", f"{named}?a=planted-1", ["PLANTED"], who="", stated=True)
        refuse_unstated("data.path", f"{named}?a=planted-1", ["PLANTED"], who="")
    Path("conf/data").mkdir(parents=True)
    end = "}" if "{" in key else ""
    Path("conf/data/mine.yaml").write_text(f'source: file\n{key}: "{address}"{end}\n')
    with pytest.raises(SettingsError, match=r"would send it .*PLANTED"):
        plan("sweep", ["data=mine", "features=value", "scaling=standard", "k=[2]"])


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("tracking.uri", "http://me:word@runs.example.com"),  # it names other servers, for artifacts
        ("tracking.artifacts", "https://runs.example.com/api/2.0/mlflow-artifacts/artifacts"),
        ("tracking.artifacts", "mlflow-artifacts://runs.example.com:443/x"),
        ("model", "mlflow-artifacts://runs.example.com:443/x"),
    ],
)
def test_mlflow_sends_its_credentials_to_servers_of_artifacts_too(key, address, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "planted-1")
    with pytest.raises(SettingsError, match="would send it MLFLOW_TRACKING_TOKEN"):
        refuse_unstated(key, address, (), who="this folder's configs set")
    refuse_unstated("tracking.artifacts", "mlflow-artifacts:/x", (), who="")  # of the store's own server


def test_an_address_without_slashes_leads_to_a_server_too(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("DATABRICKS_TOKEN", "planted")
    who = {"who": "this folder's configs set"}
    for key, address in (
        ("tracking.uri", "databricks"),
        ("tracking.uri", "databricks-uc"),
        ("tracking.uri", "databricks:profile"),
        ("tracking.artifacts", "dbfs:/evil"),
    ):
        with pytest.raises(SettingsError, match=f"{key}={address}, and MLflow would send it DATABRICKS_TOKEN"):
            refuse_unstated(key, address, (), **who)
    monkeypatch.delenv("DATABRICKS_TOKEN")
    with pytest.raises(SettingsError, match="would send it runs with customers"):
        refuse_unstated("tracking.artifacts", "s3:/evil", (), **who)
    for address in (
        "mlartifacts",
        "./a:b",
        "file:/here",
        "models:/m-0123456789abcdef",
        "mlflow-artifacts:/x",
        "runs:/1/m",
    ):
        refuse_unstated("tracking.artifacts", address, (), **who)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "databricks")
    refuse_unstated("tracking.uri", "databricks", (), **who)
    refuse_unstated("tracking.uri", "databricks-uc", (), **who, stated=True)
    refuse_unstated("tracking.uri", "databricks-uc", (), **who)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("conf/data/mine.yaml", "path: http://crm.example.com/${oc.decode:${oc.env:NUMBER}}/x.csv"),
        ("conf/data/mine.yaml", 'path: "[http://crm.example.com/${oc.env:LISTED}]"'),
        ("conf/data/mine.yaml", "about: ${oc.env:NUMBER}\npath: http://crm.example.com/${oc.decode:${data.about}}.csv"),
        ("conf/data/mine.yaml", "path: mysql://me:word@crm.example.com/x\nquery: SELECT ${oc.decode:${oc.env:NUMBER}}"),
        (
            "experiments/mine.yaml",
            "hydra: {sweeper: {params: {data.path: 'http://crm.example.com/${oc.decode:${oc.env:NUMBER}}'}}}",
        ),
    ],
)
def test_whatever_an_address_makes_of_a_variable_is_not_sent(name, text, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("NUMBER", "918_273_645")
    monkeypatch.setenv("LISTED", "k9,Tz4,w,Q1")
    Path("conf/data").mkdir(parents=True)
    Path("experiments").mkdir()
    Path("conf/data/mine.yaml").write_text("source: file\npath: x.csv\n")
    Path(name).write_text(f"source: file\n{text}\n" if "data/" in name else f"# @package _global_\n{text}\n")
    words = ["data=mine", "features=value", "scaling=standard", "k=[2]"]
    with pytest.raises(SettingsError, match=r"would send it (NUMBER|LISTED); if you trust that server"):
        plan("sweep", [*words, *(["experiments=mine"] if "experiments" in name else [])])
    # what the user's environment names whole stays its word
    monkeypatch.setenv("PLACES", "[http://crm.example.com/a.csv, http://crm.example.com/b.csv]")
    Path("conf/data/mine.yaml").write_text("source: file\nabout: ${oc.env:NUMBER}\npath: ${oc.env:PLACES}\n")
    plan("sweep", words)


def test_no_query_of_a_file_takes_the_environment_to_a_server(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PLANTED", "planted-1")
    asked = {"who": "this folder's configs set"}
    address = "postgresql://me:word@crm.example.com/crm"
    with pytest.raises(SettingsError, match="would send it PLANTED; if you trust that server"):
        refuse_unstated("data.path", address, ["PLANTED"], **asked)
    refuse_unstated("data.path", "sqlite:///crm.db", ["PLANTED"], **asked)
    refuse_unstated("data.path", address, (), who="")  # the query is the user's own
    refuse_unstated("data.path", address, ["PLANTED"], **asked, stated=True)
    refuse_unstated("data.path", address, ["PLANTED"], **asked)


@pytest.mark.parametrize("key", ["tracking.uri", "tracking.artifacts", "output"])
def test_customers_go_to_no_server_that_only_a_file_names(key, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    address = "mysql://me:word@evil.example.com/crm"  # it needs no credentials of the user's
    with pytest.raises(SettingsError, match=r"would send it (runs with customers in them|labels of customers); if you"):
        refuse_unstated(key, address, (), who="this folder's configs set")
    refuse_unstated("data.path", address, (), who="")  # it is read
    monkeypatch.setenv("RUNS", address)
    refuse_unstated(key, address, ["RUNS"], who="")  # the user's environment
    refuse_unstated(key, address, (), who="", stated=True)
    refuse_unstated(key, address, (), who="")
    refuse_unstated(key, "sqlite:///runs.db", (), who="")


@pytest.mark.parametrize(
    ("text", "word", "does"),
    [
        ("source: file\nquery: QUERY\n", "engine=spark", "Spark can start programs"),
        ("source: file\npath: 'duckdb://'\nquery: QUERY\n", "engine=local", "DuckDB can read any file"),
        (
            "source: file\npath: 'duckdb:///%3Amemory:x?threads=1'\nquery: QUERY\n",
            "engine=local",
            "DuckDB can read any",
        ),
        ("source: file\npath: postgresql://crm@127.0.0.1/crm\nquery: QUERY\n", "engine=local", "functions of a server"),
    ],
)
def test_a_query_that_can_do_more_than_read_a_database_is_the_users_own(text, word, does, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    query = "SELECT TRANSFORM(a) USING 'id' AS (b) FROM x"
    Path("conf/data").mkdir(parents=True)
    Path("conf/data/mine.yaml").write_text(text.replace("QUERY", f'"{query}"'))
    words = ["data=mine", "features=value", "scaling=standard", "k=[2]", word]
    with pytest.raises(SettingsError, match=rf"data\.query=SELECT TRANSFORM.* by which {does}"):
        plan("sweep", words)
    (one,) = plan("sweep", [*words, f'data.query="{query}"']).settings
    plan("sweep", words)  # it was given once
    Path("conf/data/mine.yaml").write_text(text.replace("QUERY", f'"{query}"'.replace(" USING", "\\n  USING")))
    plan("sweep", words)  # on several lines it is the same
    check_table(one, {}, who="the config of a run has")
    one.data.query = query.replace("id", "rm")
    with pytest.raises(SettingsError, match=rf"the config of a run has data\.query=.* by which {does}") as refused:
        check_table(one, {}, who="the config of a run has")
    said = shlex.split(re.findall("`segment (.*)`", str(refused.value))[0])
    plan(said[0], [word.replace("...", f'"{one.data.query}"') for word in said[1:]])
    check_table(one, {}, who="")  # what the sentence says to do is enough
    for spelled in ("SELECT 'a  b'", "SELECT a -- b\n, c"):
        assert _on_one_line(spelled) != _on_one_line(" ".join(spelled.split())), spelled


ARGUMENTS = {
    "postgresql+psycopg://h/db?": ["host=evil", "hostaddr=1.2.3.4", "service=x", "passfile=x", "sslrootcert=x",
                                   "options=-c%20x", "sslkey=x", "user=x", "dbname=x", "sslmode=a/b",
                                   "sslmode=allow&sslmode=disable", "krbsrvname=x", "load_balance_hosts=x"],
    "postgresql:///db?": ["host=crm.example.com", "host=/tmp"],
    "mysql+pymysql://h/db?": ["init_command=DROP%20TABLE%20x", "client_flag=65536", "local_infile=1", "ssl_ca=x",
                              "read_default_file=my.cnf", "plugin_dir=/tmp", "unix_socket=/tmp/x", "auth_plugin=x"],
    "mysql+mysqlconnector://h/db?": ["allow_local_infile=1", "option_files=x", "failover=x", "openid_token_file=x"],
    "mssql+pyodbc:///?": ["odbc_connect=FILEDSN%3Dx.dsn", "odbc_connect=DRIVER%3D./x%3BSERVER%3Dx", "dsn=x"],
    "mssql+pyodbc://me@h/db?": ["driver=/tmp/evil", "driver=evil.so", "filedsn=x", "savefile=x", "Server=evil",
                                "Trusted_Connection=yes", "authentication=ActiveDirectoryMsi", "keystorelocation=x"],
    "oracle+oracledb://h/?": ["dsn=evil", "config_dir=x", "wallet_location=x", "https_proxy=x", "lib_dir=x",
                              "service_name=x)(ADDRESS"],
    "sqlite:///x.db?": ["vfs=x"],
    "duckdb:///x.db?": ["allow_unsigned_extensions=true", "extension_directory=x", "secret_directory=x",
                        "custom_extension_repository=http://x"],
    "snowflake://account/db?": ["host=evil", "private_key_file=x", "authenticator=https://x"],
    "bigquery://project?": ["credentials_path=x"],
    "s3://bucket/x.csv": ["?endpoint_override=evil", "?scheme=http", "#?endpoint_override=evil"],
    "abfs://x@store/x.csv?": ["blob_storage_authority=evil"],
    "newsql://h/db?": ["x=1"],
}  # fmt: skip
OTHERS = ["postgresql://a,evil/db", "postgresql://h/host%3Devil", "mssql+pyodbc://h/db", "oracle://(DESCRIPTION%3Dx)/",
          "duckdb:///md:crm"]  # fmt: skip


@pytest.mark.parametrize("address", [*(f"{at}{word}" for at, words in ARGUMENTS.items() for word in words), *OTHERS])
def test_an_address_of_a_file_tells_a_driver_where_and_what_it_reads_and_no_more(address, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for key in ("data.path", "output", "tracking.uri"):
        with pytest.raises(SettingsError, match=rf"has {key}=.* may read files.*command line, as {key}="):
            refuse_unstated(key, address, (), who="the config of a run has")
    monkeypatch.setenv("CRM", address)
    refuse_unstated("data.path", address, ["CRM"], who="")  # the user's environment
    refuse_unstated("data.path", address, (), who="", stated=True)  # the user's word, which is remembered
    refuse_unstated("data.path", address, (), who="")
    with pytest.raises(SettingsError, match="may read files"):
        refuse_unstated("data.path", f"{address}{'&' if '?' in address else '?'}further=x;y", (), who="")


@pytest.mark.parametrize(
    "address",
    ["postgresql+psycopg://me:secret-1@h:5432/db?sslmode=require&connect_timeout=5", "postgresql://me@[::1]:5432/crm",
     "mysql+pymysql://me:secret-1@h/db?charset=utf8mb4", "sqlite:///a b/x.db?timeout=5", "oracle://me:x@h/?service_name=a.b",
     "mssql+pyodbc://me:secret-1@h/db?driver=ODBC+Driver+18+for+SQL+Server&Encrypt=yes&TrustServerCertificate=yes",
     "https://docs.example.com/x.csv?gid=0&output=csv&dsn=x", "s3://bucket/x.csv?region=eu-west-1", "duckdb:////tmp/x.db",
     "mlflow-artifacts:/x", "models:/a@b", "snowflake://me:x@account/db/schema?warehouse=w"],
)  # fmt: skip
def test_where_and_what_is_read_may_stand_in_a_file(address, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith(("PG", "MYSQL", "AWS_", "SNOWFLAKE"))]:
        monkeypatch.delenv(name)
    refuse_unstated("data.path", address, (), who="")


@pytest.mark.parametrize("asked", ["", "?sslmode=require"])
def test_a_server_that_the_environment_names_is_the_users(asked, monkeypatch):
    monkeypatch.setenv("CRM", f"postgresql://me:planted-1@crm.example.com/crm{asked}")
    Path("conf/data").mkdir(parents=True)
    Path("conf/data/mine.yaml").write_text("source: file\npath: '${oc.env:CRM}'\n")
    plan("sweep", ["data=mine", "features=value", "scaling=standard", "k=[2]"])


@pytest.mark.parametrize("name", ["outside/evil.yaml", "evil.yaml", "hydra/launcher/evil.yaml"])
@pytest.mark.parametrize(
    "line", ["/outside/evil", "/evil", "override /scaling: ../../outside/evil", "override /hydra/launcher: evil"]
)
def test_files_beside_the_configs_are_none(name, line):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("# @package _global_\nname: taken\n")
    Path("experiments").mkdir()
    Path("conf").mkdir()
    key, colon, value = line.partition(": ")
    entry = f"{{{key}: {value}}}" if colon else line
    Path("experiments/x.yaml").write_text(f"# @package _global_\ndefaults: [{entry}]\n")
    with pytest.raises(SettingsError):
        plan("sweep", ["experiments=x"])


def test_a_table_cannot_bring_a_config_from_outside():
    for name in ("outside/evil.yaml", "conf/data/mine.yaml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path("outside/evil.yaml").write_text("about: x\n")
    Path("conf/data/mine.yaml").write_text("source: sample\nchoices: {scaling: ../../outside/evil}\n")
    with pytest.raises(SettingsError, match="within its folder"):
        plan("sweep", ["data=mine"])


def test_what_is_swept_and_the_size_of_jobs_may_stand_in_a_project():
    Path("experiments").mkdir()
    Path("experiments/x.yaml").write_text(
        "# @package _global_\nk: [2]\nhydra:\n  mode: MULTIRUN\n"
        "  sweeper:\n    params: {features: value, scaling: 'minmax,standard'}\n"
    )
    assert len(plan("sweep", ["experiments=x"]).jobs) == 2
    check_file(Path("experiments"), "x", "_global_", {"hydra": {"launcher": {"mem_gb": 4, "partition": "big"}}})


def test_files_of_the_folder_that_are_taken_are_named():
    for name in ("conf/scaling/standard.yaml", "conf/scaling/mine.yaml", "conf/scaling/other.yaml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("about: x\n")
    few = ["features=value", "k=[2]"]
    assert taken_files(plan("sweep", [*few, "scaling=mine"])) == [
        "of this folder's own configs: conf/scaling/mine.yaml",
        "conf/scaling/standard.yaml replaces the shipped file of that name",  # of the yardstick
    ]
    assert taken_files(plan("promote", [])) == []
    assert not taken_files(plan("sweep", [*few, "scaling=mine", "quiet=true"]))
    Path("experiments").mkdir()
    Path("experiments/hush.yaml").write_text("# @package _global_\nquiet: true\nname: x${oc.env:HOME,''}\n")
    told = taken_files(plan("sweep", [*few, "experiments=hush"]))
    assert "experiments/hush.yaml" in told[0], "only the user may ask for quiet"
    assert "experiments/hush.yaml takes HOME from the environment" in told
    Path("experiments/hush.yaml").unlink()
    Path("experiments").rmdir()
    for name in ("contract", "playbook"):
        Path("conf", name).mkdir()
        Path("conf", name, "telecom.yaml").write_text(options_of(name)["telecom"].read_text())
    assert [line.split()[0] for line in taken_files(plan("sweep", [*few, "scaling=minmax"]))] == [
        "conf/scaling/standard.yaml",
        "conf/contract/telecom.yaml",
        "conf/playbook/telecom.yaml",
    ]


def test_an_own_class_need_not_declare_constraints():
    own = "customer_segmentation.clustering.transformers.CustomerFeatures"
    made = make_scaler({"_target_": own, "columns": {}, "features": {}, "categories": []}, "x")
    assert not hasattr(made, "_parameter_constraints")


def test_lists_and_mappings_of_a_config_are_pythons():
    made = make_scaler(
        {
            "_target_": "sklearn.preprocessing.FunctionTransformer",
            "feature_names_out": "one-to-one",
            "kw_args": {"a": [1]},
        },
        "x",
    )
    assert type(made.kw_args) is dict
    assert type(made.kw_args["a"]) is list


def test_a_folder_that_cannot_be_read_is_not_passed_over(monkeypatch):
    Path("conf/features").mkdir(parents=True)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "features" not in str(path) and access(path, mode))  # not root
    with pytest.raises(SettingsError, match="conf/features cannot be read by this user"):
        plan("sweep", ["features=value"])


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (".netrc", "machine a login b password c default login me password planted-1"),
        (".netrc", "default\nlogin me\npassword planted-1"),
        ("_netrc", "default login me password planted-1"),
        ("other", "default login me password planted-1"),
    ],
)
@pytest.mark.parametrize("address", ["https://crm.example.com/x.csv", "http://a:b@crm.example.com/x.csv"])
def test_the_login_for_any_server_goes_to_none_that_only_a_file_names(place, text, address, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("NETRC", raising=False)
    (tmp_path / place).write_text(text)
    if place == "other":
        monkeypatch.setenv("NETRC", str(tmp_path / place))
    with pytest.raises(SettingsError, match=r"would send it ~/\.netrc"):
        refuse_unstated("data.path", address, (), who="")
    (tmp_path / place).write_text(f"machine crm.example.com login me password planted-2\n{text}")
    refuse_unstated("data.path", address, (), who="")  # the user's own file names the server


@pytest.mark.parametrize(
    ("command", "key", "value"),
    [
        ("report", "output", "../other.html"),
        ("report", "slides", "slides"),
        ("report", "overwrite", "true"),
        ("export", "output", ".bashrc"),
        ("export", "overwrite", "true"),
        ("score", "output", "labels.csv"),
        ("score", "rejects", "r.csv"),
        ("score", "table", "customers"),
        ("score", "overwrite", "true"),
        ("init", "force", "true"),
        ("promote", "run_id", "a7d7c2693c784fb99eb31784b72aea81"),
        ("promote", "alias", "challenger"),
        ("promote", "reason", "routine"),
        ("score", "quiet", "true"),
        ("rollback", "version", "3"),
    ],
)
def test_where_a_command_writes_and_what_it_replaces_is_the_users_word(command, key, value):
    Path("conf").mkdir()
    shipped = (shipped_root() / "conf" / f"{command}.yaml").read_text("utf-8")
    Path(f"conf/{command}.yaml").write_text(f"{shipped}\n{key}: {value}\n")
    words = {"score": ["input=in.csv", "output=o.csv"], "init": ["data.path=x.csv"], "rollback": ["reason=x"]}
    words = [word for word in words.get(command, []) if not word.startswith(f"{key}=")]
    with pytest.raises(SettingsError, match=rf"conf/{command}\.yaml sets {key}=.* command line, as {key}="):
        plan(command, words)
    assert getattr(plan(command, [*words, f"{key}={value}"]).settings[0], key) is not None


def test_a_store_outside_of_the_folder_is_named_once_by_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    Path("conf/tracking").mkdir(parents=True)
    for uri, is_here in (("sqlite:///../other/mlflow.db", False), ("sqlite:///deep/mlflow.db", True)):
        Path("conf/tracking/local.yaml").write_text(f"uri: {uri}\n")
        if is_here:
            plan("history", [])
            continue
        with pytest.raises(SettingsError, match="a store outside of it, whose champion a command may replace"):
            plan("history", [])
        plan("history", [f"tracking.uri={uri}"])
        plan("history", [])
