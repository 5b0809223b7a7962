"""How often `segment init` takes a column of a stranger's table for what it is, and asks where it is not sure.

    python benchmarks/roles.py --seed 2026 --tables 120 --write
    python benchmarks/roles.py --seed 11 --tables 40 --wrong

Made-up tables of twenty trades in eight languages (`roles_data.py`), each written as CSV and described as the command
does it. A role is right if it is the one that the table was drawn with. Money is the column that tells what a customer
is worth, or what an order brought (where a table has only quantity and price: these two); the key names the customer.
``TUNING_SEEDS`` were looked at while the rules were made and may not be reported.
"""

import argparse
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

from readme import write_part
from rich.console import Console
from roles_data import LANGUAGES, TRADES, KnownTable, draw_table
from scipy.stats import binomtest

from customer_segmentation.errors import DataError
from customer_segmentation.settings.commands import InitSettings
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.workflows.describe_table import describe_table

TUNING_SEEDS = (11, 12, 13, 14)
_TAKEN = {"categorical": "words"}


@dataclass(frozen=True)
class Answer:
    """What was made of one table.

    Attributes
    ----------
    taken : dict of str to str
        Header to the role that was taken; empty where the table was refused.
    asked : frozenset of str
        Headers that a question is about.
    asked_key, asked_money : bool
        Whether a question is about the key, or about money.
    refused : str
        The sentence with which the table was refused.
    """

    taken: dict[str, str]
    asked: frozenset[str]
    asked_key: bool
    asked_money: bool
    refused: str = ""


def describe(table: KnownTable, folder: Path) -> Answer:
    """Write a table as CSV and describe it."""
    path = folder / "table.csv"
    table.frame.to_csv(path, index=False, sep=";" if table.language != "en" else ",")
    try:
        found = describe_table(InitSettings(data=DataSettings(path=str(path), keep="")), "table")
    except DataError as error:
        return Answer({}, frozenset(), False, False, str(error))
    questions = found.reading.questions
    asked = frozenset(header for one in questions for header in (one.column, *(option[0] for option in one.options)))
    if found.orders is not None:
        orders = found.orders
        named = {orders.customer: "id", orders.date: "date", orders.amount: "price" if orders.quantity else "value"}
        named |= {header: role for header, role in ((orders.order, "order"), (orders.quantity, "quantity")) if header}
        taken = {guess.header: named.get(guess.header, "ignore") for guess in found.reading.guesses}
    else:
        taken = {guess.header: _TAKEN.get(guess.role.value, guess.role.value) for guess in found.reading.guesses}
    return Answer(taken, asked, any(one.weight == 0 for one in questions), any(one.weight == 1 for one in questions))


def columns_of(roles: dict[str, str], *names: str) -> set[str]:
    """Headers that have one of the roles."""
    return {header for header, role in roles.items() if role in names}


def truth_of(table: KnownTable) -> dict[str, str]:
    """Roles as they are to be taken: beside an amount, quantity and price of a line are not needed."""
    roles = dict(table.roles)
    if table.kind == "orders" and "value" in roles.values():
        roles = {header: "ignore" if role in ("quantity", "price") else role for header, role in roles.items()}
    return roles


def main() -> None:
    """Describe all tables and print how often it was right."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--tables", type=int, default=120)
    parser.add_argument("--wrong", action="store_true", help="print every role that was not right")
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    given = parser.parse_args()
    if given.write and given.seed in TUNING_SEEDS:
        parser.error(f"seed {given.seed} was used for tuning")
    counts: Counter[str] = Counter()
    by_language: Counter[tuple[str, bool]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.tables):
            table = draw_table(number, given.seed)
            answer, truth = describe(table, Path(folder)), truth_of(table)
            counts["tables"] += 1
            counts["refused"] += bool(answer.refused)
            for what, names, asked in (
                ("key", ("id",), answer.asked_key),
                ("money", ("value", "price", "quantity"), answer.asked_money),
            ):
                right = not answer.refused and columns_of(answer.taken, *names) == columns_of(truth, *names)
                counts[f"{what} right"] += right
                counts[f"{what} right or asked"] += right or asked or bool(answer.refused)
                counts[f"{what} asked"] += asked
                if given.wrong and not right:
                    print(f"{table.name}: {what} {'asked' if asked else 'SILENT'}: {answer.refused or ''}")
            for header, role in truth.items():
                right = answer.taken.get(header) == role
                counts["columns"] += 1
                counts["roles right"] += right
                by_language[table.language, right] += 1
                counts["wrong"] += not right
                counts["wrong and asked"] += not right and (header in answer.asked or bool(answer.refused))
                counts["columns asked"] += header in answer.asked
                if given.wrong and not right:
                    print(f"{table.name}: {header!r} is {role}, taken as {answer.taken.get(header)}", end="")
                    print(", asked" if header in answer.asked else "")
    text = _table(counts, by_language, given.seed)
    Console(highlight=False).print(text)
    if given.write:
        write_part("roles", text)


def _table(counts: Counter[str], by_language: Counter[tuple[str, bool]], seed: int) -> str:
    lines = [
        (
            f"{counts['tables']} tables of {len(TRADES)} trades in {len(LANGUAGES)} languages, {counts['columns']:,} "
            f"columns, seed {seed}; {counts['refused']} tables refused with a request for the amount or the date."
        ),
        "",
        "| what | right | share | Wilson interval, 95 % |",
        "|---|---|---|---|",
    ]
    for what, of in (
        ("roles right", "columns"),
        ("key right", "tables"),
        ("key right or asked", "tables"),
        ("money right", "tables"),
        ("money right or asked", "tables"),
        ("wrong and asked", "wrong"),
        ("columns asked", "columns"),
    ):
        lines.append(_line(what, counts[what], counts[of]))
    for language in LANGUAGES:
        right, wrong = by_language[language, True], by_language[language, False]
        lines.append(_line(f"roles right, {language}", right, right + wrong))
    return "\n".join(lines)


def _line(what: str, count: int, of: int) -> str:
    if not of:
        return f"| {what} | 0 of 0 | | |"
    low, high = binomtest(count, of).proportion_ci(method="wilson")
    return f"| {what} | {count:,} of {of:,} | {count / of:.3f} | {low:.3f} to {high:.3f} |"


if __name__ == "__main__":
    main()
