"""The public study's figures, from the run that its preset makes on the real table."""

import json

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.scoring.load import load_segment_model

INERTIA = {
    1: (1.075190, 1e-4),
    2: (0.610560, 1e-4),
    3: (0.318167, 1e-4),
    4: (0.216203, 1e-4),
    5: (0.151481, 1e-4),
    6: (0.122050, 1e-3),
    7: (0.100107, 1e-3),
    8: (0.082008, 1.5e-2),
    9: (0.072989, 1.5e-2),
    10: (0.064338, 1.5e-2),
}
CENTRES = np.array(
    [
        [0.000969148, 0.0111774627, 0.999927302],
        [0.002257875, 0.0292303860, 0.999531730],
        [0.060565112, 0.0249834588, 0.997590646],
        [0.169395912, 0.0212889597, 0.984355373],
    ]
)
CORRELATIONS = {
    ("Age", "Dependents"): -0.108764,
    ("Age", "Zip Code"): -0.007625,
    ("Age", "Referrals"): 0.007993,
    ("Age", "Tenure"): 0.052401,
    ("Age", "Revenue"): 0.081890,
    ("Dependents", "Zip Code"): 0.039231,
    ("Dependents", "Referrals"): 0.244435,
    ("Dependents", "Tenure"): 0.053558,
    ("Dependents", "Revenue"): 0.002680,
    ("Zip Code", "Referrals"): -0.001735,
    ("Zip Code", "Tenure"): -0.001199,
    ("Zip Code", "Revenue"): -0.004918,
    ("Referrals", "Tenure"): 0.263234,
    ("Referrals", "Revenue"): 0.219543,
    ("Tenure", "Revenue"): 0.825361,
}

#: mean, standard deviation, smallest, quartiles, largest; revenue before its cents are cut off
DESCRIPTION = {
    "Age": [45.344414, 16.276025, 19, 32, 45, 58, 80],
    "Number of Dependents": [0.595284, 1.045137, 0, 0, 0, 1, 9],
    "Zip Code": [93504.246811, 1868.574963, 90001, 92069, 93535.5, 95337, 96148],
    "Number of Referrals": [2.468690, 3.289687, 0, 0, 1, 5, 11],
    "Tenure in Months": [37.591225, 24.085029, 1, 15, 38, 61, 72],
    "Total Revenue": [3418.374927, 2910.764954, 21.36, 938.575, 2579.325, 5463.415, 11979.34],
}


@pytest.fixture(scope="module")
def original(run_here, telecom, tmp_path_factory):
    ran = run_here(
        "sweep",
        "experiments=original_analysis",
        "data=telecom",
        f"data.path={telecom}",
        folder=tmp_path_factory.mktemp("original"),
    )
    assert ran.code == 0, ran.error
    return ran


def test_the_customers_are_those_who_have_not_left(original):
    (sweep,) = original.runs("sweep")
    assert sweep.data.metrics["rows_used"] == 5174
    assert sweep.data.metrics["rows_not_selected"] == 1869


def test_the_description(original):
    (sweep,) = original.runs("sweep")
    table = pd.read_csv(original.artifact(sweep, "exploration/description.csv"), index_col="column")
    for column, expected in DESCRIPTION.items():
        found = table.loc[column, ["mean", "std", "min", "25%", "50%", "75%", "max"]]
        np.testing.assert_allclose(found.to_numpy(dtype=float), expected, atol=5.5e-7, err_msg=column)
        assert table.loc[column, "count"] == 5174


def test_the_elbow(original):
    inertia = {int(run.data.params["k"]): run.data.metrics["inertia"] for run in original.runs("candidate")}
    for k, (expected, tolerance) in INERTIA.items():
        assert inertia[k] == pytest.approx(expected, rel=tolerance), k


def test_the_correlations(original):
    (sweep,) = original.runs("sweep")
    table = pd.read_csv(original.artifact(sweep, "exploration/correlations.csv"), index_col="column")
    for (one, other), expected in CORRELATIONS.items():
        assert table.loc[one, other] == pytest.approx(expected, abs=5.5e-7), (one, other)


def test_the_counts(original):
    (sweep,) = original.runs("sweep")
    counts = pd.read_csv(original.artifact(sweep, "exploration/counts.csv"))
    gender = counts[counts["column"] == "Gender"].set_index("group")["customers"].to_dict()
    assert gender == {"Male": 2625, "Female": 2549}
    assert counts[counts["column"] == "Age"]["customers"].tolist() == [727, 950, 996, 957, 926, 416, 202]


def test_the_four_segments(original):
    import mlflow

    (chosen,) = [run for run in original.runs("candidate") if run.data.tags["verdict"] == "chosen"]
    assert chosen.data.params["k"] == "4"
    assert chosen.data.metrics["silhouette"] == pytest.approx(0.6507, abs=1e-3)
    sizes = pd.read_csv(original.artifact(chosen, "segments.csv"))["customers"].tolist()
    assert sizes[2:] == [49, 14]
    assert sizes[0] == pytest.approx(3987, abs=12)
    assert sizes[1] == pytest.approx(1124, abs=12)
    mlflow.set_tracking_uri(original.store.uri)
    pipeline = load_segment_model(f"runs:/{chosen.info.run_id}/model").model.pipeline
    np.testing.assert_allclose(pipeline[-1].cluster_centers_, CENTRES, atol=2e-4)


def test_the_first_normalised_row(original, telecom):
    import mlflow

    (chosen,) = [run for run in original.runs("candidate") if run.data.tags["verdict"] == "chosen"]
    mlflow.set_tracking_uri(original.store.uri)
    pipeline = load_segment_model(f"runs:/{chosen.info.run_id}/model").model.pipeline
    raw = pd.read_csv(telecom, keep_default_na=False)
    first = pipeline[:-1].transform(raw[raw["Customer Status"] != "Churned"].head(1))
    np.testing.assert_allclose(np.asarray(first)[0], [2.05329611e-03, 9.23983248e-03, 9.99955204e-01], rtol=1e-8)


def test_the_sweep_makes_plain_that_it_is_not_the_best(original):
    (chosen,) = [run for run in original.runs("candidate") if run.data.tags["verdict"] == "chosen"]
    assert chosen.data.metrics["yardstick"] < 0.15
    assert chosen.data.metrics["smallest_share"] < 0.01


def test_the_verdict_names_the_tiny_segments_and_keeps_the_given_k(original):
    (sweep,) = original.runs("sweep")
    verdict = json.loads(original.artifact(sweep, "verdict.json").read_text())
    assert verdict["chosen"]["k"] == 4
    assert verdict["structure"] == "useful partition"
    assert not verdict["natural"]
    assert {"small_segment"} <= {violation["code"] for violation in verdict["chosen"]["violations"]}
    (said,) = [reason for reason in verdict["reasons"] if "not a valid choice" in reason]
    assert "segments 2 and 3 have 49 and 14 of 5,174 customers" in said
    (chosen,) = [run for run in original.runs("candidate") if run.data.tags["verdict"] == "chosen"]
    assert "small_segment" in chosen.data.tags["violations"]
    assert sweep.data.tags["certainty"] == "low"
