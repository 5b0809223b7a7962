"""Files of a model made by a stranger: refused before anything that they name is imported or called."""

import io
import json
import re
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.config.targets import check_targets
from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.model.files import modules_trusted_at_logging, pipeline_bytes, read_model, write_model
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.model.trust import FUNCTIONS, OWN, estimators, untrusted_types
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

COLUMNS = {
    "a": ColumnSpec(type=ColumnType.number, role=Role.numeric),
    "b": ColumnSpec(type=ColumnType.number, role=Role.numeric),
    "c": ColumnSpec(type=ColumnType.category, role=Role.categorical),
}


def model_of(scaler, estimator, columns="abc"):
    generator = np.random.default_rng(0)
    raw = pd.DataFrame({"a": generator.gamma(2, 1, 60), "b": generator.gamma(2, 1, 60), "c": ["x", "y", "z"] * 20})
    space = build_space(raw, feature_set("f", "", {n: n for n in columns}, COLUMNS), scaling="s", scaler=scaler)
    estimator.fit(space.matrix)
    return SegmentModel(space.pipeline(estimator), (0, 1, 2), {}, estimator.cluster_centers_, {}, raw.head(3))


@pytest.fixture
def folder(tmp_path):
    write_model(
        model_of(
            make_pipeline(FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler()),
            KMeans(3, n_init=1),
        ),
        tmp_path,
    )
    return tmp_path


def crafted(folder, change):
    """Rewrite the schema of a stored pipeline; return its new bytes."""
    path = folder / "pipeline.skops"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["schema.json"] = json.dumps(change(json.loads(parts["schema.json"]))).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path.read_bytes()


def nodes(part):
    """Every node of a schema."""
    if isinstance(part, dict):
        if "__loader__" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from nodes(inner)


def text(value):
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(value)}


def several(*values):
    return {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": list(values)}


def attacks(command):
    """Nodes of each kind that would run a command, or reach what could."""
    run = {"__module__": "numpy.testing._private.utils", "__class__": "runstring"}
    empty = {
        "__class__": "dict",
        "__module__": "builtins",
        "__loader__": "DictNode",
        "content": {},
        "key_types": {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": []},
    }
    arguments = several(text(command), empty)
    function = {**run, "__loader__": "FunctionNode"}
    return {
        "function": function,
        "type": {**run, "__loader__": "TypeNode"},
        "object": {**run, "__loader__": "ObjectNode"},
        "constructor": {**run, "__loader__": "ConstructorFromReduceNode", "content": arguments},
        "reduce": {**run, "__loader__": "LossNode", "__reduce__": {"args": arguments}, "content": empty},
        "array": {**run, "__loader__": "NdArrayNode", "type": "numpy", "file": "x.npy"},
        "partial": {
            "__class__": "partial",
            "__module__": "functools",
            "__loader__": "PartialNode",
            "content": {"func": function, "args": arguments, "kwds": empty, "namespace": text(None)},
        },
        "operator": {
            "__class__": "methodcaller",
            "__module__": "operator",
            "__loader__": "OperatorFuncNode",
            "attrs": several(text("system"), text(command)),
        },
        "tree": {"__class__": "Tree", "__module__": "sklearn.tree._tree", "__loader__": "TreeNode"},
        "default": {
            "__class__": "defaultdict",
            "__module__": "collections",
            "__loader__": "DefaultDictNode",
            "content": {"main": empty, "default_factory": function},
        },
        "numpy": {"__module__": "numpy", "__class__": "fromfile", "__loader__": "FunctionNode"},
        "own function": {
            "__module__": "customer_segmentation.clustering.transformers",
            "__class__": "plain_expression",
            "__loader__": "FunctionNode",
        },
        "own class": {
            "__module__": "customer_segmentation.clustering.space",
            "__class__": "Space",
            "__loader__": "ObjectNode",
        },
        "a type in the place of a function": {
            "__module__": "sklearn.preprocessing._data",
            "__class__": "StandardScaler",
            "__loader__": "FunctionNode",
        },
        "a call of an estimator": {
            "__module__": "sklearn.preprocessing._data",
            "__class__": "StandardScaler",
            "__loader__": "ConstructorFromReduceNode",
            "content": arguments,
        },
    }


@pytest.mark.parametrize("kind", list(attacks("")))
@pytest.mark.parametrize("place", ["func of the FunctionTransformer", "hidden in a list"])
def test_what_a_stranger_names_is_refused_and_not_called(folder, kind, place):
    marker = folder / "ran"
    attack = attacks(f"open({str(marker)!r}, 'w')")[kind]

    def change(schema):
        done = 0
        for node in nodes(schema):
            if place.startswith("func") and node.get("__class__") == "log1p":
                node.clear()
                node.update(attack)
                done += 1
            elif place.startswith("hidden") and node["__loader__"] == "ListNode" and node["content"] and not done:
                node["content"].append({**text(0), "__loader__": "ListNode", "__class__": "list", "content": [attack]})
                done += 1
        assert done
        return schema

    content = crafted(folder, change)
    name = f"{attack['__module__']}.{attack['__class__']}"
    assert any(found.startswith(name) for found in untrusted_types(content))
    with pytest.raises(StoreError, match=rf"holds .*{re.escape(name)}.*do not load it"):
        read_model(folder)
    assert not marker.exists()


def test_the_crafted_file_would_run_code_if_its_package_were_trusted(folder):
    """The attack is real: with trust by prefix the string is run."""
    marker = folder / "ran"

    def change(schema):
        for node in nodes(schema):
            if node.get("__class__") == "log1p":
                attack = attacks(f"open({str(marker)!r}, 'w')")["constructor"]
                node.clear()
                node.update(attack)
        return schema

    content = crafted(folder, change)
    found = [name for name in skops.io.get_untrusted_types(data=content) if name.startswith(("numpy.", OWN))]
    skops.io.loads(content, trusted=found)
    assert marker.exists()


def test_nothing_is_imported_for_a_file_that_is_refused(folder):
    crafted(folder, lambda schema: schema | {"more": {**attacks("")["function"], "__module__": "this"}})
    code = f"""
import sys
from pathlib import Path
from customer_segmentation.model.files import read_model
try:
    read_model(Path({str(folder)!r}))
except Exception as error:
    print(type(error).__name__, "this" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["StoreError", "False"], done.stderr


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        MinMaxScaler(),
        MaxAbsScaler(),
        RobustScaler(),
        Normalizer(),
        PowerTransformer(),
        QuantileTransformer(n_quantiles=20),
        KBinsDiscretizer(encode="ordinal", quantile_method="averaged_inverted_cdf"),
        SplineTransformer(),
        make_pipeline(FunctionTransformer(np.sqrt, feature_names_out="one-to-one"), MinMaxScaler()),
        None,
    ],
    ids=str,
)
@pytest.mark.parametrize("estimator", [KMeans(3, n_init=1), MiniBatchKMeans(3, n_init=1), BisectingKMeans(3)], ids=str)
def test_what_scikit_learn_offers_is_stored_and_comes_back(tmp_path, scaler, estimator):
    model = model_of(scaler, estimator)
    write_model(model, tmp_path)
    again = read_model(tmp_path)
    assert again.predict(model.example).table.equals(model.predict(model.example).table)


def test_the_allowed_names_exist_and_functions_are_few():
    for name in FUNCTIONS:
        module, _, function = name.rpartition(".")
        assert callable(getattr(__import__(module, fromlist=[function]), function)), name
    assert len(FUNCTIONS) < 25
    assert "sklearn.cluster._kmeans.KMeans" in estimators()
    assert not any(name.startswith("sklearn.utils") for name in estimators())


def test_a_trusted_module_is_trusted_by_its_whole_name(folder):
    def change(schema):
        for node in nodes(schema):
            if node.get("__class__") == "log1p":
                node["__module__"], node["__class__"] = "scipy.special._basic", "factorial"
        return schema

    content = crafted(folder, change)
    assert untrusted_types(content) == ["scipy.special._basic.factorial"]
    for trusted in ("scipy.special", "scipy.special._basic", "scipy"):
        assert untrusted_types(content, [trusted]) == []
    for other in ("scipy.spec", "sci", "scipy.special._basic.factorial", "", "numpy"):
        assert untrusted_types(content, [other]), other
    with pytest.raises(StoreError, match="factorial"):
        read_model(folder)
    assert read_model(folder, trusted_modules=["scipy.special"]).trusted_modules == ("scipy.special",)


def test_a_file_cannot_say_itself_what_is_trusted(folder):
    crafted(folder, lambda schema: schema | {"more": attacks("")["function"]})
    segments = json.loads((folder / "segments.json").read_text())
    (folder / "segments.json").write_text(json.dumps(segments | {"trusted_modules": ["numpy"]}))
    assert modules_trusted_at_logging(folder) == ["numpy"]
    with pytest.raises(StoreError, match="runstring"):
        read_model(folder)


LEAF = {"customers": 1, "cluster": 0, "share": 1.0}
ASKED = {"feature": "a", "kind": "number", "value": 1.5, "customers": 2, "yes": LEAF, "no": LEAF}
DECILES = {"name": "a", "kind": "number", "edges": [1.0], "counts": [1, 2], "mean": 1, "sd": 1.0}
WHOLE = {
    "rules.json": {"agreement": 1.0, "customers": 9, "depth": 1, "leaves": 2, "tree": ASKED},
    "reference.json": {
        **{"customers": 9, "features": [DECILES], "columns": [], "clusters": [3, 3, 3]},
        "distances": {"mean": 1.0, "quantiles": {"0.99": 2.0}},
    },
}


@pytest.mark.parametrize(
    ("name", "part", "found", "sentence"),
    [
        ("rules.json", "tree", {**ASKED, "value": "1 OR 1"}, "tree.value is '1 OR 1', expected a number"),
        ("rules.json", "tree", {**ASKED, "value": True}, "tree.value is 'True', expected a number"),
        ("rules.json", "tree", {**ASKED, "no": {**LEAF, "cluster": 3}}, "tree.no.cluster is 3 of 3 clusters"),
        ("rules.json", "tree", {**ASKED, "feature": "z"}, "tree.feature is 'z', expected one of a, b, c"),
        ("rules.json", "tree", {**ASKED, "yes": None}, "tree.yes is no mapping"),
        ("rules.json", "agreement", None, "rules.agreement is 'None', expected a number"),
        ("segments.json", "contract", {"a": {"type": "number"}}, "it.contract.a has no role"),
        ("segments.json", "contract", {"a": {"type": [], "role": "id"}}, r"type is '\[\]', expected one of text"),
        ("segments.json", "contract", {"a": {"type": "text", "role": "id", "more": 1}}, "TypeError.*'more'"),
        ("segments.json", "centres", [[0.0]], "centres is no matrix of 3 rows"),
        ("segments.json", "centres", [[0.0], ["x"], [1.0]], r"it.centres\[1\]\[0\] is 'x', expected a number"),
        ("segments.json", "segments", [{"cluster": 0, "number": 0}] * 2, r"the clusters \[0, 0\]"),
        ("segments.json", "about", [], "it.about is no mapping"),
        ("example.json", "columns", ["a", "b", "z"], "it lacks the column c"),
        ("example.json", "data", [[{}, 1, 2]], r"it.data\[0\]\[0\] is '\{\}', expected a text or a number"),
        ("reference.json", "customers", 10**400, "OverflowError|expected a whole number"),
        ("reference.json", "features", [{**DECILES, "counts": [1]}], "features.a has 1 counts"),
        ("reference.json", "columns", [{**DECILES, "name": "c"}], "columns.c is said to be a number and is none"),
        ("reference.json", "clusters", [1], "clusters has 1 numbers of 3 segments"),
    ],
)
def test_a_file_of_another_shape_is_named_with_its_place(folder, name, part, found, sentence):
    for whole, content in WHOLE.items():
        (folder / whole).write_text(json.dumps(content))
    assert read_model(folder).rules == WHOLE["rules.json"]
    content = json.loads((folder / name).read_text())
    assert part in content
    (folder / name).write_text(json.dumps({**content, part: found}))
    with pytest.raises(
        StoreError, match=rf"{name} of the model in .* cannot be read \(.*({sentence}).*\): it is damaged"
    ):
        read_model(folder)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "pipeline.skops").write_bytes(b"PK nothing"),
        lambda folder: crafted(folder, lambda schema: {**schema, "protocol": 0}),
        lambda folder: crafted(folder, lambda schema: [schema]),
        lambda folder: crafted(folder, lambda schema: {**schema, "content": {}}),
        lambda folder: (folder / "pipeline.skops").write_bytes(pipeline_bytes(KMeans(2).fit(np.eye(3)))),
        lambda folder: (folder / "segments.json").write_text("{"),
        lambda folder: (folder / "segments.json").write_text("[" * 100_000),
        lambda folder: (folder / "segments.json").write_text("{}"),
        lambda folder: (folder / "segments.json").write_bytes(b"\xff\xfe"),
        lambda folder: (folder / "reference.json").write_text("nonsense"),
        lambda folder: (folder / "example.json").write_text('{"columns": 3}'),
        lambda folder: (folder / "pipeline.skops").unlink(),
    ],
)
def test_a_damaged_file_is_told_in_one_sentence(folder, damage):
    damage(folder)
    with pytest.raises(StoreError) as caught:
        read_model(folder)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_deeply_nested_or_huge_schema_is_refused(folder):
    path = folder / "pipeline.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", '{"protocol": 2, "a": ' * 5000 + "1" + "}" * 5000)
    with pytest.raises(StoreError, match="cannot be read"):
        read_model(folder)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * 300_000_000)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(StoreError, match="cannot be read"):
        read_model(folder)


@pytest.mark.parametrize("reader", [CountVectorizer, TfidfVectorizer, HashingVectorizer])
def test_an_estimator_that_opens_files_is_in_no_model_and_no_config(reader):
    content = skops.io.dumps(make_pipeline(reader(input="filename")))
    assert f"sklearn.feature_extraction.text.{reader.__name__}" in untrusted_types(content)
    with pytest.raises(SettingsError, match=f"{reader.__name__}, which is not an estimator"):
        check_targets({"_target_": f"sklearn.feature_extraction.text.{reader.__name__}"}, where="scaling=x")
