"""What a customer table is: where it comes from, what its columns mean, which customers are kept."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from customer_segmentation.secrets import HidesSecrets
from customer_segmentation.settings.limits import limited

#: Why a command on a run reads no more of `data` than where its table is.
AS_THE_RUN = "a run's table is read as the run says, and data.path alone is taken, where it is now"


class ColumnType(Enum):
    """How the cells of a column are read."""

    text = "text"
    category = "category"
    yes_no = "yes_no"
    integer = "integer"
    number = "number"
    date = "date"  # a day; features count from it


class Role(Enum):
    """What a column is for. Everything downstream asks for roles, never for the columns of one table."""

    id = "id"  # names the customer; unique
    value = "value"  # what "high value" is measured by, in the unit of the column
    numeric = "numeric"
    categorical = "categorical"
    outcome = "outcome"  # what became of the customer (churn): for profiles, never for clustering
    ignore = "ignore"


@dataclass
class Repair:
    """A known error of the source and how it is corrected: cells below ``below`` become the value of ``using``."""

    below: float = 0.0  # cells below this are wrong
    using: Any = None  # an expression over other columns, e.g. {ratio: [Total Charges, Tenure in Months]}


@dataclass
class ColumnSpec:
    """The contract of one column; its canonical name is the key under which it stands in the config."""

    type: ColumnType = ColumnType.text  # how its cells are read
    role: Role = Role.ignore  # what it is for
    unit: str = ""  # as figures and tables write it: $, months, €/year
    about: str = ""  # what it means, in a line for people
    fill: Any = None  # what an empty cell means, as a value; null: an empty cell is a missing value
    na_values: list[str] = field(default_factory=list)  # further spellings of an empty cell, e.g. "No internet service"
    minimum: float | None = None  # a row with a number below it is rejected
    maximum: float | None = None  # a row with a number above it is rejected
    values: list[str] = field(default_factory=list)  # of a category: the only ones allowed, when given
    synonyms: list[str] = field(default_factory=list)  # other headers under which the column is found
    repair: Repair | None = None  # a known error and its correction
    event_values: list[str] = field(default_factory=list)  # of an outcome: the values that count as the event
    event: str = ""  # of an outcome: what the event is called, such as churn, so that its share is the churn rate
    within: str = ""  # of an outcome: the time over which it was observed, such as quarter; it stands beside every rate
    date_format: str | None = None  # of a date, as of strptime, such as %d/%m/%Y; null: what is clear by itself
    future: bool = False  # of a date: it may lie after the reference date, such as the end of a contract
    reference_date: str | None = limited(
        None, date=True
    )  # of a date: YYYY-MM-DD from which days count; null: data.reference_date


@dataclass
class FeaturesSettings:
    """One file of ``conf/features/``: the columns, derived where needed, that describe a customer."""

    about: str = ""  # what it is, in a line for people
    # feature name -> {one operation of the grammar, unit, about}; a bare string is a column's name
    columns: dict[str, Any] = field(default_factory=dict)
    # column -> what stands in its blank cells: the median | mean | most_frequent of the customers of the fit. Without
    # it a customer with a blank there is rejected.
    impute: dict[str, str] = field(default_factory=dict)


@dataclass
class Population:
    """Which customers are kept: those whose ``column`` is not one of ``exclude``."""

    column: str = ""  # that tells them apart
    exclude: list[str] = field(default_factory=list)  # its values whose customers are not kept


@dataclass
class Download:
    """Where a public table is published, and how a copy is recognised."""

    url: str = ""  # of the file; with an address, data.path may be left out
    sha256: str = ""  # of the table itself, inside the archive where it comes in one
    member: str = ""  # the table inside a zip archive
    page: str = ""  # where a person finds the table


@dataclass
class Transactions:
    """How an order table becomes one row a customer: its columns, by their headers."""

    customer: str = "Customer ID"  # who ordered
    date: str = "Order Date"  # of the order
    amount: str = "Amount"  # below 0: a return
    quantity: str | None = None  # pieces: where it is given, the amount is the price of one of them
    order: str | None = None  # number of the order, where a row is a line of one; null: every row is an order
    guests: list[str] = field(
        default_factory=list
    )  # ids that stand for no customer, such as [0]; a blank one never does
    reference_date: str | None = None  # YYYY-MM-DD, from which recency and tenure count; null: the last date
    date_format: str | None = None  # as of strptime, such as %d/%m/%Y; null: found out


@dataclass(repr=False)
class DataSettings(HidesSecrets):
    """One file of ``conf/data/``."""

    about: str = ""  # what it is, in a line for people
    source: str = "file"  # sample | file | orders
    # A file, a folder, a pattern (sales/*.csv), several as [jan.csv,feb.csv], https:// s3:// gs:// abfs://, a database.
    path: str | None = None
    download: Download | None = None  # where the table is fetched from when no path is given
    customers: int = limited(7043, at_least=1)  # size of the built-in samples
    seed: int = limited(2022, at_least=0)  # of the built-in samples
    keep: str = "all"  # "all" or a name of `populations`
    populations: dict[str, Population] = field(default_factory=dict)  # name -> which customers it keeps
    # Name of a file of conf/contract/: what the columns mean. It is read once a command, apart from Hydra, which would
    # compose it again for every study.
    contract: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)  # ColumnSpec by name; a config's own go over the contract's
    # YYYY-MM-DD: the day on which the table was drawn, from which its dates count
    reference_date: str | None = limited(None, date=True)
    transactions: Transactions | None = None  # the table holds orders, to be summed up to customers
    # Decision -> the file, or files, that go with this table (features, yardstick, exploration, scaling, ...). They are
    # taken where neither the command line nor a preset names others.
    choices: dict[str, Any] = field(default_factory=dict)
    # Rows of a Parquet file that are read at most; of more a seeded sample, streamed, so that memory is bounded.
    max_rows: int = limited(2_000_000, at_least=1)
    # refuse the table when more than this share of its rows is rejected
    max_rejected_share: float = limited(0.05, at_least=0, at_most=1)
    delimiter: str | None = None  # between the cells of a text; null: found out
    encoding: str | None = None  # of a text, such as utf-8 or cp1252; null: found out
    decimal: str | None = None  # "." or "," of numbers in a text; null: found out
    sheet: str | None = None  # of a workbook; several that make up one table as [Jan,Feb]
    query: str | None = None  # with `path` an SQLAlchemy URL; with engine=spark, of its catalog
    table: str | None = None  # with engine=spark: a table of its catalog, such as main.crm.customers
