import numpy as np
import pandas as pd
import pytest
from scipy import stats

from customer_segmentation.errors import SettingsError
from customer_segmentation.exploration.correlation import partial_correlation
from customer_segmentation.exploration.hypotheses import Direction, Hypothesis, assess_hypotheses, hypotheses_table

CAUTION = "Total revenue accumulates over the tenure, so the relation holds largely by construction."


def _customers(n=800, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    return pd.DataFrame(
        {
            "z": z,
            "x": z + rng.normal(size=n),
            "y": z + rng.normal(size=n),
            "copy": z + 0.2 * rng.normal(size=n),
            "noise": rng.normal(size=n),
            "constant": 1.0,
            "text": "a",
        }
    )


def _one(frame, *args, **kwargs):
    return assess_hypotheses(frame, [Hypothesis(*args, **kwargs)])[0]


def test_the_original_hypotheses(stayed):
    frame = stayed.assign(rate=stayed["Total Revenue"] / stayed["Tenure in Months"])
    frame["Total Revenue"] = np.trunc(frame["Total Revenue"])
    results = assess_hypotheses(
        frame,
        [
            Hypothesis("Tenure in Months", "Total Revenue", caution=CAUTION),
            Hypothesis("Tenure in Months", "Number of Referrals"),
            Hypothesis("Number of Referrals", "Total Revenue", given=("Tenure in Months",)),
            Hypothesis("Tenure in Months", "rate"),
        ],
    )
    revenue, referrals, third, rate = results
    # Fisher's interval is [0.81647, 0.83386] and [0.19345, 0.24532]; published figures may be rounded twice.
    for result, published in (
        (revenue, (0.825, 0.817, 0.834)),
        (referrals, (0.263, 0.238, 0.288)),
        (third, (0.220, 0.194, 0.245)),
    ):
        found = result.pearson
        assert found.n == 5174
        assert (found.r, found.low, found.high) == pytest.approx(published, abs=6e-4)
        assert result.supported
    assert revenue.spearman.r == pytest.approx(0.879, abs=5e-4)
    assert revenue.sentence.endswith(CAUTION)
    assert rate.pearson.r == pytest.approx(0.279, abs=5e-4)
    assert third.partial.r == pytest.approx(0.004, abs=5e-4)
    assert third.partial.p == pytest.approx(0.76, abs=5e-3)
    assert "no significant association remains" in third.sentence
    assert "p = 0.76" in third.sentence


def test_p_is_corrected_over_plain_and_partial_tests():
    frame = _customers()
    asked = [
        Hypothesis("x", "noise", direction=Direction.either),
        Hypothesis("x", "y", given=("z",)),
        Hypothesis("x", "z"),
    ]
    results = assess_hypotheses(frame, asked)
    raw = [result.pearson.p for result in results] + [partial_correlation(frame["x"], frame["y"], frame["z"]).p]
    order = np.argsort(raw)
    expected = np.empty(4)
    smallest = 1.0
    for rank in range(4, 0, -1):  # Benjamini and Hochberg, by hand
        smallest = min(smallest, raw[order[rank - 1]] * 4 / rank)
        expected[order[rank - 1]] = smallest
    found = [result.p_corrected for result in results] + [results[1].partial_p_corrected]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert np.isnan(results[0].partial_p_corrected)


def test_noise_is_rarely_supported():
    rng = np.random.default_rng(5)
    false = 0
    for _ in range(60):
        frame = pd.DataFrame(rng.normal(size=(80, 6)), columns=list("abcdef"))
        asked = [Hypothesis(x, y, direction=Direction.either) for x, y in ["ab", "cd", "ef", "ac", "bd"]]
        false += any(result.supported for result in assess_hypotheses(frame, asked))
    assert stats.binomtest(false, 60, 0.05).pvalue > 0.001


@pytest.mark.parametrize(
    ("direction", "sign", "supported"),
    [
        (Direction.positive, 1, True),
        (Direction.positive, -1, False),
        (Direction.negative, -1, True),
        (Direction.negative, 1, False),
        (Direction.either, -1, True),
    ],
)
def test_direction_decides(direction, sign, supported):
    frame = _customers()
    frame["y"] *= sign
    result = _one(frame, "x", "y", direction=direction)
    assert result.supported is supported
    assert ("against the direction expected" in result.sentence) is not supported
    assert f"A {'positive' if sign > 0 else 'negative'} association" in result.sentence


def test_sentences_claim_no_more_than_the_interval():
    rng = np.random.default_rng(1)
    words = {"large": 0.5, "moderate": 0.3, "small": 0.1}
    for _ in range(120):
        n, slope = int(rng.integers(20, 3000)), float(rng.uniform(-1.5, 1.5))
        x = rng.normal(size=n)
        result = _one(pd.DataFrame({"x": x, "y": slope * x + rng.normal(size=n)}), "x", "y", direction=Direction.either)
        least = 0.0 if result.pearson.low <= 0 <= result.pearson.high else min(
            abs(result.pearson.low), abs(result.pearson.high)
        )  # fmt: skip
        claimed = [bound for word, bound in words.items() if f"{word} size" in result.sentence]
        assert all(least >= bound for bound in claimed)
        assert len(claimed) <= 1
        assert ("no significant linear association" in result.sentence) is not result.supported
        assert f"{result.pearson.r:.3f}".replace("-", "−") in result.sentence.replace("-0.000", "0.000")
        assert f"n = {n:,}" in result.sentence
        assert "cause" not in result.sentence


def test_what_remains_given_another_column():
    frame = _customers(5000)
    assert "no significant association remains" in _one(frame, "x", "y", given=("z",)).sentence
    assert "remains" in _one(frame, "x", "z", given=("noise",)).sentence
    reversed_sign = frame.assign(y=3 * frame["z"] - frame["x"])
    assert "changes its sign" in _one(reversed_sign, "x", "y", given=("z",)).sentence
    few = _one(frame.head(30), "x", "y", given=("z",)).sentence
    assert "does not exclude one" in few


def test_a_relation_made_by_one_value_is_not_trusted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=100)
    y = -x + 0.3 * rng.normal(size=100)
    frame = pd.DataFrame({"x": np.append(x, 1000), "y": np.append(y, 1000)})
    assert "The ranks point the other way" in _one(frame, "x", "y").sentence


def test_what_cannot_be_tested_is_said():
    frame = _customers()
    results = assess_hypotheses(
        frame, [Hypothesis("x", "constant"), Hypothesis("x", "y", given=("constant",)), Hypothesis("x", "y")]
    )
    assert not results[0].supported
    assert "not testable" in results[0].sentence
    assert np.isnan(results[0].p_corrected)
    assert results[1].partial.r == pytest.approx(results[2].pearson.r)
    determined = _one(frame.assign(w=2 * frame["x"]), "x", "y", given=("w",))
    assert "nothing to test" in determined.sentence


@pytest.mark.parametrize(
    ("hypothesis", "message"),
    [
        (Hypothesis("x", "absent"), "'absent'; the table has"),
        (Hypothesis("x", "y", given=("absent",)), "'absent'; the table has"),
        (Hypothesis("x", "text"), "'text' holds text"),
        (Hypothesis("x", "x"), "names a column twice"),
        (Hypothesis("x", "y", given=("y",)), "names a column twice"),
    ],
)
def test_hypotheses_that_cannot_be_asked(hypothesis, message):
    with pytest.raises(SettingsError, match=message):
        assess_hypotheses(_customers(), [hypothesis])


def test_table_holds_the_figures():
    results = assess_hypotheses(_customers(), [Hypothesis("x", "y", given=("z", "noise")), Hypothesis("x", "z")])
    table = hypotheses_table(results)
    assert list(table["given"]) == ["z, noise", ""]
    assert list(table["r"]) == [result.pearson.r for result in results]
    assert table["partial_r"].isna().tolist() == [False, True]
    assert assess_hypotheses(_customers(), []) == []
    assert hypotheses_table([]).empty
