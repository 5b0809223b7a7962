"""The segments of the published table under value · minmax, k = 4: figures, names, and what to do."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from customer_segmentation.clustering.feature_set import declared_features
from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.space import build_space
from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.config.instantiate import make_scaler
from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.data.load import load_customers
from customer_segmentation.workflows.prepare import prepare_customers

#: customers, referrals, months, share of revenue, churn; name; first and further actions
EXPECTED = (
    (845, 7.2, 64, 0.306, 0.022, "Loyal high-value advocates", {"reward_loyalty", "reward_referrals"}),
    (1627, 0.8, 57, 0.498, 0.179, "Long-standing high-value customers", {"keep_high_value", "invite_to_refer"}),
    (663, 7.2, 24, 0.067, 0.042, "Newer advocates", {"reward_referrals", "upsell"}),
    (2039, 0.3, 15, 0.129, 0.418, "Newer customers at risk", {"onboarding", "long_term_contract"}),
)
SEEDS = 30


@pytest.fixture
def told(telecom):
    """Portraits by seed."""
    asked = plan("sweep", ["data=telecom", f"data.path={telecom}", "features=value", "scaling=minmax"])
    settings = asked.settings[0]
    customers = prepare_customers(settings, check_plan(asked))
    space = build_space(
        customers.table.customers,
        declared_features(settings.features, customers.table.columns, "value"),
        scaling="minmax",
        scaler=make_scaler(settings.scaling.scaler, "minmax"),
    )

    def by_seed(seed, runs=10):
        fit = fit_k(space.matrix, 4, make_estimator=lambda k, s: KMeans(k, n_init=runs, random_state=s), seed=seed)
        return fit, customers.describe(space, fit, playbook_of(settings))

    return by_seed


def test_profiles_names_and_actions(told):
    by_seed = told
    _, insights = by_seed(42)
    profiles = insights.profiles
    found = {name.name: name.segment for name in insights.names}
    for customers, referrals, months, share, churn, name, actions in EXPECTED:
        segment = found[name]
        row = profiles.segments.iloc[segment]
        assert row["customers"] == pytest.approx(customers, abs=3)
        assert profiles.row(segment, "Number of Referrals")["value"] == pytest.approx(referrals, abs=0.06)
        assert profiles.row(segment, "Tenure in Months")["value"] == pytest.approx(months, abs=0.6)
        assert row["value_share"] == pytest.approx(share, abs=0.001)
        assert profiles.row(segment, "Customer Status", "Churned")["value"] == pytest.approx(churn, abs=0.001)
        assert actions <= {item.action for item in insights.of(segment)}
    assert profiles.left_out == 1869
    assert profiles.unassigned == 0
    high = insights.high_value
    assert {insights.names[segment].name for segment in high.segments} == {EXPECTED[0][5], EXPECTED[1][5]}
    assert high.value_share == pytest.approx(0.804, abs=0.002)
    assert high.count == pytest.approx(2472, abs=6)


def test_seeds_change_neither_names_nor_actions_of_the_same_customers(told):
    by_seed = told
    seen = {}
    for seed in range(SEEDS):
        fit, insights = by_seed(seed, runs=2)
        for name in insights.names:
            members = np.flatnonzero(fit.labels == name.segment).tobytes()
            partition = tuple(sorted(np.flatnonzero(fit.labels == s).tobytes() for s in range(4)))
            said = (name.name, tuple(item.action for item in insights.of(name.segment)))
            assert seen.setdefault((partition, members), said) == said
    assert len(set(seen.values())) >= 4


def test_columns_that_only_profiles_read_change_nothing(telecom, tmp_path):
    settings = (
        plan("sweep", ["features=value", "scaling=standard", "data=telecom", f"data.path={telecom}"]).settings[0].data
    )
    needed = ["Number of Referrals", "Tenure in Months", "Total Revenue"]
    plain = load_customers(settings, needed=needed)
    text = telecom.read_text(encoding="utf-8").replace("Two Year", "Ten Year", 40).replace("Credit Card", "#?!", 9)
    spoilt = tmp_path / "spoilt.csv"
    spoilt.write_text(text, encoding="utf-8")
    settings.path = str(spoilt)
    welcome = ["Contract", "Payment Method", "Age"]
    read = load_customers(settings, needed=needed, welcome=welcome)
    assert read.digest == plain.digest
    assert read.accounting() == plain.accounting()
    lost = read.customers["Contract"].isna().sum() + read.others["Contract"].isna().sum()
    assert lost == 40
