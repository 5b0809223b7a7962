"""Blank cells: a statistic of the customers of the fit stands in them, and the model keeps it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.errors import SettingsError, StudyError
from customer_segmentation.model.files import pipeline_bytes
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

COLUMNS = {
    "spend": ColumnSpec(type=ColumnType.number, role=Role.value),
    "visits": ColumnSpec(type=ColumnType.integer, role=Role.numeric, unit="visits"),
    "plan": ColumnSpec(type=ColumnType.category, role=Role.categorical),
    "letter": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical),
    "joined": ColumnSpec(type=ColumnType.date, role=Role.numeric, reference_date="2024-06-30"),
}
DECLARED = {
    "spend": "spend",
    "visits": "visits",
    "plan": "plan",
    "letter": "letter",
    "member": {"days_since": "joined"},
    "unknown": {"missing": "visits"},
}
IMPUTE = {"visits": "median", "plan": "most_frequent", "letter": "most_frequent", "joined": "median"}


def customers(n=200):
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "spend": draw.gamma(2, 50, n).round(2),
            "visits": draw.integers(0, 30, n).astype(object),
            "plan": draw.choice(["Pro", "Basic", "Plus"], n).astype(object),
            "letter": draw.choice(["Yes", "No", "No"], n).astype(object),
            "joined": (pd.Timestamp("2024-06-01") - pd.to_timedelta(draw.integers(0, 900, n), "D")).strftime(
                "%Y-%m-%d"
            ),
        }
    )
    for at, name in enumerate(IMPUTE):
        frame[name] = frame[name].astype(object)
        frame.loc[at :: 7 + at, name] = None
    return frame


def space(declared=DECLARED, impute=IMPUTE, frame=None):
    given = customers() if frame is None else frame
    return build_space(given, feature_set("f", "", declared, COLUMNS, impute), scaling="s", scaler=StandardScaler())


def test_the_values_are_those_of_scikit_learn_and_stand_in_the_space():
    frame, made = customers(), space()
    blanks = made.preparation.steps[0][1].blanks
    for name in ("visits", "plan"):
        imputer = SimpleImputer(strategy=IMPUTE[name], missing_values=None if name == "plan" else np.nan)
        cells = frame[[name]] if name == "plan" else frame[[name]].astype(float)
        assert blanks[name] == imputer.fit(cells).statistics_[0]
    assert blanks["letter"] == 0
    days = pd.to_datetime(frame["joined"].dropna()).to_numpy().astype("datetime64[D]").astype(int)
    assert blanks["joined"] == int(np.median(days))
    values = made.values
    assert (values["visits"][frame["visits"].isna()] == blanks["visits"]).all()
    assert (values["plan"][frame["plan"].isna()] == blanks["plan"]).all()
    assert (values["unknown"] == frame["visits"].isna()).all()
    assert np.isfinite(made.matrix).all()


def test_the_sentences_count_what_is_blank_and_name_what_stands_there():
    frame, made = customers(), space()
    blank = int(frame["visits"].isna().sum())
    (first, *_) = made.imputed
    assert f"visits is blank for {blank} of 200 customers" in first
    assert "taken as" in first
    assert "the median of the others" in first
    assert set(made.imputed) <= set(made.notes)
    assert space(impute={}, frame=frame.dropna().reset_index(drop=True)).imputed == ()


def test_a_new_customer_with_a_blank_is_placed_as_one_with_the_value_and_one_that_cannot_be_read_is_not():
    made = space()
    estimator = KMeans(3, n_init=1, random_state=0).fit(made.matrix)
    model = SegmentModel(made.pipeline(estimator), (0, 1, 2), {}, estimator.cluster_centers_, {}, customers().head(3))
    day = str(np.datetime64(int(model.step.blanks["joined"]), "D"))
    known = {"visits": model.step.blanks["visits"], "plan": model.step.blanks["plan"], "letter": "No", "joined": day}
    new = pd.DataFrame([{"spend": "80", **known}, {"spend": "80", **dict.fromkeys(known)}, {"spend": "", **known},
                        {"spend": "80", **known, "visits": "many"}])  # fmt: skip
    found = model.predict(new.astype(object)).table
    assert found["segment"].isna().tolist() == [False, False, True, True]
    assert found["reason"].tolist()[2:] == ["spend is missing", "visits: 'many' is not a number"]
    features = model.predict(new.astype(object)).features
    pd.testing.assert_series_equal(
        features.iloc[0].drop("unknown"), features.iloc[1].drop("unknown"), check_names=False
    )
    assert features["unknown"].tolist()[:2] == [0, 1]
    later = model.at("2024-07-30")
    assert later.step.blanks == model.step.blanks
    assert later.predict(new.astype(object)).features["member"].iloc[1] == features["member"].iloc[1] + 30


def test_what_the_model_learnt_is_stored_with_it():
    import skops.io

    made = space()
    estimator = KMeans(2, n_init=1, random_state=0).fit(made.matrix)
    content = pipeline_bytes(made.pipeline(estimator))
    types = skops.io.get_untrusted_types(data=content)
    assert skops.io.loads(content, trusted=types).steps[0][1].blanks == made.preparation.steps[0][1].blanks


@pytest.mark.parametrize(
    ("impute", "sentence"),
    [
        ({"visit": "median"}, r"features.impute names 'visit', whose value no feature of features=f reads; these read"),
        ({"plan": "median"}, r"features.impute.plan is 'median'; expected most_frequent for a column of the type cat"),
        ({"visits": "zero"}, r"features.impute.visits is 'zero'; expected median or mean or most_frequent"),
        ({"letter": None}, r"features.impute.letter is 'None'; expected most_frequent"),
    ],
)
def test_what_cannot_be_imputed_is_refused(impute, sentence):
    with pytest.raises(SettingsError, match=sentence):
        feature_set("f", "", DECLARED, COLUMNS, impute)


def test_a_column_without_any_value_is_refused_and_one_without_imputation_names_the_way():
    frame = customers()
    frame["visits"] = None
    with pytest.raises(StudyError, match=r"features.impute.visits=median, but all 200 customers have a blank there"):
        space(frame=frame)
    with pytest.raises(StudyError, match=r"impute it \(features.impute\)"):
        space({"visits": "visits"}, {}, customers())


def test_the_columns_that_a_customer_needs_a_value_of_are_told_apart():
    assert feature_set("f", "", DECLARED, COLUMNS, IMPUTE).valued == ["spend"]
    assert feature_set("f", "", {"no": {"missing": "visits"}, "s": "spend"}, COLUMNS).valued == ["spend"]
    assert feature_set("f", "", {"r": {"ratio": ["visits", "spend"]}}, COLUMNS).valued == ["visits", "spend"]
