"""The schema of a playbook: which traits are told of a segment, how it is named, and what is done about it."""

from dataclasses import dataclass, field

#: What a recommendation may put at stake: what its customers bring a period, or the part of it that belongs to as many
#: of them as the outcome takes.
STAKES = ("none", "value", "outcome")


@dataclass
class TraitSettings:
    """One trait: a column, or the table's own value or outcome, and how far a segment must be from all customers.

    A number is measured in standard deviations of all customers, a share as a difference (0.1: ten points). A trait
    holds when all its conditions do, and when the 95 % interval of the difference excludes zero.
    """

    words: str = ""  # how it is said in a name made of traits
    role: str | None = None  # value or outcome: the column of that role, whatever its name
    column: str | None = None  # or a column by its name in the contract
    level: str | None = None  # of a category: the value whose share counts; of yes/no columns not needed
    above: float | None = None  # at least so far above all customers
    below: float | None = None  # at least so far below them, as a positive number
    times: float | None = None  # beside above or below: so many times the mean of all (below: that part of it) will do
    at_least: float | None = None  # the segment's mean or share itself
    at_most: float | None = None


@dataclass
class NameSettings:
    """A name, and the traits that a segment must have to bear it."""

    name: str = ""
    when: list[str] = field(default_factory=list)
    unless: list[str] = field(default_factory=list)


@dataclass
class ActionSettings:
    """What to do about segments with certain traits."""

    do: str = ""
    when: list[str] = field(default_factory=list)
    unless: list[str] = field(default_factory=list)
    because: list[str] = field(default_factory=list)  # traits whose figures are given; empty: all of `when`
    only: dict[str, str] = field(default_factory=dict)  # column -> value: the customers of the segment it is for
    at_stake: str = "none"  # none | value | outcome


@dataclass
class PlaybookSettings:
    """One file of ``conf/playbook/``."""

    about: str = ""  # what it is, in a line for people
    traits: dict[str, TraitSettings] = field(default_factory=dict)
    names: list[NameSettings] = field(default_factory=list)  # the first whose traits hold is taken
    actions: dict[str, ActionSettings] = field(default_factory=dict)  # the most urgent first
    most_actions: int = 3  # for one segment
    # Column of what a customer brings a month or year, by which money at stake is counted; null: the column of role
    # value or the only one whose unit is money per period ($/month, €/year).
    recurring: str | None = None
    # A clustering feature that no trait covers: told when so far from all customers (standard
    # deviations of a number; 0.4 of it as a difference of shares).
    plain: float = 0.5
    # A segment keeps its name in a refit while what the name says reaches this part of its threshold (1: all of it).
    lasting: float = 0.5
