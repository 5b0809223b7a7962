"""Of a Parquet file with more rows than memory is meant for, a sample is streamed."""

import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from customer_segmentation.data import repeated_ids
from customer_segmentation.data.load import load_customers
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Role
from customer_segmentation.sources.id_sample import sample_order
from customer_segmentation.sources.parquet import ParquetSource


def settings(path, at_most):
    columns = {
        "id": ColumnSpec(role=Role.id, type=ColumnType.text),
        "spend": ColumnSpec(role=Role.numeric, type=ColumnType.number, minimum=0.0),
    }
    return DataSettings(path=str(path), columns=columns, max_rows=at_most, max_rejected_share=0.5)


def table_of(rows):
    spend = np.arange(rows, dtype=float)
    spend[::10] = -1.0
    return pd.DataFrame({"id": [f"C{i}" for i in range(rows)], "spend": spend, "unused": "x"})


def test_a_sample_is_the_same_each_time_and_its_rows_keep_their_numbers(tmp_path):
    path = tmp_path / "big.parquet"
    frame = table_of(5_000)
    frame.to_parquet(path, row_group_size=700)
    first, second = (load_customers(settings(path, 1_000), needed=["spend"]) for _ in range(2))
    assert first.digest == second.digest
    assert first.rows_read == 1_000 == len(first.customers) + len(first.rejected)
    assert "5,000 rows" in first.source
    # Those rejected are told by their number in the file, and with the cells of that row.
    at = first.rejected["row"].to_numpy() - 2
    assert len(at) > 50
    assert first.rejected["id"].tolist() == frame["id"].iloc[at].tolist()
    assert (frame["spend"].iloc[at] == -1.0).all()


def test_order_and_parts_of_the_rows_change_nothing_of_a_sample(tmp_path):
    frame = table_of(5_000)
    frame.loc[4_000:4_199] = frame.loc[1_000:1_199].to_numpy()  # repeated exactly
    frame.loc[4_200:4_299, "id"] = frame.loc[1_200:1_299, "id"].to_numpy()  # with other values
    frame.to_parquet(tmp_path / "whole.parquet", row_group_size=700)
    (tmp_path / "parts").mkdir()
    for at, part in enumerate(np.array_split(np.random.default_rng(1).permutation(5_000), 3)):
        frame.iloc[part].to_parquet(tmp_path / "parts" / f"{at}.parquet", row_group_size=90)
    whole, parts = (
        load_customers(settings(tmp_path / name, 1_000), needed=["spend"]) for name in ("whole.parquet", "parts")
    )
    assert whole.duplicates > 10
    assert parts.digest == whole.digest
    assert parts.accounting() == whole.accounting()
    pd.testing.assert_frame_equal(parts.customers, whole.customers)
    assert sorted(parts.rejected["id"]) == sorted(whole.rejected["id"])


def test_ids_with_the_same_hash_come_in_the_order_of_the_alphabet_and_their_rows_in_that_of_the_source():
    hashes = np.array([7, 7, 1, 7, 9, 7], dtype=np.uint64)
    ids = pd.Series(["b", "a", "z", "b", "c", "a"])
    order = sample_order(hashes, np.array([5, 4, 3, 2, 1, 0]), lambda at: ids.iloc[at])
    assert order.tolist() == [2, 5, 1, 3, 0, 4]


def test_a_slow_reader_has_a_few_row_groups_in_memory_and_not_the_table(tmp_path):
    rows = 1_000_000
    pd.DataFrame({"spend": np.random.default_rng(0).random(rows)}).to_parquet(
        tmp_path / "big.parquet", row_group_size=20_000
    )
    source = ParquetSource([tmp_path / "big.parquet"], name="big.parquet")
    before = pa.total_allocated_bytes()
    tables = source.tables([0], size=50_000)
    count = next(tables).num_rows
    time.sleep(0.3)  # in which a scan that reads ahead has read all
    assert pa.total_allocated_bytes() - before < 0.3 * 8 * rows
    assert count + sum(table.num_rows for table in tables) == rows


def test_numbers_that_repeat_are_found_on_disk_as_in_memory(monkeypatch):
    generator = np.random.default_rng(0)
    numbers = generator.integers(0, 1 << 64, 40_000, dtype=np.uint64)
    numbers[:300] = numbers[-300:]
    numbers[300:310] = 0
    expected, counts = np.unique(numbers, return_counts=True)
    parts = [part.tobytes() for part in np.array_split(generator.permutation(numbers), 9)]
    for most in (1 << 20, 100):
        monkeypatch.setattr(repeated_ids, "_SPOOLED", most)
        assert repeated_ids.repeated_numbers(iter(parts)).tolist() == expected[counts > 1].tolist()
    assert not len(repeated_ids.repeated_numbers(iter([])))


def test_files_of_a_list_are_no_samples_as_nobody_would_say_so(tmp_path):
    for name, part in zip("ab", np.split(np.arange(2_000), 2), strict=True):
        table_of(2_000).iloc[part].to_parquet(tmp_path / f"{name}.parquet")
    asked = f"[{tmp_path}/a.parquet,{tmp_path}/b.parquet]"
    table = load_customers(settings(asked, 2_000), needed=["spend"])
    assert (table.rows_read, table.sampled_from) == (2_000, 0)
    with pytest.raises(SettingsError, match="2,000 rows, and all of them are read"):
        load_customers(settings(asked, 300), needed=["spend"])


def test_a_smaller_file_is_read_whole(tmp_path):
    path = tmp_path / "small.parquet"
    table_of(900).to_parquet(path)
    source = ParquetSource([path], name=path.name, at_most=900)
    assert source.name == "small.parquet"
    assert len(load_customers(settings(path, 900), needed=["spend"]).customers) == 810
