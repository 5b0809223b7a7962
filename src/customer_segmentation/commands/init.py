"""``segment init``: a commented starter for one's own table, and the one command that runs it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from customer_segmentation.config.compose import plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.config.paths import shipped_root
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.settings.commands import InitSettings
from customer_segmentation.sources.new_file import NewFile

HELP = """\
segment init: describe a table of your own, so that every command can work with it.

Usage: segment init data.path=FILE [key=value ...]

Reads the table (of a bigger one 50,000 rows), decides what each column is for, and writes commented files into
the current folder: conf/contract, conf/data, conf/features, conf/yardstick, conf/exploration and experiments, all
under one name. What is not sure is asked in a terminal, and printed as "not sure: ..." elsewhere.
Check the roles, then run the command that it prints.

  data.path=FILE                  CSV, Parquet or Excel, packed or not; or a database URL with data.query
  name=NAME                       of the files; default: made from the name of the table
  table=customers | orders        one row a customer, or orders to be summed up; default: found out
  roles.HEADER=ROLE               what a column is for: id, value, numeric, category, yes_no, outcome, date, order,
                                  quantity, price, code or ignore
  strict=true                     write nothing and end with code 1 while anything is not sure
  data.transactions.customer=HEADER   data.transactions.date=HEADER   data.transactions.amount=HEADER
                                  the columns of an order table, where the guess is wrong; also .order, .quantity,
                                  .date_format
  data.delimiter=;   data.encoding=cp1252   data.decimal=,   data.sheet=NAME
                                  where the file does not speak for itself
  force=true                      overwrite the files of an earlier init

Examples:
  segment init data.path=members.csv
  segment init data.path=members.csv roles.Total=value "roles.Member No=id"
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
    planned = plan("init", arguments)
    if planned.flags:  # Hydra's own: --cfg job, --info, ...
        run_jobs(planned, lambda config: None)
        return 0
    settings: InitSettings = planned.settings[0]
    if not settings.data.path:
        raise SettingsError("data.path is missing; name the table to describe, as in segment init data.path=FILE.")
    name = _name(settings)
    from customer_segmentation.config.starter_files import kept_out
    from customer_segmentation.console import onboarding
    from customer_segmentation.workflows.describe_table import describe_table

    described = describe_table(settings, name, ask=onboarding.asker() if not settings.strict else None)
    if settings.strict and described.reading.questions:
        onboarding.print_roles(described)
        number = len(described.reading.questions)
        raise DataError(
            f"{number} {'thing is' if number == 1 else 'things are'} not sure and strict=true: nothing was written; "
            "say what is right with roles.HEADER=ROLE."
        )
    _write(described.files, force=settings.force)
    further = "" if kept_out(settings.data.path) is None else " data.path=ADDRESS"
    onboarding.print_roles(described)
    onboarding.print_summary(described, command=f"experiments={name}{further}")
    return 0


def _name(settings: InitSettings) -> str:
    """Name of the files: the one that is given, else made from the table's; never one of a shipped file."""
    from customer_segmentation.explore.roles.vocabulary import slug

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
    foreign = [path for path in existing if not _is_ours(Path(path))]
    if foreign and force:
        raise SettingsError(
            f"{foreign[0]} was not written by segment init and nothing was written; move it, or give another name=NAME."
        )
    if existing and not force:
        what = f"{existing[0]} and {len(existing) - 1} more exist" if existing[1:] else f"{existing[0]} exists"
        raise SettingsError(
            f"{what} already and nothing was written; give force=true to overwrite, or another name=NAME."
        )
    new: list[NewFile] = []
    try:
        for path, text in files.items():
            file = Path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            new.append(NewFile(file, overwrite=force, is_ours=_is_ours, key="name", what="a file of segment init"))
            new[-1].aside.write_text(text, encoding="utf-8")
            new[-1].aside.chmod(0o666 & ~_umask())  # no customers are in it
        for item in new:
            item.publish()
    except OSError as error:
        raise SettingsError(
            f"{error.filename or 'the current folder'} cannot be written ({error.strerror}); run the command in a "
            "folder of your own."
        ) from error
    finally:
        for item in new:
            item.discard()


def _is_ours(path: Path) -> bool:
    """Whether an earlier init wrote a file: its first comment is the command that uses it."""
    try:
        with path.open("rb") as file:
            return any(line.startswith(b"# segment ") for line in file.read(400).splitlines()[:3])
    except OSError:
        return False


def _umask() -> int:
    """Permissions that this user takes from new files; asking sets it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
