"""What an address may hold that a file, a run or a model names: all else of it is for the user to say.

By parameters of an address drivers read files, load code, ask another host or send it credentials, each by its own and
by more with every version. So what is listed is what does none of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from customer_segmentation.secrets import is_secret

_POSTGRESQL = """sslmode connect_timeout application_name client_encoding keepalives keepalives_idle keepalives_interval
    keepalives_count tcp_user_timeout target_session_attrs channel_binding ssl_min_protocol_version"""
_MYSQL = """charset use_unicode collation compress connect_timeout connection_timeout read_timeout write_timeout
    ssl_mode ssl_check_hostname ssl_verify_cert ssl_verify_identity"""
_LISTED = {
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
    "redshift": _POSTGRESQL,
    "cockroachdb": _POSTGRESQL,
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "mssql": """driver encrypt trustservercertificate applicationintent multisubnetfailover timeout logintimeout
        connectretrycount connectretryinterval app charset tds_version""",
    "oracle": "service_name encoding nencoding tcp_connect_timeout retry_count retry_delay expire_time",
    "sqlite": "mode uri cache timeout immutable nolock",
    "duckdb": "access_mode threads memory_limit",
    "snowflake": "warehouse role",
    "databricks": "http_path catalog schema",
    "bigquery": "location",
    "s3": "region",
    "s3a": "region",
}
#: Parameters of an address that are read without its server being asked for another place; of other kinds none.
PARAMETERS: Mapping[str, frozenset[str]] = {kind: frozenset(names.split()) for kind, names in _LISTED.items()}

#: Of a parameter: a name, number or switch; no path, no address and no list of further parameters.
_VALUE = re.compile(r"[\w .:+-]*")
#: A driver by the name under which this system knows it.
_DRIVER = re.compile(r"[\w ()-]+(\.\d+)?")
_HTTP_PATH = re.compile(r"[\w./-]*")
_HOST = re.compile(r"[\w.-]*|[0-9A-Fa-f:.]+")
_DATABASE = re.compile(r"[\w .$/:-]*")
_OF_FILES = ("sqlite", "duckdb")

#: A host with one of these begins within the password: it would be asked for, and told in an error.
_OF_PASSWORDS = frozenset("@&?#")
NOT_ESCAPED = "it has no readable host; @ : / ? # & of a user or a password are written as %40 %3A %2F %3F %23 %26"


def beyond(kind: str, address: str, *, is_database: bool) -> str:
    """What an address holds beside scheme, host, port, database, user and harmless parameters; empty: nothing.

    Parameters
    ----------
    kind : of the address, its scheme without the driver
    address : the whole of it
    is_database : whether SQLAlchemy reads it

    Examples
    --------
    >>> beyond("mysql", "mysql://me@host/crm?charset=utf8mb4&read_default_file=my.cnf", is_database=True)
    'read_default_file'
    """
    if not is_database:
        asked = address.partition("?")[2].replace(";", "&")
        pairs: Iterator[tuple[str, Any]] = iter(parse_qsl(asked, keep_blank_values=True))
        return _first_beyond(kind, pairs)
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        read = make_url(address)
    except (ArgumentError, ValueError):  # what is no address is told where it is used
        return ""
    if further := _first_beyond(kind, iter(read.query.items())):
        return further
    if not _HOST.fullmatch(read.host or ""):
        return "that host"
    database = read.database or ""
    if kind in _OF_FILES:
        return "that database" if database.startswith(("md:", "motherduck:")) else ""
    if not _DATABASE.fullmatch(database):
        return "that database"
    # without one the driver logs in as the user of this machine
    return "no user" if kind == "mssql" and not read.username else ""


def not_escaped(host: str | None) -> bool:
    """Whether a host as SQLAlchemy reads it is part of a password with a sign that ends one.

    >>> not_escaped("word@crm"), not_escaped("crm.example"), not_escaped(None)
    (True, False, False)
    """
    return not _OF_PASSWORDS.isdisjoint(host or "") or is_secret(host or "")


def is_duckdb_without_file(address: str) -> bool:
    """Whether DuckDB opens no file for an address, so that its query names what is read.

    Examples
    --------
    >>> is_duckdb_without_file("duckdb:///:memory:"), is_duckdb_without_file("duckdb:///crm.duckdb")
    (True, False)
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    if not address.strip().lower().startswith("duckdb"):
        return False
    try:
        database = make_url(address.strip()).database or ""
    except (ArgumentError, ValueError):  # what is no address is told where it is used
        return False
    return not database or database.startswith((":", "md:", "motherduck:"))


def _first_beyond(kind: str, pairs: Iterator[tuple[str, Any]]) -> str:
    """The first parameter that is not listed, or whose value is more than a word."""
    for name, value in pairs:
        lower = name.lower()
        pattern = {"driver": _DRIVER, "http_path": _HTTP_PATH}.get(lower, _VALUE)
        if lower not in PARAMETERS.get(kind, ()) or not (isinstance(value, str) and pattern.fullmatch(value)):
            return name
    return ""
