"""Describe a table of one's own: read it, decide what its columns are for, try the decision, and draft the files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import counted
from customer_segmentation.secrets import allow
from customer_segmentation.settings.commands import InitSettings
from customer_segmentation.settings.data import ColumnType, DataSettings, Population, Role, Transactions
from customer_segmentation.sources.parsing.texts import fold

if TYPE_CHECKING:
    from customer_segmentation.data.table import CustomerTable
    from customer_segmentation.exploration.roles.column_guesses import Guess
    from customer_segmentation.exploration.roles.feature_choice import Choice
    from customer_segmentation.exploration.roles.questions import Question
    from customer_segmentation.exploration.roles.table_reading import TableReading
    from customer_segmentation.sources.base import Preview, TableSource

LOOKED_AT = 50_000  # rows of a bigger table by which its columns are guessed
MOST_CELLS = 8_000_000  # of a wide table fewer rows are looked at
FEWEST_LOOKED_AT = 1_000
COUNTED = 2_000_000  # rows of it in which repeated ids are counted

STAYING = "staying"  # population of those who have not left
_MOST_GONE = 0.6  # share of the customers that may have left; beyond that the column may mean something else

#: Answers a question with the header and the role of one of its options.
Ask = Callable[["Question"], tuple[str, str]]


@dataclass(frozen=True)
class TableDescription:
    """What was decided about a table.

    Attributes
    ----------
    reading : TableReading
    orders : Transactions or None
        Of an order table.
    choice : Choice or None
        Features, where a row is a customer.
    table : CustomerTable or None
        What the decision gives; of the rows looked at where ``looked`` is set, None for a big order table.
    files : dict of str to str
        Path in the current folder to text.
    looked : str
        Which rows of a big table were looked at.
    keep : str
        Population that the sweep keeps: "all" or "staying".
    left_by : str
        Header of the column that tells who has left, where they are not kept.
    kept_out : tuple of str
        "path" or "query", where it holds a password: no file keeps it.
    source : str
        Name of the table, with the sheet of a workbook that has several.
    """

    reading: TableReading
    orders: Transactions | None
    choice: Choice | None
    table: CustomerTable | None
    files: dict[str, str]
    looked: str
    keep: str = "all"
    left_by: str = ""
    kept_out: tuple[str, ...] = ()
    source: str = ""


def describe_table(settings: InitSettings, name: str, *, ask: Ask | None = None) -> TableDescription:
    """Decide what the columns of a table are for, and draft the files of its starter. Nothing is written.

    Parameters
    ----------
    settings : InitSettings
    name : str
        Of the files.
    ask : callable, optional
        Answers questions; without it what is not sure is taken as it seems.

    Raises
    ------
    SettingsError
        A given role, or what was said of an order table, fits nothing in the table.
    DataError
        The table cannot be read, or no distance between its customers can be made.
    """
    from customer_segmentation.config.starter_files import kept_out
    from customer_segmentation.data.other_rows import customer_rows
    from customer_segmentation.sources.base import READING
    from customer_segmentation.sources.open import open_source, refuse_unread

    data = replace(settings.data, source="file", columns={}, transactions=None, contract=None)
    source = open_source(replace(data, max_rows=sys.maxsize))
    allow(source.headers)
    refuse_unread(source, [key for key in READING if getattr(data, key) is not None])
    most = max(FEWEST_LOOKED_AT, min(LOOKED_AT, MOST_CELLS // max(len(source.headers), 1)))
    look = source.preview(most)
    if look.frame.empty:
        raise DataError(f"{source.name} has a header and no rows; expected a table of customers.")
    if not look.which:
        kept = customer_rows(look.frame, source.headers, decimal=source.decimal)
        look = look if kept.all() else replace(look, frame=look.frame[kept].reset_index(drop=True))
    reading = _read(settings, source, look, ask)
    orders = _orders(settings, reading, source.name)
    looked = f"guessed from {counted(len(look.frame), 'row')} of {source.name}, {look.which}" if look.which else ""
    if orders is not None:
        described = _describe_orders(settings, name, data, reading, orders, looked)
    else:
        described = _describe_customers(settings, name, data, reading, source, look, looked)
    return replace(described, kept_out=kept_out(settings.data), source=source.name)


def _read(settings: InitSettings, source: TableSource, look: Preview, ask: Ask | None) -> TableReading:
    """Read the columns; where somebody answers questions, again with the answers."""
    from customer_segmentation.exploration.roles.read_facts import rows_per_cell
    from customer_segmentation.exploration.roles.table_reading import may_name_rows, read_table
    from customer_segmentation.exploration.roles.vocabulary import Vocabulary

    roles = _roles(settings)
    vocabulary = Vocabulary(source.headers)
    # In a part of a table ids repeat less than in the whole.
    named = [at for at, header in enumerate(source.headers) if look.which and may_name_rows(header, vocabulary)]
    per_cell = {at: rows_per_cell(source.first_cells(at, COUNTED)) for at in named}

    guests = [] if settings.data.transactions is None else settings.data.transactions.guests
    said = {f"data.transactions.guests=[{name}]" for name in guests}

    def read() -> TableReading:
        found = read_table(
            look.frame,
            source.headers,
            decimal=source.decimal,
            rows_per_cell=per_cell,
            roles=roles,
            table=settings.table,
        )
        return replace(found, questions=tuple(one for one in found.questions if one.setting not in said))

    reading = read()
    answered: set[str] = set()
    while ask is not None:
        open_ = [one for one in reading.questions if one.column not in answered and one.column not in roles]
        if not open_:
            break
        question = open_[0]
        header, role = ask(question)
        answered.add(question.column)
        roles[header] = role
        if header != question.column and question.weight == 1:
            roles.setdefault(question.column, "numeric")
        reading = read()
    return reading


def _roles(settings: InitSettings) -> dict[str, str]:
    """Roles given on the command line, and the columns of an order table.

    Raises
    ------
    SettingsError
        A role is not given as HEADER=ROLE.
    """
    roles: dict[str, str] = {}
    for text in settings.roles:
        header, equals, word = text.rpartition("=")
        if not equals or not header.strip() or not word.strip():
            raise SettingsError(f"roles holds {text!r}; expected roles.HEADER=ROLE, such as roles.Total=value.")
        roles[header.strip()] = word.strip()
    return roles


def _orders(settings: InitSettings, reading: TableReading, source: str) -> Transactions | None:
    """Columns of an order table, the user's own before the guessed; None for a table with one row a customer.

    Raises
    ------
    DataError
        A column that orders need cannot be told.
    """
    given = settings.data.transactions or Transactions(customer="", date="", amount="")
    keys = ("customer", "date", "amount", "order", "quantity", "date_format")
    named = {key: getattr(given, key) for key in keys if getattr(given, key)}
    if settings.table == "customers":
        _refuse_orders(named, given, source)
        return None
    guessed = reading.orders.transactions() if reading.orders is not None else None
    asked = settings.table == "orders" or bool(named.keys() & {"customer", "date", "amount"})
    if reading.repeated and not asked:
        found = reading.orders_columns
        missing = [f"no {key}" for key in ("date", "amount") if not getattr(found, key, "")]
        raise DataError(
            f"{source} has several rows a customer ({reading.repeated} repeats) and {' and '.join(missing)} column "
            "by which they could be summed up; name them with data.transactions.date=HEADER and "
            "data.transactions.amount=HEADER, or give table=customers where a row is a customer."
        )
    if not asked and guessed is None:
        _refuse_orders(named, given, source)
        return None
    base = guessed or (
        reading.orders_columns.transactions()
        if reading.orders_columns
        else Transactions(customer="", date="", amount="")
    )
    if "amount" in named and "quantity" not in named:
        base = replace(base, quantity=None)
    orders = replace(base, **named, reference_date=given.reference_date, guests=given.guests)
    missing = [key for key in ("customer", "date", "amount") if not getattr(orders, key)]
    if missing:
        raise DataError(
            f"{source} shows no {missing[0]} column of an order table; name it with data.transactions.{missing[0]}="
            "HEADER, or give table=customers where a row is a customer."
        )
    return orders


def _refuse_orders(named: Mapping[str, str], given: Transactions, source: str) -> None:
    """Refuse what says how orders are summed up, where a row is a customer.

    Raises
    ------
    SettingsError
        Names the key.
    """
    said = [*named, *(key for key in ("reference_date", "guests") if getattr(given, key))]
    if said:
        raise SettingsError(
            f"data.transactions.{said[0]} is read of a table of orders, and each row of {source} is taken for a "
            "customer; give table=orders, or leave it out."
        )


def _describe_orders(
    settings: InitSettings, name: str, data: DataSettings, reading: TableReading, orders: Transactions, looked: str
) -> TableDescription:
    from customer_segmentation.config.contract_file import contract_columns
    from customer_segmentation.config.starter_files import order_files
    from customer_segmentation.data.load import load_customers

    data = replace(data, keep=data.keep or "all", transactions=orders, columns=dict(contract_columns("rfm", "{}")))
    table = None if looked else load_customers(data)
    customers = len(reading.guesses[0].usable) if table is None else len(table.customers)
    files = order_files(name, orders, settings.data, customers=customers)
    return TableDescription(reading, orders, None, table, files, looked)


def _describe_customers(
    settings: InitSettings,
    name: str,
    data: DataSettings,
    reading: TableReading,
    source: TableSource,
    look: Preview,
    looked: str,
) -> TableDescription:
    from customer_segmentation.config.starter_files import customer_files
    from customer_segmentation.data.load import load_customers, table_of
    from customer_segmentation.exploration.roles.date_columns import with_dates
    from customer_segmentation.exploration.roles.feature_choice import choose_features
    from customer_segmentation.sources.frame import FrameSource

    guesses, reference = with_dates(reading.guesses, data.reference_date)
    if data.reference_date is not None and reference is None:
        raise SettingsError(
            f"data.reference_date={data.reference_date} is read by columns of dates alone, and {source.name} shows "
            "none; leave it out."
        )
    reading = replace(reading, guesses=tuple(guesses))
    data = replace(data, reference_date=reference)
    choice = choose_features(guesses, max_rejected_share=data.max_rejected_share, impute=settings.impute)
    if not choice.numbers:
        reasons = "; ".join(f"{guess.header}: {guess.why}" for guess in guesses[:6])
        reasons = "; ".join(f"{header}: {why}" for header, why in list(choice.left_out.items())[:6]) or reasons
        raise DataError(
            f"{source.name} has no numeric column that varies and is filled, so that there is no distance between "
            f"its customers ({reasons}); add one, such as an amount, a count or a duration."
        )
    data = replace(data, columns={guess.header: guess.spec for guess in guesses if guess.spec is not None})
    if not settings.data.keep:
        data = replace(data, **({"keep": "all"} | _population(reading)))
    read = [guess.header for guess in (*choice.numbers, *choice.words)]
    needed = [header for header in read if header not in choice.imputed]
    blank = [header for header in read if header in choice.imputed]
    if look.which:
        seen = look.frame.set_axis(list(source.headers), axis=1)
        part = FrameSource(seen, name=source.name, decimal=source.decimal)
        table = table_of(part, data, needed=needed, blank=blank)
    else:
        table = load_customers(data, needed=needed, blank=blank)
    drafted = replace(settings.data, reference_date=reference, keep=data.keep, populations=data.populations)
    files = customer_files(name, guesses, choice, drafted, customers=len(table.customers))
    left_by = data.populations[data.keep].column if data.keep in data.populations else ""
    return TableDescription(reading, None, choice, table, files, looked, data.keep, left_by)


def _population(reading: TableReading) -> dict[str, Any]:
    """Keep those who have not left, where a column says so beyond doubt and they are not few."""
    unsure = {question.column for question in reading.questions}
    from customer_segmentation.exploration.roles.evidence import comes_back

    # "has left" says it; "is active: no" only where nothing else does
    for guess in sorted(reading.guesses, key=lambda guess: guess.spec is None or guess.spec.event_values == ["No"]):
        if guess.role is not Role.outcome or guess.spec is None or guess.facts is None or guess.header in unsure:
            continue
        gone = 0.0 if comes_back(guess.facts) else _share_gone(guess)  # who did not come again has not left
        if guess.spec.event_values and 0 < gone <= _MOST_GONE:
            left = Population(column=guess.header, exclude=list(guess.spec.event_values))
            return {"keep": STAYING, "populations": {STAYING: left}}
    return {}


def _share_gone(guess: Guess) -> float:
    """Share of the rows whose outcome is the event."""
    facts, spec = guess.facts, guess.spec
    if facts is None or spec is None:
        return 0.0
    if spec.type is ColumnType.yes_no:
        wanted = 1 if spec.event_values == ["Yes"] else 0
        events = facts.answers == wanted
    else:
        folded = {fold(value) for value in spec.event_values}
        events = np.array([fold(str(value)) in folded for value in facts.distinct])
    return float(np.append(events, False)[facts.codes].mean())
