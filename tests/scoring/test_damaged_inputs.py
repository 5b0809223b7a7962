"""No row is lost, whatever a file looks like: rows in = rows scored + rows rejected, in order and with their ids."""

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

# tests are imported one by one, without a package around them
spec = importlib.util.spec_from_file_location("damaged", Path(__file__).with_name("damaged.py"))
damaged = importlib.util.module_from_spec(spec)
sys.modules["damaged"] = damaged
spec.loader.exec_module(damaged)

NAMES = list(
    damaged.damaged_files(
        pd.DataFrame(
            "1",
            index=range(800),
            columns=[*"ABCD", damaged.REVENUE, damaged.TENURE, damaged.REFERRALS, "Contract", "City", "Customer ID"],
        )
    )
)


def test_there_are_forty():
    assert len(NAMES) >= 40


@pytest.fixture(scope="module")
def files(raw):
    return damaged.damaged_files(raw)


@pytest.fixture(scope="module")
def expected(model, raw):
    return model.predict(raw).table["segment"].to_numpy()


@pytest.mark.parametrize("name", NAMES)
def test_rows_in_are_rows_scored_and_rows_rejected(name, files, raw, expected, score_file, tmp_path):
    case = files[name]
    path = tmp_path / case.name
    path.write_bytes(case.content)
    found = score_file(path)
    done = found.done
    assert done.rows == case.rows == done.scored + done.rejected
    assert len(found.labels) == done.scored
    assert len(found.rejects) == done.rejected
    if done.rejected:
        assert found.rejects["reason"].astype(str).str.len().gt(0).all()
        assert found.rejects["row"].is_monotonic_increasing
        assert sum(done.reasons.values()) == done.rejected
    if case.rejected is None:
        return
    ids = raw["Customer ID"]
    if "spreadsheet" in name:
        ids = "=" + ids  # tables are joined by them
    kept = [at for at in range(len(raw)) if at not in set(case.rejected)]
    if name == "a row twice":
        kept.append(0)
    assert found.labels["Customer ID"].tolist() == ids.iloc[kept].tolist()
    assert found.labels["segment"].tolist() == expected[kept].tolist()
    assert done.rejected == len(case.rejected)


@pytest.mark.parametrize("name", ["as it is", "NULL", "cells missing", "quotes, commas and line breaks in cells"])
def test_every_column_comes_along_where_it_is_asked_for(name, files, raw, score_file, tmp_path):
    case = files[name]
    path = tmp_path / case.name
    path.write_bytes(case.content)
    narrow = score_file(path)
    found = score_file(path, columns="all", output="all.csv")
    assert found.done.rows == case.rows
    assert found.labels["segment"].tolist() == narrow.labels["segment"].tolist()
    kept = [at for at in range(len(raw)) if at not in set(case.rejected)]
    assert list(found.labels) == [*raw, "segment", "segment_name", "distance", "margin"]
    assert found.labels["Offer"].tolist() == raw["Offer"].iloc[kept].tolist()
    assert sorted(found.rejects["row"]) == sorted(narrow.rejects["row"]) if len(narrow.rejects) else True
