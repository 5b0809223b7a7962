"""A DuckDB database is read, and nothing beside it."""

import shutil

import duckdb
import pytest

from customer_segmentation.errors import DataError
from customer_segmentation.sources.sql import SqlSource

pytest.importorskip("duckdb_engine", reason="SQLAlchemy reads DuckDB with a package of its own")


@pytest.mark.parametrize("query", ["SELECT * FROM planted", "SELECT * FROM read_text('FILE')", "FILE"])
def test_neither_a_view_nor_a_query_reads_another_file(query, tmp_path):
    file = tmp_path / "secret.csv"
    file.write_text("word\nplanted-1\n")
    with duckdb.connect(tmp_path / "crm.duckdb") as connection:
        connection.execute("CREATE TABLE customers AS SELECT 1 AS id")
        connection.execute(f"CREATE VIEW planted AS SELECT * FROM read_csv('{file}')")
    address = f"duckdb:///{tmp_path / 'crm.duckdb'}"
    assert SqlSource(address, "SELECT * FROM customers").headers == ("id",)
    query = f"SELECT * FROM '{file}'" if query == "FILE" else query.replace("FILE", str(file))
    with pytest.raises(DataError, match="disabled by configuration"):
        SqlSource(address, query)
    copy = shutil.copy(tmp_path / "crm.duckdb", tmp_path / "other.duckdb")
    assert SqlSource(f"duckdb:///{copy}?enable_external_access=true", query).headers  # the user's own word
