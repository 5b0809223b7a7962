import numpy as np
import pandas as pd
import pytest

from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role

COLUMNS = {
    "Plan": ColumnSpec(type=ColumnType.category, role=Role.categorical, values=["Basic", "Plus", "Pro"]),
    "Helped": ColumnSpec(type=ColumnType.yes_no, role=Role.categorical),
    "Visits": ColumnSpec(type=ColumnType.integer, role=Role.numeric, unit="visits"),
    "Spent": ColumnSpec(type=ColumnType.number, role=Role.value, unit="$"),
    "Left": ColumnSpec(type=ColumnType.category, role=Role.outcome, event_values=["Gone"]),
}


def draw(n: int, seed: int, *, gone: float = 0.2, missing: float = 0.05) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    plan = pd.Series(rng.choice(["Basic", "Plus", "Pro"], n, p=[0.5, 0.3, 0.2]), dtype="str")
    frame = pd.DataFrame(
        {
            "Plan": plan.mask(rng.random(n) < missing),
            "Helped": pd.array(rng.random(n) < 0.4, dtype="boolean"),
            "Visits": rng.poisson(4, n).astype(float),
            "Spent": rng.gamma(2, 300, n).round(2),
            "Left": pd.Series(np.where(rng.random(n) < gone, "Gone", "Here"), dtype="str"),
        }
    )
    frame.loc[rng.random(n) < missing, "Visits"] = np.nan
    frame.loc[rng.random(n) < missing, "Helped"] = pd.NA
    return frame


@pytest.fixture
def columns():
    return COLUMNS


@pytest.fixture
def customers():
    return draw(600, 1)


@pytest.fixture
def others():
    return draw(150, 2, gone=1.0)


@pytest.fixture
def labels(customers):
    spent = customers["Spent"].to_numpy()
    order = np.argsort(-np.bincount(np.digitize(spent, [300, 700, 1500])))
    return np.argsort(order)[np.digitize(spent, [300, 700, 1500])]
