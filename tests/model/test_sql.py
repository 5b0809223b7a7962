"""The SELECT against the model: the same labels, margins and unlabelled rows on every database that can be started."""

import contextlib
import io
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlglot
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.errors import SettingsError, StudyError
from customer_segmentation.model.segment_model import RESULTS, SegmentModel
from customer_segmentation.model.sql import labelling_select
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Repair, Role
from customer_segmentation.settings.export import DIALECTS

SCALINGS = {
    "standard": StandardScaler(),
    "minmax": MinMaxScaler(),
    "robust": RobustScaler(),
    "maxabs": MaxAbsScaler(),
    "none": None,
    "log_standard": make_pipeline(FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler()),
    "power": PowerTransformer(),
    "l2_rows": Normalizer(),
}
NUMBERS = {
    "Months": ColumnSpec(type=ColumnType.integer, role=Role.numeric, minimum=0, maximum=500),
    "Paid": ColumnSpec(type=ColumnType.number, role=Role.value, fill=0, na_values=["No bill"]),
    "Change": ColumnSpec(type=ColumnType.number, role=Role.numeric),
    "Charge": ColumnSpec(
        type=ColumnType.number,
        role=Role.numeric,
        repair=Repair(below=0.0, using={"ratio": ["Paid", "Months"]}),
        maximum=1e6,
    ),
}
WORDS = {
    "TV": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical, fill="No"),
    "Film": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical),
    "Plan": ColumnSpec(
        type=ColumnType.category, role=Role.categorical, values=["Month-to-Month", "One Year", "Büro's"]
    ),
    "City": ColumnSpec(type=ColumnType.category, role=Role.categorical),
    "Kind": ColumnSpec(type=ColumnType.category, role=Role.categorical, fill="None", values=["a", "b"]),
}
DATES = {
    "Joined": ColumnSpec(type=ColumnType.date, reference_date="2024-06-30", role=Role.numeric),
    "Left": ColumnSpec(
        type=ColumnType.date, reference_date="2024-06-30", date_format="%d/%m/%Y", future=True, fill="30/06/2024"
    ),
}
IMPUTE = {
    "blank": {"Months": "median", "Change": "mean", "Film": "most_frequent", "City": "most_frequent"}
    | {"Plan": "most_frequent", "Joined": "median"},
}
FEATURES = {
    "dated": {
        "seen": {"days_since": "Joined"},
        "age": {"years_since": "Joined"},
        "stay": {"months_between": ["Joined", "Left"]},
        "paid": "Paid",
    },
    "blank": {
        "months": "Months",
        "rate": {"ratio": ["Change", "Months"]},
        "film": "Film",
        "city": "City",
        "plan": "Plan",
        "unknown": {"missing": "Change"},
        "seen": {"days_since": "Joined"},
    },
    "positive": {"months": "Months", "paid": "Paid", "charge": "Charge"},
    "numbers": {"months": "Months", "paid": "Paid", "change": "Change", "charge": "Charge"},
    "formed": {
        "rate": {"ratio": ["Paid", "Months"]},
        "whole": {"truncate": "Change"},
        "both": {"sum": ["Paid", "Charge", 3]},
        "less": {"difference": ["Paid", {"log": "Paid"}]},
        "log": {"log": "Charge"},
    },
    "mixed": {
        "months": "Months",
        "paid": "Paid",
        "services": {"count_yes": ["TV", "Film"]},
        "tv": "TV",
        "film": "Film",
        "plan": "Plan",
        "city": "City",
        "kind": "Kind",
    },
}


def table(n=400):
    generator = np.random.default_rng(5)
    months, paid = generator.integers(1, 72, n), generator.gamma(2, 500, n).round(2)
    return pd.DataFrame(
        {
            "ID": [f"c{at}" for at in range(n)],
            "Months": months,
            "Paid": paid,
            "Change": generator.normal(0, 30, n).round(3),
            "Charge": (paid / months).round(2),
            "TV": generator.choice(["Yes", "No"], n),
            "Film": generator.choice(["Yes", "No"], n),
            "Plan": generator.choice(WORDS["Plan"].values, n),
            "City": generator.choice(["Köln", "O'Hare", "x"], n),
            "Kind": generator.choice(["a", "b"], n),
            "Joined": (pd.Timestamp("2024-06-30") - pd.to_timedelta(generator.integers(0, 40_000, n), "D")).strftime(
                "%Y-%m-%d"
            ),
            "Left": (pd.Timestamp("2024-06-30") + pd.to_timedelta(generator.integers(-900, 900, n), "D")).strftime(
                "%d.%m.%Y"
            ),
        }
    )


# fmt: off
ODD = {
    "Months": [
        None,
        "",
        " ",
        "NA",
        "12.0",
        " 13 ",
        "\u00a014\u00a0",
        "1e1",
        "+7",
        "many",
        "12.5",
        "-3",
        "501",
        "inf",
        "1.2.3",
        ".",
        "5.",
        "0x1F",
        "1e400",
    ],
    "Paid": [
        None,
        "n/a",
        "No bill",
        "no BILL",
        "0",
        "1e99",
        "1e400",
        "-1E+9999",
        "1e-400",
        "0e999",
        "9" * 400,
        "0." + "0" * 400 + "1",
        "1e101",
        "-1e300",
        ".5",
        "1e",
        "e5",
        "--1",
        "-",
        "+",
        "1e+05",
    ],
    "Change": ["-1", "-1e3", "1e12", "-0.0", "nan", "-inf", "infinity", "3e-7", "-40", "0.1", "1E5", "-999999", "7"],
    "Charge": ["-5", "-0.001", "0", "1000001", "1e6", "x'y", "1;drop", "1 2", "12a", "1_000", "12,5,3", "²", "٣"],
    "TV": [None, "", "yes", "Y", "JA", "1", "0.0", "2", "maybe", "-", "TRUE", "oui", "✓"],
    "Film": [None, "", "no", "N", "nein", "0", "1.0", "x", "perhaps", "?", "f", "Non", "✗"],
    "Plan": [
        None,
        "month to month",
        "MONTH-TO-MONTH",
        "One  Year",
        "oneyear!",
        "BÜRO'S",
        "büros",
        "Two",
        "",
        "null",
        "O'ne",
    ],
    "City": [None, "", "Köln", "köln", "nowhere", "-", "x", " x ", "O'Hare", "é'\"\\n", "%", "None"],
    "Joined": [
        None,
        "",
        "n/a",
        "2024-06-30",
        "2024-07-01",
        "1900-01-01",
        "1899-12-31",
        "2024-02-29",
        "2023-02-29",
        "2000-02-29",
        "1900-02-29",
        "2023-13-01",
        "2023-00-10",
        "2023-4-5",
        "2023/04/31",
        "2023.04.30",
        "20230430",
        "20230431",
        "2023-04-30 10:15:00",
        "2023-04-30T10:15:00Z",
        "2023-04-30 noon",
        "3/4/2023",
        "13/4/23",
        "soon",
        "45000",
        "2023",
        "-",
        "2023-04",
        "x023-04-01",
    ],
    "Left": [
        None,
        "1/2/2024",
        "31-12-2099",
        "29.2.2023",
        "2024-01-02",
        "2024-1-2",
        "2024.01.02 10:00",
        "2024-13-02",
        "1/2/24",
        "1/2/2024 10:00",
        "31/12/2200",
        "later",
        "0/1/2024",
    ],
    "Kind": [None, "", "A", "none", "None", "c", "b", "B ", "(blank)", "a-"],
}
# fmt: on


def odd_rows():
    """Rows of text, each with one odd cell; then typed neighbours of the limits."""
    base = table(60).astype(str)
    rows = []
    for column, cells in ODD.items():
        for cell in cells:
            row = base.iloc[len(rows) % 60].to_dict()
            row[column] = cell
            rows.append(row)
    rows.append(dict.fromkeys(base.columns))  # an empty one
    rows.append({**base.iloc[0].to_dict(), "Months": "0", "Paid": "-3", "Charge": "-2"})  # no repair can help
    odd = pd.DataFrame(rows, columns=base.columns)
    odd["ID"] = [f"odd{at}" for at in range(len(odd))]
    return pd.concat([base, odd], ignore_index=True)


def model_of(features, scaler, k=4, estimator=None, indicators=None, **fields):
    raw, impute = table(), IMPUTE.get(features, {})
    for at, name in enumerate(impute):
        raw[name] = raw[name].astype(object)
        raw.loc[at :: 11 + at, name] = None
    declared = feature_set("f", "", FEATURES[features], NUMBERS | WORDS | DATES, impute)
    space = build_space(raw, declared, scaling="s", scaler=scaler, indicators=indicators)
    estimator = (estimator or KMeans(k, n_init=2, random_state=0)).fit(space.matrix)
    given = {"numbers": tuple(range(k)), "names": {}, "contract": {"ID": {"role": "id"}}} | fields
    return SegmentModel(space.pipeline(estimator), centres=estimator.cluster_centers_, example=raw.head(2), **given)


@contextlib.contextmanager
def on_duckdb(frame):
    with duckdb.connect() as connection:
        connection.register("given", frame)
        connection.execute("CREATE TABLE customers AS SELECT * FROM given")
        yield lambda statement: connection.execute(statement).fetch_df()


@contextlib.contextmanager
def on_sqlite(frame):
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        frame.to_sql("customers", connection, index=False)
        yield lambda statement: pd.read_sql_query(statement, connection)


DATABASES = {"duckdb": on_duckdb, "sqlite": on_sqlite}


def check(model, frame, dialect, ask, statement=None):
    statement = statement or labelling_select(model, dialect=dialect, table="customers")
    found = ask(statement).set_index("ID").loc[frame["ID"]]
    right = model.predict(frame).table
    mine = found["segment"].astype("Float64").astype("Int64").to_numpy(dtype=object, na_value=None)
    theirs = right["segment"].to_numpy(dtype=object, na_value=None)
    differ = [at for at in range(len(frame)) if mine[at] != theirs[at]]
    assert not differ, [(frame.iloc[at].to_dict(), mine[at], theirs[at], found["reason"].iloc[at]) for at in differ[:3]]
    labelled = right["segment"].notna().to_numpy()
    assert found["segment_name"].to_numpy()[labelled].tolist() == right["segment_name"].astype(str)[labelled].tolist()
    for name in ("distance", "margin"):
        np.testing.assert_allclose(
            found[name].to_numpy(dtype=float)[labelled], right[name].to_numpy()[labelled], rtol=1e-7, atol=1e-9
        )
        assert found[name].isna().to_numpy()[~labelled].all()

    def kinds(reasons):
        return [
            None if pd.isna(reason) else re.sub(r": (['\"]).*?\\?['\"] (?=is )", ": ", reason) for reason in reasons
        ]

    told = found["reason"].tolist()
    assert kinds(told) == kinds(right["reason"].tolist())
    return labelled


#: Of a change below -1 there is no logarithm: such a study is refused before there is a model.
PAIRS = [
    *((scaling, "mixed") for scaling in SCALINGS),
    *((scaling, "positive" if scaling == "log_standard" else "numbers") for scaling in SCALINGS),
    ("standard", "formed"),
    ("standard", "dated"),
    ("standard", "blank"),
]
#: Every scaling and every kind of column in each database; the kinds with numbers by turns.
BY_TURNS = {"duckdb": PAIRS[1:8:2] + PAIRS[8:16:2] + PAIRS[16:], "sqlite": PAIRS[:8:2] + PAIRS[9:16:2] + PAIRS[16:]}
assert all({pair[0] for pair in pairs} == set(SCALINGS) for pairs in BY_TURNS.values())


@pytest.mark.filterwarnings("error::UserWarning")  # a new category is no news to who labels
@pytest.mark.parametrize(
    ("dialect", "scaling", "features"), [(dialect, *pair) for dialect, pairs in BY_TURNS.items() for pair in pairs]
)
def test_labels_are_the_models_for_odd_rows_and_for_typed_ones(dialect, scaling, features):
    model = model_of(features, SCALINGS[scaling])
    typed = table(300)
    if features == "dated":  # days as a warehouse has them
        typed = typed.assign(Joined=pd.to_datetime(typed["Joined"]), Left=pd.to_datetime(typed["Left"], dayfirst=True))
    statement = labelling_select(model, dialect=dialect, table="customers")
    for frame in (odd_rows(), typed):
        with DATABASES[dialect](frame) as ask:
            labelled = check(model, frame, dialect, ask, statement)
        assert labelled.sum() > 60
    assert labelled.all()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A server of its own, where PostgreSQL is installed; a function that makes a table and asks."""
    places = [Path(shutil.which("initdb") or "/none").parent, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    home = next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)
    if home is None or shutil.which("psql") is None:
        pytest.skip("PostgreSQL is not installed here")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = {"user": "postgres"} if os.getuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres")

    def run(*words, **more):
        return subprocess.run(words, capture_output=True, text=True, check=True, cwd="/tmp", **user, **more).stdout

    try:
        run(str(home / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "me", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run(str(home / "pg_ctl"), "-D", f"{folder}/data", "-o", options, "-l", f"{folder}/log", "-w", "start")
    except (subprocess.CalledProcessError, PermissionError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {error}")
    ask = ("psql", "-h", str(folder), "-U", "me", "-d", "postgres", "-q", "--csv", "-v", "ON_ERROR_STOP=1")

    @contextlib.contextmanager
    def on_postgres(frame):
        kinds = {"i": "bigint", "f": "double precision"}
        columns = ", ".join(f'"{name}" {kinds.get(frame[name].dtype.kind, "text")}' for name in frame)
        run(*ask, "-c", f"DROP TABLE IF EXISTS customers; CREATE TABLE customers ({columns})")
        cells = frame.to_csv(index=False, na_rep="\\N", quoting=0)
        run(*ask, "-c", "\\copy customers FROM pstdin WITH (FORMAT csv, HEADER, NULL '\\N')", input=cells)

        def answer(statement):
            text = run(*ask, "-f", "-", input=statement)
            return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values={"segment": [""], "reason": [""]})

        yield lambda statement: answer(statement).replace("", np.nan)

    yield on_postgres
    run(str(home / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(("scaling", "features"), BY_TURNS["sqlite"])
def test_postgres_labels_alike(postgres, scaling, features):
    model = model_of(features, SCALINGS[scaling])
    statement = labelling_select(model, dialect="postgres", table="customers")
    for frame in (odd_rows(), table(300)):
        with postgres(frame) as ask:
            check(model, frame, "postgres", ask, statement)


def test_numbers_names_key_headers_and_a_lone_segment():
    model = model_of("positive", StandardScaler(), k=3, numbers=(7, 2, 4), names={7: "O'Hare's", 4: "Same", 2: "Same"})
    frame = table(50)
    with on_duckdb(frame) as ask:
        check(model, frame, "duckdb", ask)
        other = frame.rename(columns={"Months": 'months "in"', "ID": "customer no"}).drop(columns="City")
    with on_duckdb(other) as ask:
        headers = {"Months": 'months "in"', "ID": "customer no"}
        found = ask(labelling_select(model, dialect="duckdb", table="main.customers", headers=headers))
        assert found["segment"].tolist() == model.predict(frame).table["segment"].tolist()
        assert found["customer no"].tolist() == frame["ID"].tolist()
        keyed = ask(labelling_select(model, dialect="duckdb", table="customers", headers=headers, key="Paid"))
        assert keyed["Paid"].tolist() == frame["Paid"].tolist()
    alone = model_of("positive", StandardScaler(), k=1)
    with on_sqlite(frame) as ask:
        check(alone, frame, "sqlite", ask)


def test_minibatch_weighted_and_wide_models_are_selects_too():
    model = model_of("mixed", StandardScaler(), indicators=0.5, estimator=MiniBatchKMeans(4, n_init=2, random_state=0))
    frame = odd_rows()
    with on_duckdb(frame) as ask:
        check(model, frame, "duckdb", ask)
    generator = np.random.default_rng(0)
    names = [f"Ünit {at} (%)" for at in range(40)]
    wide = pd.DataFrame(generator.normal(size=(60, 40)), columns=names).assign(ID=range(60))
    columns = {name: ColumnSpec(type=ColumnType.number, role=Role.numeric) for name in names}
    space = build_space(
        wide, feature_set("f", "", {n: n for n in names}, columns), scaling="s", scaler=StandardScaler()
    )
    estimator = KMeans(8, n_init=1, random_state=0).fit(space.matrix)
    contract = {"ID": {"role": "id"}}
    model = SegmentModel(space.pipeline(estimator), tuple(range(8)), {}, estimator.cluster_centers_, contract, wide[:2])
    for dialect in ("duckdb", "sqlite"):
        with DATABASES[dialect](wide) as ask:
            check(model, wide, dialect, ask)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_reads_back_what_was_written(dialect):
    statement = labelling_select(model_of("mixed", PowerTransformer()), dialect=dialect, table="shop.customers")
    (tree,) = sqlglot.parse(statement, read=dialect)
    assert isinstance(tree, sqlglot.exp.Select)
    assert [column.alias_or_name for column in tree.expressions] == ["ID", *RESULTS]


def test_no_text_or_name_is_a_variable_of_spark():
    model = model_of("positive", StandardScaler(), names={0: "of ${env:HOME} \\${env:HOME}"})
    assert "${env:HOME}" in labelling_select(model, dialect="duckdb", table="customers")
    statement = labelling_select(model, dialect="spark", table="customers")
    assert "${" not in statement
    assert statement.count(r"'of \u0024{env:HOME} \\\u0024{env:HOME}'") == 1
    for name in ({"headers": {"Paid": "${env:HOME}"}}, {"table": "`${env:HOME}`"}, {"key": "${env:HOME}"}):
        with pytest.raises(SettingsError, match=r"the value of a variable in the place of the name '\$\{env:HOME\}'"):
            labelling_select(model, dialect="spark", **{"table": "customers", **name})


def test_what_has_no_closed_form_is_said_in_one_sentence():
    quantile = model_of("positive", QuantileTransformer(n_quantiles=20))
    with pytest.raises(StudyError, match=r"QuantileTransformer\) has no closed form in SQL \(it is a table of ranks\)"):
        labelling_select(quantile, dialect="duckdb", table="customers")
    bisecting = model_of("positive", StandardScaler(), estimator=BisectingKMeans(4, random_state=0))
    with pytest.raises(StudyError, match="BisectingKMeans does not put a customer into the segment of the nearest"):
        labelling_select(bisecting, dialect="duckdb", table="customers")
    cosine = model_of("positive", FunctionTransformer(np.arctan, feature_names_out="one-to-one"))
    with pytest.raises(StudyError, match="computes arctan, whose SQL is not known"):
        labelling_select(cosine, dialect="duckdb", table="customers")
    model = model_of("positive", StandardScaler())
    with pytest.raises(SettingsError, match="headers names 'Moths', which the model does not read"):
        labelling_select(model, dialect="duckdb", table="customers", headers={"Moths": "m"})
    with pytest.raises(SettingsError, match="'ID' cannot be both 'Months' and 'ID'"):
        labelling_select(model, dialect="duckdb", table="customers", headers={"Months": "ID"})
    with pytest.raises(SettingsError, match="is not the name of a table"):
        labelling_select(model, dialect="duckdb", table="customers; DROP TABLE customers")
    nameless = model_of("positive", StandardScaler(), contract={})
    with pytest.raises(SettingsError, match="the model's table has no id"):
        labelling_select(nameless, dialect="duckdb", table="customers")
