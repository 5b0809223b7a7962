"""``segment init``: a commented starter for one's own table, and the one command that runs it."""

from __future__ import annotations

from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.config.starter_names import files_name, write_files
from customer_segmentation.console.help import help_page
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.formatting import counted


def run(request: Request) -> int:
    """Describe the table, write the files, tell.

    Raises
    ------
    SettingsError
        No table was named, or its files cannot be written.
    DataError
        The table cannot be read; or a question is open and ``strict`` forbids to take the likely answer.
    """
    settings = request.settings
    if not settings.data.path:
        raise SettingsError("data.path is missing; name the table to describe, as in segment init data.path=FILE.")
    from customer_segmentation.console.onboarding import asker, print_described, print_roles
    from customer_segmentation.workflows.describe_table import describe_table

    name = files_name(settings)
    described = describe_table(settings, name, ask=None if settings.strict else asker())
    unsure = len(described.reading.questions)
    if settings.strict and unsure:
        print_roles(described)
        raise DataError(
            f"{counted(unsure, 'question is', 'questions are')} open and strict=true: nothing was written; "
            "answer with roles.HEADER=ROLE."
        )
    write_files(described.files, force=settings.force)
    print_described(described, name)
    return 0


SPEC = CommandSpec(
    name="init",
    place=80,
    summary="write a commented starter for a table of your own",
    takes_one="one table is described at a time",
    run=run,
    help=partial(
        help_page,
        [
            "segment init: describe a table of your own, so that every command can work with it.",
            "Usage: segment init data.path=FILE [key=value ...]",
            (
                "Reads the table (of a bigger one 50,000 rows), decides what each column is for, and writes "
                "commented files into the current folder: conf/contract, conf/data, conf/features, conf/yardstick, "
                "conf/exploration and experiments, all under one name. What is not sure is asked in a terminal, and"
                ' printed as "not sure: ..." elsewhere. Check the roles, then run the command that it prints.'
            ),
        ],
        settings=[
            (
                "data.path=FILE",
                "CSV, Excel, JSON, Parquet, Arrow; a folder or pattern of files; https, s3; a database URL",
            ),
            ("name=NAME", "of the files; default: made from the name of the table"),
            ("table=customers | orders", "one row a customer, or orders to be summed up; default: found out"),
            (
                "roles.HEADER=ROLE",
                (
                    "what a column is for: id, value, numeric, category, yes_no, outcome, date, order, quantity, "
                    "price, code or ignore"
                ),
            ),
            (
                "impute=true",
                "columns with blanks are features too; a blank becomes the median or the most frequent answer",
            ),
            ("strict=true", "write nothing and end with code 1 while anything is not sure"),
            (
                "data.transactions.customer=HEADER",
                (
                    "a column of an order table, where the guess is wrong; also .date, .amount, .order, .quantity, "
                    ".date_format"
                ),
            ),
            (
                "data.delimiter=;  data.encoding=cp1252",
                "where it cannot be detected; also data.decimal=, and data.sheet=NAME",
            ),
            ("force=true", "overwrite the files of an earlier init"),
        ],
        examples=[
            "segment init data.path=members.csv",
            'segment init data.path=members.csv roles.Total=value "roles.Member No=id"',
            "segment init data.path=orders.xlsx name=shop",
        ],
    ),
)
