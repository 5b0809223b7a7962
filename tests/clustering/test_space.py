import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler

from customer_segmentation.clustering.feature_set import feature_set
from customer_segmentation.clustering.space import build_space
from customer_segmentation.config.compose import plan
from customer_segmentation.errors import DataError, StudyError
from customer_segmentation.sources.samples.telecom import draw_customers


@pytest.fixture(scope="module")
def columns():
    return plan("sweep", ["features=value", "scaling=standard"]).settings[0].data.columns


@pytest.fixture(scope="module")
def raw():
    return draw_customers(400, seed=1)


VALUE = {
    "referrals": {"column": "Number of Referrals"},
    "rate": {"ratio": ["Total Revenue", "Tenure in Months"], "unit": "$/month"},
    "years": {"truncate": {"ratio": ["Tenure in Months", 12]}},
    "streaming": {"count_yes": ["Streaming TV", "Streaming Movies"]},
    "log_gb": {"log": "Avg Monthly GB Download"},
    "charges": {"sum": ["Total Extra Data Charges", "Total Refunds"]},
}


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), None])
@pytest.mark.parametrize("weight", [0.5, 1.25])
def test_each_answer_has_the_declared_weight_beside_numbers_under_every_scaling(raw, columns, scaler, weight):
    raw = raw.assign(Married=np.where(np.arange(len(raw)) < 4, "Yes", "No"))  # one in a hundred
    declared = {
        "tenure": "Tenure in Months",
        "age": "Age",
        "married": "Married",
        "tv": "Streaming TV",
        "at": "Contract",
    }
    made = feature_set("mixed", "", declared, columns)
    space = build_space(raw, made, scaling="s", scaler=scaler, indicators=weight)
    plain = build_space(raw, made, scaling="s", scaler=scaler)
    np.testing.assert_allclose(space.matrix[:, :2], plain.matrix[:, :2])
    typical = np.median(space.matrix[:, :2].std(axis=0))
    assert space.dimensions == plain.dimensions == ["tenure", "age", "married", "tv", *plain.dimensions[4:]]
    np.testing.assert_allclose(space.matrix[:, [3]].std(axis=0), weight * typical)
    for own, as_is in zip(space.matrix[:, 2:].T, plain.matrix[:, 2:].T, strict=True):
        np.testing.assert_allclose(own, as_is * weight * typical / max(as_is.std(), 0.3))
    np.testing.assert_allclose(space.project(raw.head(9))[0], space.matrix[:9])


def test_without_numbers_answers_stay_0_and_1(raw, columns):
    made = feature_set("words", "", {"married": "Married", "contract": "Contract"}, columns)
    weighted = build_space(raw, made, scaling="s", scaler=StandardScaler(), indicators=0.5)
    np.testing.assert_array_equal(weighted.matrix, build_space(raw, made, scaling="s", scaler=None).matrix)


def test_features_are_what_pandas_makes_of_the_raw_columns(raw, columns):
    space = build_space(raw, feature_set("mine", "", VALUE, columns), scaling="none", scaler=None)
    expected = pd.DataFrame(
        {
            "referrals": raw["Number of Referrals"].astype(float),
            "rate": raw["Total Revenue"] / raw["Tenure in Months"],
            "years": (raw["Tenure in Months"] // 12).astype(float),
            "streaming": (raw[["Streaming TV", "Streaming Movies"]] == "Yes").sum(axis=1).astype(float),
            "log_gb": np.log1p(pd.to_numeric(raw["Avg Monthly GB Download"]).fillna(0)),
            "charges": raw["Total Extra Data Charges"] + raw["Total Refunds"],
        }
    )
    np.testing.assert_allclose(space.matrix, expected.to_numpy(dtype=float), rtol=1e-12)
    assert space.features.units["rate"] == "$/month"


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), Normalizer()])
def test_numbers_are_scaled_and_indicators_are_not(raw, columns, scaler):
    declared = {"tenure": "Tenure in Months", "age": "Age", "married": "Married", "contract": "Contract"}
    space = build_space(raw, feature_set("mixed", "", declared, columns), scaling="s", scaler=scaler)
    numbers = clone(scaler).fit_transform(raw[["Tenure in Months", "Age"]].to_numpy(dtype=float))
    np.testing.assert_allclose(space.matrix[:, :2], numbers)
    np.testing.assert_array_equal(space.matrix[:, 2], (raw["Married"] == "Yes").to_numpy(dtype=float))
    assert set(np.unique(space.matrix[:, 3:])) == {0.0, 1.0}
    np.testing.assert_array_equal(space.matrix[:, 3:].sum(axis=1), 1.0)


def test_one_pipeline_labels_raw_rows_as_the_space_does(raw, columns):
    declared = {"charge": "Monthly Charge", "gb": "Avg Monthly GB Download", "offer": "Offer"}
    space = build_space(raw, feature_set("f", "", declared, columns), scaling="standard", scaler=StandardScaler())
    model = KMeans(3, n_init=5, random_state=0).fit(space.matrix)
    pipeline = space.pipeline(model)
    np.testing.assert_array_equal(pipeline.predict(raw), model.labels_)
    as_text = raw.astype(object).where(raw.notna(), "").astype(str)
    np.testing.assert_array_equal(pipeline.predict(as_text), model.labels_)
    assert (raw["Monthly Charge"] < 0).any(), "the sample has planted errors that the pipeline mends"


def test_a_missing_column_is_named(raw, columns):
    space = build_space(raw, feature_set("f", "", {"age": "Age"}, columns), scaling="none", scaler=None)
    with pytest.raises(DataError, match="Age"):
        space.preparation.transform(raw.drop(columns="Age"))


def test_customers_who_are_all_alike_cannot_be_segmented(raw, columns):
    same = raw.assign(**{"Age": 40})
    with pytest.raises(StudyError, match="alike"):
        build_space(same, feature_set("f", "", {"age": "Age"}, columns), scaling="standard", scaler=StandardScaler())


def test_a_constant_feature_among_others_is_noted(raw, columns):
    same = raw.assign(**{"Age": 40})
    declared = {"age": "Age", "tenure": "Tenure in Months"}
    space = build_space(same, feature_set("f", "", declared, columns), scaling="standard", scaler=StandardScaler())
    assert any("age" in note for note in space.notes)
    assert np.isfinite(space.matrix).all()


def test_a_feature_without_a_value_is_refused(raw, columns):
    none = raw.assign(**{"Tenure in Months": 0})
    declared = {"rate": {"ratio": ["Total Revenue", "Tenure in Months"]}}
    with pytest.raises(StudyError, match="rate"):
        build_space(none, feature_set("f", "", declared, columns), scaling="none", scaler=None)


@pytest.mark.parametrize("further", [{}, {"married": {"column": "Married"}}])
def test_a_scaler_that_works_in_place_leaves_the_customers_as_they_are(raw, columns, further):
    declared = feature_set("one", "", {"revenue": {"column": "Total Revenue"}, **further}, columns)
    customers = raw.astype({"Total Revenue": float})  # clean already: the feature is the column itself
    before = customers.copy()
    space = build_space(customers, declared, scaling="standard", scaler=StandardScaler(copy=False))
    space.preparation.transform(customers)
    pd.testing.assert_frame_equal(customers, before)


def test_customers_outside_are_placed_as_those_inside_or_not_at_all(raw, columns):
    declared = {"rate": VALUE["rate"], "log_gb": VALUE["log_gb"], "married": "Married", "contract": "Contract"}
    space = build_space(raw, feature_set("mixed", "", declared, columns), scaling="s", scaler=StandardScaler())
    others = raw.head(40).copy()
    others["Total Revenue"] = others["Total Revenue"].astype(object)
    others.iloc[3, others.columns.get_loc("Total Revenue")] = ""
    others.iloc[7, others.columns.get_loc("Married")] = np.nan
    matrix, usable = space.project(others)
    assert np.flatnonzero(~usable).tolist() == [3, 7]
    np.testing.assert_allclose(matrix, np.delete(space.matrix[:40], [3, 7], axis=0))
    others["Total Revenue"] = ""
    nobody, usable = space.project(others)
    assert nobody.shape == (0, space.matrix.shape[1])
    assert not usable.any()
