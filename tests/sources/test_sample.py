"""The built-in sample keeps the identities of the published table and lands in its neighbourhood."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from customer_segmentation.data.load import load_customers
from customer_segmentation.sources.samples.telecom import draw_customers

DEFAULT_SEED = 2022


@pytest.fixture(scope="module", params=[DEFAULT_SEED, 1, 2, 3])
def drawn(request):
    return request.param, draw_customers(7043, seed=request.param)


def test_identities_hold_exactly(drawn):
    _, table = drawn
    revenue = table["Total Charges"] - table["Total Refunds"]
    revenue += table["Total Extra Data Charges"] + table["Total Long Distance Charges"]
    np.testing.assert_allclose(table["Total Revenue"], revenue, atol=1e-8)
    distance = table["Avg Monthly Long Distance Charges"].fillna(0) * table["Tenure in Months"]
    np.testing.assert_allclose(table["Total Long Distance Charges"], distance, atol=0.0051)
    joined = (table["Tenure in Months"] <= 3) & (table["Customer Status"] != "Churned")
    assert ((table["Customer Status"] == "Joined") == joined).all()
    assert (table.loc[table["Married"] == "No", "Number of Referrals"] == 0).all()
    extra = table["Total Extra Data Charges"]
    assert (extra % 10 == 0).all()
    assert (table.loc[extra > 0, "Unlimited Data"] == "No").all()
    first = table["Tenure in Months"] == 1
    right = first & (table["Monthly Charge"] > 0)
    assert (table.loc[right, "Total Charges"] == table.loc[right, "Monthly Charge"]).all()


def test_blanks_are_structural(drawn):
    _, table = drawn
    no_phone, no_internet = table["Phone Service"] == "No", table["Internet Service"] == "No"
    for name in ("Avg Monthly Long Distance Charges", "Multiple Lines"):
        assert (table[name].isna() == no_phone).all()
    internet = ["Internet Type", "Avg Monthly GB Download", "Online Security", "Online Backup", "Streaming TV"]
    internet += [
        "Device Protection Plan",
        "Premium Tech Support",
        "Streaming Movies",
        "Streaming Music",
        "Unlimited Data",
    ]
    for name in internet:
        assert (table[name].isna() == no_internet).all()
    for name in ("Churn Category", "Churn Reason"):
        assert (table[name].isna() == (table["Customer Status"] != "Churned")).all()
    others = table.drop(columns=[*internet, "Avg Monthly Long Distance Charges", "Multiple Lines"])
    assert others.drop(columns=["Churn Category", "Churn Reason"]).notna().all(axis=None)
    assert (table["Offer"] == "None").mean() == pytest.approx(0.55, abs=0.03)
    negative = table.loc[table["Monthly Charge"] < 0, "Monthly Charge"]
    assert len(negative) == pytest.approx(120, abs=2)
    assert negative.isin(-np.arange(1.0, 11)).all()
    assert table["Customer ID"].is_unique
    assert table["Customer ID"].str.fullmatch(r"\d{4}-[A-Z]{5}").all()


def test_sample_is_like_the_published_table(drawn):
    seed, table = drawn
    strict = seed == DEFAULT_SEED
    kept = table[table["Customer Status"] != "Churned"]
    correlation = kept[["Number of Referrals", "Tenure in Months", "Total Revenue"]].corr()
    # The published neighbourhood for the default seed; other seeds may leave it by a standard deviation or two.
    assert 5150 - 30 * (not strict) <= len(kept) <= 5215 + 30 * (not strict)
    assert 0.26 - 0.005 * (not strict) <= 1 - len(kept) / len(table) <= 0.27 + 0.005 * (not strict)
    loose = 0.02 * (not strict)
    assert 0.82 - loose <= correlation.loc["Tenure in Months", "Total Revenue"] <= 0.83 + loose
    assert 0.25 - loose <= correlation.loc["Tenure in Months", "Number of Referrals"] <= 0.29 + loose
    assert 3400 - 80 * (not strict) <= kept["Total Revenue"].mean() <= 3540 + 80 * (not strict)
    assert table["Tenure in Months"].mean() == pytest.approx(32.4, abs=0.3)
    assert table["Tenure in Months"].std() == pytest.approx(24.5, abs=0.3)


def test_silhouette_of_the_value_features():
    table = draw_customers(seed=DEFAULT_SEED)
    kept = table.loc[
        table["Customer Status"] != "Churned", ["Number of Referrals", "Tenure in Months", "Total Revenue"]
    ].to_numpy(dtype=float)
    scores = (kept - kept.mean(axis=0)) / kept.std(axis=0)
    labels = KMeans(4, n_init=10, random_state=0).fit_predict(scores)
    assert 0.457 <= silhouette_score(scores, labels) <= 0.469


def test_columns_are_the_published_ones(contract, telecom):
    published = pd.read_csv(telecom, nrows=0).columns.tolist()
    assert draw_customers(5, seed=0).columns.tolist() == published == list(contract)


def test_equal_seeds_give_equal_tables_of_any_size():
    pd.testing.assert_frame_equal(draw_customers(50, seed=4), draw_customers(50, seed=4))
    assert not draw_customers(50, seed=4).equals(draw_customers(50, seed=5))
    assert draw_customers(1, seed=0).shape == (1, 38)


def test_sample_is_a_clean_table(settings_for):
    table = load_customers(settings_for("sample"))
    assert len(table.rejected) == 0
    assert table.accounting()["rows_read"] == 7043
    assert table.id_column == "Customer ID"
    assert table.value_column == "Total Revenue"
    assert table.outcome_columns == ("Customer Status",)
