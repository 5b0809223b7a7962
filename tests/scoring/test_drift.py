"""Drift: steady for the same customers, the cause first for others, and nothing said that may be chance."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from customer_segmentation.model.reference import bin_edges, bins_of, distribution, reference_of
from customer_segmentation.model.segment_model import Labelled
from customer_segmentation.scoring.drift import DriftWatch, level_of, stability
from customer_segmentation.scoring.score import Comparison
from customer_segmentation.settings.score import DriftSettings

STANDARD = DriftSettings()
KEPT, CHURNED = "kept", "churned"
COLUMN = "Total Revenue"


@pytest.fixture(scope="module")
def kept(raw):
    return raw[raw["Customer Status"] != "Churned"].reset_index(drop=True)


def drift_of(model, customers, settings=STANDARD, parts=1):
    watch = DriftWatch(model.reference, model.numbers, model.names)
    for part in np.array_split(np.arange(len(customers)), parts):
        watch.add(model.predict(customers.iloc[part]))
    return watch.measure(settings)


def test_stability_index_is_the_sum_over_bins():
    then, now = np.array([100.0, 300.0, 600.0]), np.array([250.0, 250.0, 0.0])
    p, q = (then + 0.5) / 1001.5, (now + 0.5) / 501.5
    assert stability(then, now) == pytest.approx(sum((b - a) * np.log(b / a) for a, b in zip(p, q, strict=True)))
    assert stability(then, then * 7) == pytest.approx(0, abs=1e-4)


def test_index_of_equal_populations_is_what_chance_makes_of_it():
    generator = np.random.default_rng(1)
    shares = np.full(10, 0.1)
    found = [
        stability(generator.multinomial(2000, shares).astype(float), generator.multinomial(500, shares).astype(float))
        for _ in range(2000)
    ]
    limit = chi2.ppf(0.95, 9) * (1 / 2000 + 1 / 500)
    assert np.mean(np.array(found) > limit) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("values", [np.arange(1000.0), np.repeat([0.0, 0, 0, 1, 2], 50), np.zeros(20), np.array([])])
def test_bins_hold_everybody_once(values):
    edges = bin_edges(values)
    counts = np.bincount(bins_of(values, edges), minlength=len(edges) + 1)
    assert counts.sum() == len(values)
    assert len(counts) <= 10
    if len(values):
        assert (counts > 0).all()
    assert distribution(pd.Series(values))["counts"] == counts.tolist()


@pytest.mark.parametrize("parts", [1, 7])
def test_the_customers_of_the_fit_are_steady(model, kept, parts):
    found = drift_of(model, kept, parts=parts)
    assert found.word == "steady"
    assert found.reasons == ()
    assert found.variables["stability"].max() == pytest.approx(0, abs=1e-12)
    assert found.segments["change"].abs().max() == 0
    assert found.distances["ratio"] == pytest.approx(1)
    assert found.distances["beyond"] == pytest.approx(0.01, abs=0.003)


def test_churned_customers_ask_for_a_refit(model, raw):
    found = drift_of(model, raw[raw["Customer Status"] == "Churned"])
    assert found.word == "refit"


def test_a_whole_table_is_compared_by_those_whom_the_fit_would_have_kept(model, raw, kept):
    comparison = Comparison(model)
    comparison.add(model.predict(raw), raw)
    found, told = comparison.measure(STANDARD)
    assert found.word == "steady"
    assert found.customers == len(kept)
    assert f"{len(raw) - len(kept):,} others (Customer Status: Churned)" in told
    churned = raw[raw["Customer Status"] == "Churned"]
    comparison = Comparison(model)
    comparison.add(model.predict(churned), churned)
    found, told = comparison.measure(STANDARD)
    assert found.word == "refit"
    assert f"Compared are the {len(churned):,} customers that the fit left out" in told
    assert "only 0 others" in told
    few = pd.concat([kept.head(42), churned.head(18)])
    comparison = Comparison(model)
    comparison.add(model.predict(few), few)
    found, told = comparison.measure(STANDARD)
    assert (found.word, found.customers) == ("unknown", 42), "too few of both: the larger part is told of"
    assert "the 42 customers that the fit would have kept; 18 others" in told
    assert found.segments.empty


@pytest.mark.parametrize(
    ("column", "factor", "said"),
    [
        ("Total Revenue", 100, "cents for dollars"),
        ("Total Revenue", 0.001, "thousands for ones"),
        ("Tenure in Months", 1 / 12, "years for months"),
    ],
)
def test_a_column_in_other_units_is_named_first(model, kept, column, factor, said):
    values = pd.to_numeric(kept[column]) * factor
    if column == "Tenure in Months":
        values = values.round()
    found = drift_of(model, kept.assign(**{column: values}))
    assert found.word == "refit"
    assert column in found.reasons[0]
    assert said in found.reasons[0]
    assert found.variables["variable"].iloc[0] == {"Total Revenue": "revenue", "Tenure in Months": "tenure"}[column]


def test_new_categories_are_named_though_their_rows_have_no_label(model, kept):
    found = drift_of(
        model, kept.assign(Contract=["Weekly" if at % 4 == 0 else text for at, text in enumerate(kept["Contract"])])
    )
    assert found.word == "refit"
    assert any("Contract has values that the fit did not: 'Weekly' (25." in text for text in found.reasons)
    assert found.unseen.iloc[0].tolist()[:2] == ["Contract", "Weekly"]


def test_small_samples_of_the_same_customers_are_not_accused(model, kept):
    generator = np.random.default_rng(4)
    words = [drift_of(model, kept.iloc[generator.choice(len(kept), 80)]).word for _ in range(25)]
    assert words.count("steady") >= 22, words


def test_of_a_handful_nothing_is_said(model, kept):
    found = drift_of(model, kept.head(10))
    assert found.word == "unknown"
    assert "too few" in found.reasons[0]


def test_levels():
    assert [level_of(value, [0.1, 0.25]) for value in (0.05, 0.1, 0.3)] == [0, 1, 2]


@pytest.mark.parametrize("n", [60, 100, 200, 400])
def test_samples_of_the_fits_own_customers_do_not_cry_wolf_and_a_shift_is_found(model, kept, n):
    """All tests together err as seldom as the confidence says: 0.5 % of samples would be 1 of 200."""
    labelled, generator = model.predict(kept), np.random.default_rng(n)

    def word(factor=1.0):
        rows = generator.choice(len(kept), n)
        watch = DriftWatch(model.reference, model.numbers, model.names)
        if factor == 1:
            parts = [frame.iloc[rows] for frame in (labelled.table, labelled.clean, labelled.features)]
            watch.add(Labelled(*parts, labelled.problems.head(0)))
        else:
            sample = kept.iloc[rows]
            watch.add(model.predict(sample.assign(**{COLUMN: pd.to_numeric(sample[COLUMN]) * factor})))
        return watch.measure(STANDARD).word

    assert sum(word() != "steady" for _ in range(200)) <= 4
    assert sum(word(3.0) != "steady" for _ in range(5)) == 5, "three times as much is seen in the smallest sample"


def test_the_share_without_a_label_is_of_all_rows(model, kept):
    watch = DriftWatch(model.reference, model.numbers, model.names)
    sample = kept.head(500).copy()
    sample.loc[sample.index[:72], COLUMN] = "many"
    inside = np.arange(500) < 300  # the fit would have kept these
    watch.add(model.predict(sample), inside)
    (told,) = [reason for reason in watch.measure(STANDARD).reasons if "have no label" in reason]
    assert told.replace("\u00a0", " ").startswith("watch: 14.4 % of the rows")


def test_the_share_of_a_new_category_is_of_the_population(model, kept):
    watch = DriftWatch(model.reference, model.numbers, model.names)
    watch.add(model.predict(kept.head(500)), np.arange(500) < 300)
    watch.unseen["plan", "Zorg"] = 300  # all of those whom the fit would have kept
    (told,) = [reason for reason in watch.measure(STANDARD).reasons if "Zorg" in reason]
    assert told.replace("\u00a0", " ").endswith("'Zorg' (100 %)")


class Synthetic:
    """Three normal variables of 2,000 customers and three segments, and tables of them that moved."""

    numbers, names = (0, 1, 2), {0: "A", 1: "B", 2: "C"}
    shares = np.array([0.5, 0.3, 0.2])

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        fitted = self.customers(2000)
        self.reference = reference_of(
            fitted.features,
            fitted.clean,
            units={},
            sources={},
            clusters=fitted.table["segment"].to_numpy(),
            distances=fitted.table["distance"].to_numpy(),
            k=3,
        )

    def customers(self, n: int, *, moved: float = 0.0, points: float = 0.0, rejected: float = 0.0) -> Labelled:
        features = pd.DataFrame(self.random.normal(size=(n, 3)), columns=["x", "y", "z"])
        features["x"] += moved
        segments = self.random.choice(3, n, p=self.shares + np.array([points, -points / 2, -points / 2]))
        table = pd.DataFrame({"segment": segments, "distance": np.sqrt(self.random.chisquare(3, n))})
        table["segment"] = table["segment"].astype("Int64").mask(self.random.random(n) < rejected)
        return Labelled(table, features[[]], features, pd.DataFrame(columns=["reason", "column", "value"]))

    def measure(self, n: int, **moved: float):
        watch = DriftWatch(self.reference, self.numbers, self.names)
        watch.add(self.customers(n, **moved))
        return watch.measure(STANDARD)


def test_what_is_said_to_be_found_is_found_in_four_of_five_tables():
    power = Synthetic(0).measure(200).power
    assert f"{power.deviations:.2f} standard deviations" in power.told
    drifts = [Synthetic(at).measure(200, moved=power.deviations, points=power.points) for at in range(1, 61)]
    for words in (
        [drift.variables.set_index("variable")["word"]["x"] for drift in drifts],
        [drift.segments["word"][0] for drift in drifts],
    ):
        assert 0.62 <= np.mean(np.array(words) != "steady") <= 0.95


def test_rows_without_a_label_count_where_they_are_more_than_chance():
    made = Synthetic(5)
    told = [reason for _ in range(40) for reason in made.measure(60, rejected=0.05).reasons]
    assert len([reason for reason in told if "have no label" in reason]) <= 1
    assert made.measure(400, rejected=0.15).word == "watch"
