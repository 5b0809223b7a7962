import numpy as np
import pandas as pd
import pytest

from customer_segmentation.exploration.correlation import COLUMNS, Method, correlation, correlation_pairs


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_every_pair_is_as_correlated_by_itself(gaps, confidence):
    rng = np.random.default_rng(3)
    z = rng.normal(size=200)
    frame = pd.DataFrame({"a": z, "b": np.exp(z + rng.normal(size=200)), "c": np.round(-z), "one": 1.0, "text": "x"})
    if gaps:
        frame = frame.mask(rng.random(frame.shape) < 0.1).assign(text="x")
    pairs = correlation_pairs(frame, confidence=confidence)
    assert len(pairs) == 6
    for _, row in pairs.iterrows():
        for method in Method:
            alone = correlation(frame[row["x"]], frame[row["y"]], method=method, confidence=confidence)
            name = method.value
            found = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
            assert found == pytest.approx([alone.r, alone.low, alone.high], abs=1e-12, nan_ok=True)
            assert row["customers"] == alone.n
    sizes = pairs["pearson"].abs().to_numpy()
    assert np.isnan(sizes[3:]).all()
    assert (np.diff(sizes[:3]) <= 0).all()


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": [1.0, 2]}), pd.DataFrame({"t": ["x"]}), pd.DataFrame()])
def test_no_pair(frame):
    assert list(correlation_pairs(frame).columns) == COLUMNS
    assert correlation_pairs(frame).empty


def test_two_customers_correlate_nothing():
    assert correlation_pairs(pd.DataFrame({"a": [1.0, 2], "b": [2.0, 1]}))["pearson"].isna().all()
