"""``segment init``: a commented starter for one's own table, and the one command that runs it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from customer_segmentation.config.compose import plan
from customer_segmentation.config.contract_file import contract_columns
from customer_segmentation.config.paths import shipped_root
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.commands import InitSettings
from customer_segmentation.settings.data import Transactions

if TYPE_CHECKING:
    import pandas as pd

    from customer_segmentation.explore.roles.column_guesses import Guess

LOOKED_AT = 50_000  # rows of a bigger table by which its columns are guessed
COUNTED = 2_000_000  # rows of it in which repeated ids are counted
TABLES = ("auto", "customers", "orders")
HELP = """\
segment init: describe a table of your own, so that every command can work with it.

Usage: segment init data.path=FILE [key=value ...]

Reads the table (of a bigger one 50,000 rows), guesses what each column is for, and writes commented files into
the current folder: conf/contract, conf/data, conf/features, conf/yardstick, conf/exploration and experiments, all
under one name.
Check the guesses, above all the roles, then run the command that it prints.

  data.path=FILE                  CSV, Parquet or Excel, packed or not; or a database URL with data.query
  name=NAME                       of the files; default: made from the name of the table
  table=customers | orders        one row a customer, or orders to be summed up; default: found out
  data.transactions.customer=HEADER   data.transactions.date=HEADER   data.transactions.amount=HEADER
                                  the columns of an order table, where the guess is wrong; also .order, .date_format
  data.delimiter=;   data.encoding=cp1252   data.decimal=,   data.sheet=NAME
                                  where the file does not speak for itself
  force=true                      overwrite the files of an earlier init

Examples:
  segment init data.path=members.csv
  segment init data.path=orders.xlsx name=shop"""

#: Words that YAML or Hydra would read as something else than a name.
_RESERVED = frozenset(["null", "none", "true", "false", "yes", "no", "on", "off", "nan", "inf", "y", "n"])
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        print(HELP)
        return 0
    if any(word.startswith("data=") for word in arguments):
        raise SettingsError("segment init describes a file; give data.path=FILE instead of data=NAME.")
    settings: InitSettings = plan("init", arguments).settings[0]
    if settings.table not in TABLES:
        raise SettingsError(f"table={settings.table}: expected one of {', '.join(TABLES)}.")
    if not settings.data.path:
        raise SettingsError("data.path is missing; name the table to describe, as in segment init data.path=FILE.")
    name = _name(settings)
    _describe(settings, name)
    return 0


def _describe(settings: InitSettings, name: str) -> None:
    """Read, guess, try the guess on the table or on what was looked at, write and tell."""
    from customer_segmentation.config.starter_files import customer_files, kept_out, order_files
    from customer_segmentation.console import onboarding as init_summary
    from customer_segmentation.data.load import load_customers, table_of
    from customer_segmentation.explore.roles.column_guesses import guess_columns, may_name_rows
    from customer_segmentation.explore.roles.feature_choice import choose_features
    from customer_segmentation.explore.roles.order_table import order_columns
    from customer_segmentation.sources.frame import FrameSource
    from customer_segmentation.sources.open import open_source

    data = replace(settings.data, source="file", columns={}, transactions=None, contract=None)
    source = open_source(replace(data, max_rows=sys.maxsize))
    look = source.look(LOOKED_AT)
    cells = look.frame
    if cells.empty:
        raise DataError(f"{source.name} has a header and no rows; expected a table of customers.")
    # In a part of a table ids repeat less than in the whole.
    named = [at for at, header in enumerate(source.headers) if look.which and may_name_rows(header)]
    rows_per_cell = {at: _rows_per_cell(source.first(at, COUNTED)) for at in named}
    guesses = guess_columns(cells, source.headers, decimal=source.decimal, rows_per_cell=rows_per_cell)
    orders = _orders(settings, order_columns(guesses), source.name)
    table = None
    if orders is not None:
        data = replace(data, transactions=orders, columns=dict(contract_columns("rfm", "{}")))
        table = None if look.which else load_customers(data)
        files = order_files(
            name, orders, settings.data, customers=len(cells) if table is None else len(table.customers)
        )
    else:
        _refuse_repeated(guesses, settings, source.name)
        choice = choose_features(guesses, max_rejected_share=data.max_rejected_share)
        if not choice.numbers:
            reasons = "; ".join(f"{guess.header}: {guess.why}" for guess in guesses[:6])
            reasons = "; ".join(f"{header}: {why}" for header, why in list(choice.left_out.items())[:6]) or reasons
            raise DataError(
                f"{source.name} has no numeric column that varies and is filled, so that there is no distance between "
                f"its customers ({reasons}); add one, such as an amount, a count or a duration."
            )
        data = replace(data, columns={guess.header: guess.spec for guess in guesses if guess.spec is not None})
        needed = [guess.header for guess in (*choice.numbers, *choice.words)]
        if look.which:
            part = FrameSource(cells.set_axis(list(source.headers), axis=1), name=source.name)
            part.decimal = source.decimal
            table = table_of(part, data, needed=needed)
        else:
            table = load_customers(data, needed=needed)
        files = customer_files(name, guesses, choice, settings.data, customers=len(table.customers))
    _write(files, force=settings.force)
    further = "" if kept_out(settings.data.path) is None else " data.path=ADDRESS"
    looked = f"guessed from {len(cells):,} rows of {source.name}, {look.which}" if look.which else ""
    init_summary.print_summary(guesses, orders, table, files, command=f"experiments={name}{further}", looked=looked)


def _rows_per_cell(cells: pd.Series) -> float:
    """How many rows have the same cell, on average over the cells."""
    return float(cells.notna().sum()) / max(cells.nunique(), 1)


def _orders(settings: InitSettings, guessed: Transactions | None, source: str) -> Transactions | None:
    """Columns of an order table, the user's own before the guessed; None for a table with one row a customer."""
    given = settings.data.transactions or Transactions()
    named = {key: getattr(given, key) for key in ("customer", "date", "amount", "order", "date_format")}
    named = {key: value for key, value in named.items() if value}
    reference = given.reference_date
    if settings.table == "customers":
        return None
    asked = settings.table == "orders" or bool(named.keys() & {"customer", "date", "amount"})
    if not asked and (guessed is None or not guessed.date or not guessed.amount):
        return None
    base = guessed or Transactions(customer="", date="", amount="")
    orders = replace(base, **named, reference_date=reference)
    missing = [key for key in ("customer", "date", "amount") if not getattr(orders, key)]
    if missing:
        raise DataError(
            f"{source} shows no {missing[0]} column of an order table; name it with data.transactions.{missing[0]}="
            "HEADER, or give table=customers where a row is a customer."
        )
    return orders


def _refuse_repeated(guesses: Sequence[Guess], settings: InitSettings, source: str) -> None:
    """Refuse a table in which customers repeat, unless the user says that a row is a customer."""
    from customer_segmentation.explore.roles.order_table import order_columns

    repeated = order_columns(guesses)
    if repeated is None or settings.table == "customers":
        return
    missing = [f"no {key}" for key in ("date", "amount") if not getattr(repeated, key)]
    raise DataError(
        f"{source} has several rows a customer ({repeated.customer} repeats) and {' and '.join(missing)} column "
        "by which they could be summed up; name them with data.transactions.date=HEADER and "
        "data.transactions.amount=HEADER, or give table=customers where a row is a customer."
    )


def _name(settings: InitSettings) -> str:
    """Name of the files: the one that is given, else made from the table's; never one of a shipped file."""
    from customer_segmentation.explore.roles.header_vocabulary import slug

    shipped = {path.stem for top in ("conf", "experiments") for path in (shipped_root() / top).rglob("*.yaml")}
    if settings.name is not None:
        name = settings.name
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise SettingsError(
                f"name={name}: expected small letters, digits and underscores, a letter first, such as "
                f"name={_safe(slug(name))}."
            )
        if name in shipped and Path.cwd().resolve() != shipped_root().resolve():
            raise SettingsError(
                f"name={name} is the name of a shipped config; choose another, such as name={name}_own."
            )
        return name
    path = str(settings.data.path)
    name = (path.split("?")[0] if "://" in path else path).rstrip("/").replace("\\", "/").rpartition("/")[2]
    while (stem := re.sub(r"\.(csv|tsv|txt|dat|xlsx?|xlsm|ods|parquet|pq|gz|bz2|xz|zip|zst|db|sqlite3?)$", "", name,
                          flags=re.IGNORECASE)) != name:  # fmt: skip
        name = stem
    name = _safe(slug(name))
    return f"{name}_own" if name in shipped else name


def _safe(name: str) -> str:
    """Make a slug a name that YAML and Hydra take for one."""
    if not name:
        return "customers"
    return name if _NAME.fullmatch(name) and name not in _RESERVED else f"table_{name}"


def _write(files: dict[str, str], *, force: bool) -> None:
    """Write all files or none.

    Raises
    ------
    SettingsError
        One of them exists and ``force`` is not set, or the folder cannot be written.
    """
    existing = [path for path in files if os.path.lexists(path)]
    if existing and not force:
        what = f"{existing[0]} and {len(existing) - 1} more exist" if existing[1:] else f"{existing[0]} exists"
        raise SettingsError(
            f"{what} already and nothing was written; give force=true to overwrite, or another name=NAME."
        )
    written: list[Path] = []
    try:
        for path, text in files.items():
            file = Path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                written.append(file)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        for file in written:
            file.unlink(missing_ok=True)
        raise SettingsError(
            f"{error.filename or 'the current folder'} cannot be written ({error.strerror}); run the command in a "
            "folder of your own."
        ) from error
