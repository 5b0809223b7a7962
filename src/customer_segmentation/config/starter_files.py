"""The files of a starter: contract, data, features, yardstick, exploration and preset for one's own table."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import yaml

from customer_segmentation.config.quoting import escaped
from customer_segmentation.exploration.roles.column_guesses import Guess
from customer_segmentation.exploration.roles.feature_choice import MOST_WORDS, Choice
from customer_segmentation.exploration.roles.vocabulary import slug
from customer_segmentation.secret_forms import HIDDEN
from customer_segmentation.secrets import redact
from customer_segmentation.segments.header_words import in_words
from customer_segmentation.settings.data import ColumnType, DataSettings, Role, Transactions

_NAMED = 4  # columns that a sentence names
_COUNTED = 3  # categories whose customers are counted
_TAKEN = re.compile(r"\$\{oc\.env:[^}]*\}")
_PLAIN = re.compile(r"[^\W\d_][\w %/.&+-]*")


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
        f"conf/contract/{name}.yaml": _rendered("contract", name=name, guesses=guesses),
        f"conf/data/{name}.yaml": _data(name, settings, contract=name, sets=sets, scalings=scalings),
        f"conf/features/{name}.yaml": _features(name, _listed("", choice.numbers), choice.numbers, choice),
        f"conf/yardstick/{name}.yaml": _rendered(
            "yardstick",
            name=name,
            guesses=choice.reference,
            listed=_listed("", choice.reference),
            impute=_impute(choice.reference, choice),
        ),
        f"conf/exploration/{name}.yaml": _exploration(name, guesses, choice),
        f"experiments/{name}.yaml": _preset(name, name, sets, scalings, customers),
    }
    if len(sets) > 1:
        about = _listed(_listed("", choice.numbers) + "; with ", choice.words)
        files[f"conf/features/{sets[1]}.yaml"] = _features(
            sets[1], about, [*choice.numbers, *choice.words], replace(choice, left_out={})
        )
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


def feature_file(name: str, columns: Sequence[Guess] | Mapping[str, object]) -> dict[str, str]:
    """A file of ``conf/features/`` for a set of columns, or of features with an expression for each.

    Parameters
    ----------
    name : of the set
    columns : what is known of each column; or feature to expression, as in any such file
    """
    if isinstance(columns, Mapping):
        about = ", ".join(columns)
        written = escaped({"about": about, "columns": dict(columns)})
        text = yaml.safe_dump(written, allow_unicode=True, sort_keys=False)
    else:
        text = _features(name, _listed("", columns), columns, Choice((), (), {}))
    return {f"conf/features/{name}.yaml": text}


def quoted(text: str, *, key: bool = False) -> str:
    """Text as a YAML scalar in one line, also within a flow mapping.

    Parameters
    ----------
    text : as it is to be read
    key : of a mapping, which is never read as a reference
    """
    if _PLAIN.fullmatch(text) and text == text.strip() and yaml.safe_load(text) == text:
        return text
    return _double_quoted(text if key else str(escaped(text)))


def _double_quoted(text: str) -> str:
    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).strip())


def kept_out(settings: DataSettings) -> tuple[str, ...]:
    """Keys of an address or a query that holds a password, which no file may keep.

    One that takes its password from ``${oc.env:NAME}`` keeps that, and needs nothing further.
    """
    held = {"path": settings.path if "://" in (settings.path or "") else None, "query": settings.query}
    return tuple(key for key, text in held.items() if text and redact(text).count(HIDDEN) > text.count(HIDDEN))


@functools.cache
def _template(name: str) -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - YAML and no HTML: what comes from a table goes through `quoted` or `line`
        loader=PackageLoader("customer_segmentation.config", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "quoted": lambda value: quoted(str(value)),
        "key": lambda value: quoted(str(value), key=True),
        "value": lambda value: quoted(value) if value else "null",
        "flow": _flow,
        "line": _one_line,
        "labelled": _labelled,
    }
    return environment.get_template(f"{name}.yaml.j2")


def _rendered(template: str, **values: Any) -> str:
    return str(_template(template).render(values))


def _address(text: str) -> str:
    """Address or query as YAML: what it has from the environment it takes from there again, and nothing else."""
    shown = redact(text)
    taken = sorted({name for name in _TAKEN.findall(shown) if name not in text})
    if not taken:
        return quoted(text)
    parts = re.split(f"({'|'.join(map(re.escape, taken))})", shown)
    for at in range(0, len(parts), 2):
        part = str(escaped(parts[at]))
        end = len(part) - len(part.rstrip("\\")) if at + 1 < len(parts) else 0  # it would escape the reference
        parts[at] = part + "\\" * end
    return _double_quoted("".join(parts))


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
    path = settings.path or ""
    return _rendered(
        "data",
        name=name,
        about=f"Described by segment init from {redact(path)}",
        secret=kept_out(settings),
        address=_address(path),
        query=_address(settings.query or ""),
        settings=settings,
        usual=DataSettings(),
        contract=contract,
        orders=orders,
        sets=sets,
        scalings=scalings,
        shared=shared or name,
    )


def _listed(begin: str, guesses: Sequence[Guess]) -> str:
    """Name some columns in a sentence: how a feature set describes a customer."""
    names = [_one_line(guess.header) for guess in guesses[:_NAMED]]
    more = f" and {len(guesses) - _NAMED} more" if len(guesses) > _NAMED else ""
    return f"{begin}{', '.join(names)}{more}"


def _features(name: str, about: str, guesses: Sequence[Guess], choice: Choice) -> str:
    impute = _impute(guesses, choice)
    return _rendered("features", name=name, about=about, guesses=guesses, left_out=choice.left_out, impute=impute)


def _impute(guesses: Sequence[Guess], choice: Choice) -> dict[str, str]:
    """What stands in the blank cells of the columns that have any."""
    return {
        guess.header: "most_frequent" if guess.numbers is None else "median"
        for guess in guesses
        if guess.header in choice.imputed
    }


def _exploration(name: str, guesses: Sequence[Guess], choice: Choice) -> str:
    counted = [guess.header for guess in guesses if guess.role is Role.categorical and guess.n_words <= MOST_WORDS]
    ages = [guess for guess in choice.numbers if slug(guess.header).split("_")[0] in ("age", "alter")][:1]
    return _rendered(
        "exploration",
        name=name,
        numbers=[guess for guess in choice.numbers if guess.spec is None or guess.spec.type is not ColumnType.date],
        counted=counted[:_COUNTED],
        bands=[(guess.header, _age_bands(guess)) for guess in ages],
    )


def _preset(name: str, shared: str, sets: Sequence[str], scalings: Sequence[str], customers: int) -> str:
    ks = list(range(2, int(np.clip(customers // 20, 2, 8)) + 1))
    return _rendered("preset", name=name, shared=shared, sets=sets, scalings=scalings, k=ks)


def _labelled(guesses: Sequence[Guess]) -> list[tuple[str, str, str, str]]:
    """Label, operation, header and unit of each feature."""
    return [
        (label, operation, guess.header, unit)
        for label, (operation, unit), guess in zip(_labels(guesses), map(_operation, guesses), guesses, strict=True)
    ]


def _operation(guess: Guess) -> tuple[str, str]:
    """How a column becomes a feature, and in what unit: an age for a birth date, days for another date."""
    if guess.spec is None or guess.spec.type is not ColumnType.date:
        return "column", guess.spec.unit if guess.spec is not None else ""
    born = guess.facts is not None and "birth" in guess.facts.words
    if guess.spec.future:
        return "days_until", "days"
    return ("years_since", "years") if born else ("days_since", "days")


def _labels(guesses: Sequence[Guess]) -> list[str]:
    """Names of the features: headers without unit in small letters, each once; in other alphabets as they stand."""
    labels: list[str] = []
    for guess in guesses:
        # Signs that are a word of their own, so that "Discount" and "Discount (%)" stay apart.
        operation, unit = _operation(guess)
        header = guess.header.removeprefix("#").strip()
        spelt = header if re.search("[%#]", header) else in_words(header, unit)
        spelt = spelt.replace("%", " percent ").replace("#", " number ")
        spelt = spelt if operation == "column" else f"{operation} {spelt}"
        label = base = slug(spelt) or re.sub(r"[^\w]+", "_", spelt.lower()).strip("_") or "feature"
        label = base = f"f_{base}" if base[0].isdigit() or yaml.safe_load(base) != base else base
        number = 2
        while label in labels:
            label, number = f"{base}_{number}", number + 1
        labels.append(label)
    return labels


def _age_bands(guess: Guess) -> list[int]:
    values = guess.numbers[guess.usable] if guess.numbers is not None else np.array([0.0])
    values = values[np.isfinite(values)]  # an imputed column has blanks that are usable
    low, high = int(values.min()), int(values.max())
    return [low, *(edge for edge in range(20, 90, 10) if low < edge <= high)]


def _flow(values: Sequence[str]) -> str:
    return f"[{', '.join(quoted(str(value)) for value in values)}]"


def _one_line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
