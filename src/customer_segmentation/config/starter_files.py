"""The files of a starter: contract, data, features, yardstick, exploration and preset for one's own table."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import yaml

from customer_segmentation.explore.roles.column_guesses import Guess
from customer_segmentation.explore.roles.feature_choice import MOST_WORDS, Choice
from customer_segmentation.explore.roles.vocabulary import slug
from customer_segmentation.secrets import is_redacted, redact
from customer_segmentation.settings.data import ColumnSpec, DataSettings, Role, Transactions

_NAMED = 4  # columns that a sentence names
_COUNTED = 3  # categories whose customers are counted


_PLAIN = re.compile(r"[^\W\d_][\w %/.&+-]*")


_TRANSACTION_KEYS = {
    "customer": "names the customer",
    "date": "of the order",
    "amount": "below 0: a return",
    "quantity": "pieces; where it is given, the amount is the price of one",
    "order": "number of the order, where a row is one line of it",
    "reference_date": "YYYY-MM-DD, from which days are counted; null: the last date of the table",
    "date_format": "such as %d/%m/%Y; null: found out",
}


def customer_files(
    name: str, guesses: Sequence[Guess], choice: Choice, settings: DataSettings, *, customers: int
) -> dict[str, str]:
    """Text of each file for a table with one row a customer, by its path in the current folder.

    Parameters
    ----------
    name : str
        Of the files.
    guesses : sequence of Guess
        One a column.
    choice : Choice
    settings : DataSettings
        How the table is read, and with ``keep`` who is segmented.
    customers : int
        Customers that are segmented.
    """
    sets = [name, f"{name}_and_words"] if choice.words else [name]
    scalings = ["standard", "minmax", *(["log_standard"] if choice.log_scale else []), "quantile"]
    files = {
        f"conf/contract/{name}.yaml": _contract(name, guesses),
        f"conf/data/{name}.yaml": _data(name, settings, contract=name, sets=sets, scalings=scalings),
        f"conf/features/{name}.yaml": _features(name, _listed("", choice.numbers), choice.numbers, choice.left_out),
        f"conf/yardstick/{name}.yaml": _yardstick(name, choice.reference),
        f"conf/exploration/{name}.yaml": _exploration(name, guesses, choice),
        f"experiments/{name}.yaml": _preset(name, name, sets, scalings, customers),
    }
    if len(sets) > 1:
        about = _listed(_listed("", choice.numbers) + "; with ", choice.words)
        files[f"conf/features/{sets[1]}.yaml"] = _features(sets[1], about, [*choice.numbers, *choice.words], {})
    return files


def order_files(name: str, columns: Transactions, settings: DataSettings, *, customers: int) -> dict[str, str]:
    """Text of each file for a table of orders; what describes its customers is shipped (features=rfm).

    Parameters
    ----------
    name : of the files
    columns : customer, date and amount of an order
    settings : ``data``, as the user gave it
    customers : how many the orders sum up to
    """
    sets, scalings = ["rfm", "rfm_habits"], ["log_standard", "standard", "quantile"]
    return {
        f"conf/data/{name}.yaml": _data(
            name, settings, contract="rfm", sets=sets, scalings=scalings, orders=columns, shared="rfm"
        ),
        f"experiments/{name}.yaml": _preset(name, "rfm", sets, scalings, customers),
    }


def quoted(text: str) -> str:
    """Text as a YAML scalar in one line, also within a flow mapping."""
    if _PLAIN.fullmatch(text) and text == text.strip() and yaml.safe_load(text) == text:
        return text
    shown = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).strip()
    return shown.replace("${", "\\\\${")


def kept_out(path: str | None) -> str | None:
    """Return a database's address without its password, where it holds one: no file may keep it.

    An address that takes its password from ``${oc.env:NAME}`` keeps that, and needs nothing further.
    """
    if not path or "://" not in path:
        return None
    shown = redact(path)
    return shown if is_redacted(shown) else None


def _address(path: str) -> str:
    """Path as a YAML scalar; what it takes from the environment it takes from there again."""
    shown = redact(path)
    return quoted(path) if shown == path else f'"{shown}"'


def _contract(name: str, guesses: Sequence[Guess]) -> str:
    lines = [
        f"# segment sweep data={name}   (data.contract: {name})",
        "# What each column means, guessed from its header and its cells: check the roles, then the units.",
        "# role: id, value (what a customer is worth), numeric, categorical, outcome (for profiles only), ignore.",
        "# fill: what an empty cell means; without it the row is set aside where the column is needed.",
        "",
    ]
    for guess in guesses:
        lines.append(f"# {_one_line(guess.why)}")
        if guess.spec is None:
            lines.append(f"# {_one_line(guess.header)}: not used")
        else:
            lines += [f"{quoted(guess.header)}:", *(f"  {line}" for line in _spec_lines(guess.spec))]
    return "\n".join(lines) + "\n"


def _spec_lines(spec: ColumnSpec) -> list[str]:
    lines = [f"type: {spec.type.value}", f"role: {spec.role.value}"]
    if spec.unit:
        lines.append(f"unit: {quoted(spec.unit)}")
    if spec.fill is not None:
        lines.append(f"fill: {quoted(str(spec.fill))}")
    if spec.na_values:
        lines.append(f"na_values: {_flow(spec.na_values)}")
    if spec.minimum is not None:
        lines.append(f"minimum: {spec.minimum:g}")
    if spec.event_values:
        lines.append(f"event_values: {_flow(spec.event_values)}")
    return lines


def _data(
    name: str,
    settings: DataSettings,
    *,
    contract: str,
    sets: Sequence[str],
    scalings: Sequence[str],
    orders: Transactions | None = None,
    shared: str | None = None,
) -> str:
    secret = kept_out(settings.path)
    lines = [
        f"# segment sweep data={name}   (another file of this form: data.path=FILE)",
        f"about: {quoted(f'Described by segment init from {redact(settings.path or str())}')}",
        "source: file",
        f"path: {_address(settings.path or '')} # from the folder in which the command is given"
        if secret is None
        else "path: null # the address holds a password: give it with data.path=ADDRESS",
    ]
    for key in ("delimiter", "encoding", "decimal", "sheet", "query"):
        value = getattr(settings, key)
        if value is not None:
            lines.append(f"{key}: {quoted(value)}")
    if settings.max_rejected_share != DataSettings().max_rejected_share:
        lines.append(f"max_rejected_share: {settings.max_rejected_share:g} # of the rows may be of no use")
    lines += [f"contract: {contract}"]
    if orders is None and settings.keep != "all":
        left = settings.populations[settings.keep]
        lines += [
            f"keep: {settings.keep} # those who have left are not segmented; all: they are",
            "populations:",
            f"  {settings.keep}: {{column: {quoted(left.column)}, exclude: {_flow(left.exclude)}}}",
        ]
    elif orders is None:
        lines += [
            "keep: all # or a name of populations, such as",
            "# populations:",
            "#   staying: {column: COLUMN, exclude: [VALUE]}",
        ]
    else:
        lines.append("transactions:")
        lines += [
            f"  {key}: {quoted(getattr(orders, key)) if getattr(orders, key) else 'null'} # {about}"
            for key, about in _TRANSACTION_KEYS.items()
        ]
    lines += [
        "choices: # of the other decisions, where neither command line nor preset names others",
        f"  features: {_flow(sets)}",
        f"  scaling: {_flow(scalings)}",
        f"  yardstick: {shared or name}",
        f"  exploration: {shared or name}",
        "  hypotheses: none",
        f"  playbook: {'generic' if orders is None else 'rfm'} # names, recommendations; your own: conf/playbook/",
    ]
    return "\n".join(lines) + "\n"


def _listed(begin: str, guesses: Sequence[Guess]) -> str:
    """Name some columns in a sentence: how a feature set describes a customer."""
    names = [_one_line(guess.header) for guess in guesses[:_NAMED]]
    more = f" and {len(guesses) - _NAMED} more" if len(guesses) > _NAMED else ""
    return f"{begin}{', '.join(names)}{more}"


def _features(name: str, about: str, guesses: Sequence[Guess], left_out: dict[str, str]) -> str:
    lines = [f"# segment sweep features={name}", f"about: {quoted(about)}", "columns:", *_columns(guesses)]
    lines += [f"  # left out: {_one_line(header)}: {_one_line(why)}" for header, why in left_out.items()]
    lines.append("  # also: {ratio: [A, B]}, {sum: [A, B]}, {difference: [A, B]}, {count_yes: [A, B]}, {log: A}")
    return "\n".join(lines) + "\n"


def _columns(guesses: Sequence[Guess], indent: str = "  ") -> list[str]:
    lines = []
    for label, guess in zip(_labels(guesses), guesses, strict=True):
        unit = guess.spec.unit if guess.spec is not None else ""
        lines.append(
            f"{indent}{quoted(label)}: {{column: {quoted(guess.header)}{f', unit: {quoted(unit)}' if unit else ''}}}"
        )
    return lines


def _yardstick(name: str, guesses: Sequence[Guess]) -> str:
    about = (
        _listed("", guesses)
        + ", made symmetric and z-scored; a declared preference, in none of the spaces of the sweep"
    )
    return "\n".join(
        [
            f"# segment sweep yardstick={name}   (the reference space, in which all candidates are compared)",
            f"about: {quoted(about)}",
            "defaults:",
            "  - /scaling@scaling: power",
            "  - _self_",
            "features:",
            f"  about: {quoted(_listed('', guesses))}",
            "  columns:",
            *_columns(guesses, "    "),
            "",
        ]
    )


def _exploration(name: str, guesses: Sequence[Guess], choice: Choice) -> str:
    lines = [f"# segment explore data={name}   (also of segment sweep)", "correlate:"]
    lines += [f"  {quoted(guess.header)}: {quoted(guess.header)}" for guess in choice.numbers]
    counted = [guess.header for guess in guesses if guess.role is Role.categorical and guess.distinct <= MOST_WORDS][
        :_COUNTED
    ]
    lines.append(f"counts: {_flow(counted)}")
    ages = [guess for guess in choice.numbers if slug(guess.header).split("_")[0] in ("age", "alter")][:1]
    lines.append("bands:" if ages else "bands: {}")
    lines += [f"  {quoted(guess.header)}: {_age_bands(guess)}" for guess in ages]
    return "\n".join(lines) + "\n"


def _preset(name: str, shared: str, sets: Sequence[str], scalings: Sequence[str], customers: int) -> str:
    most = int(np.clip(customers // 20, 2, 8))
    return "\n".join(
        [
            "# @package _global_",
            f"# segment sweep experiments={name}",
            "defaults:",
            f"  - override /data: {name}",
            f"  - override /features: {sets[0]}",
            f"  - override /yardstick: {shared}",
            f"  - override /exploration: {shared}",
            "",
            f"name: {name}",
            f"k: {list(range(2, most + 1))}",
            "hydra:",
            "  sweeper:",
            "    params:",
            f"      features: {','.join(sets)}",
            f"      scaling: {','.join(scalings)}",
            "",
        ]
    )


def _labels(guesses: Sequence[Guess]) -> list[str]:
    """Names of the features: the headers in small letters, each once; in other alphabets as they stand."""
    labels: list[str] = []
    for guess in guesses:
        label = base = slug(guess.header) or re.sub(r"[^\w]+", "_", guess.header.lower()).strip("_") or "feature"
        label = base = f"f_{base}" if base[0].isdigit() or yaml.safe_load(base) != base else base
        number = 2
        while label in labels:
            label, number = f"{base}_{number}", number + 1
        labels.append(label)
    return labels


def _age_bands(guess: Guess) -> list[int]:
    values = guess.numbers[guess.usable] if guess.numbers is not None else np.array([0.0])
    low, high = int(values.min()), int(values.max())
    return [low, *(edge for edge in range(20, 90, 10) if low < edge <= high)]


def _flow(values: Sequence[str]) -> str:
    return f"[{', '.join(quoted(str(value)) for value in values)}]"


def _one_line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
