"""What a query may be: one SELECT, however a database reads its texts and comments."""

import pytest

from customer_segmentation.errors import SettingsError
from customer_segmentation.sources.sql import check_query

HIDING = [
    r"SELECT E'\''; COMMIT; DROP TABLE x; --'",
    "SELECT $$ ' $$; COMMIT; DROP TABLE x; --'",
    "SELECT $a$ ' $a$; DROP TABLE x; SELECT $a$ ' $a$",
    "SELECT 1 /* /* */ ' */; DROP TABLE x; --'",
    "SELECT 1 # '\n; DROP TABLE x; # '",
    "SELECT 1--1; DROP TABLE x",
    r"""SELECT "a\"; DROP TABLE x; SELECT "a" """,
]


@pytest.mark.parametrize("query", HIDING)
@pytest.mark.parametrize("kind", ["postgresql", "duckdb", "mysql", "oracle"])
def test_a_statement_is_not_hidden_by_signs_that_databases_read_in_different_ways(query, kind):
    with pytest.raises(SettingsError, match="several statements"):
        check_query(query, kind=kind)


@pytest.mark.parametrize(
    "query", ["SELECT 1 AS a DROP TABLE x", "SELECT 1 AS a EXEC xp_cmdshell 'id'", "SELECT * INTO y FROM x",
              "SELECT 1 COMMIT DELETE x"],
)  # fmt: skip
def test_what_needs_no_semicolon_before_it_is_refused_where_it_needs_none(query):
    with pytest.raises(SettingsError, match="changes nothing"):
        check_query(query, kind="mssql")


@pytest.mark.parametrize("kind", ["postgresql", "mssql", "sqlite"])
@pytest.mark.parametrize(
    "query", ["SELECT 'a;b' AS a, [drop] FROM x;", "SELECT * FROM x -- all of them", r"SELECT * FROM x WHERE a = '\d'"]
)
def test_a_query_that_reads_is_taken(query, kind):
    check_query(query, kind=kind)


def test_no_file_is_written_where_a_database_runs():
    with pytest.raises(SettingsError, match="INTO OUTFILE"):
        check_query("SELECT * INTO OUTFILE '/tmp/x' FROM x", kind="mysql")
