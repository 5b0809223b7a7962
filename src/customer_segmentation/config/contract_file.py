"""The contract of a table's columns, as conf/contract/ and a data config declare it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from customer_segmentation.config.errors import first_words, misfit, suggestion
from customer_segmentation.config.paths import options_of
from customer_segmentation.config.yaml_file import config_text
from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import redact, redact_words
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings
from customer_segmentation.settings.limits import check_limits


def contract_columns(contract: str | None, further: str) -> dict[str, ColumnSpec]:
    """Contract of a table's columns: the file of ``conf/contract/``, and over it what the data config itself says.

    Parameters
    ----------
    contract : str or None
    further : str
        The mapping under ``data.columns`` as JSON.

    Raises
    ------
    SettingsError
        No such file, an unknown key or a value of the wrong type in it.
    """
    if contract is None:
        return _columns(None, 0, further)
    known = options_of("contract")
    if contract not in known:
        raise SettingsError(
            f"data.contract={contract}: no such file in conf/contract/; there are {', '.join(known)}."
            + suggestion(contract, list(known))
        )
    return _columns(known[contract], known[contract].stat().st_mtime_ns, further)


@functools.lru_cache
def _columns(path: Path | None, changed: int, further: str) -> dict[str, ColumnSpec]:  # noqa: ARG001 - read again then
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    declared: Any = OmegaConf.create("" if path is None else config_text(path))
    declared = OmegaConf.merge(declared, json.loads(further))
    columns: dict[str, ColumnSpec] = {}
    schema = OmegaConf.structured(ColumnSpec)  # once: reading the dataclass costs more than a merge
    alike: dict[str, ColumnSpec] = {}  # of a wide table most columns are declared as others are
    for name, spec in declared.items():
        try:
            if (written := repr(spec)) not in alike:
                if sentence := misfit(schema, spec, f"data.columns.{name}"):
                    raise SettingsError(f"{sentence}.")
                alike[written] = _told(cast("ColumnSpec", OmegaConf.to_object(OmegaConf.merge(schema, spec))))
            columns[str(name)] = deepcopy(alike[written])
        except (OmegaConfBaseException, ValueError) as error:
            text = first_words(error)
            raise SettingsError(f"data.columns.{name}: {text}.") from error
    return columns


def _told(spec: ColumnSpec) -> ColumnSpec:
    """Hide what is secret in what is told of a column: it goes into models and reports as it is."""
    words = {key: redact_words(getattr(spec, key)) for key in ("unit", "about", "event", "within")}
    return replace(spec, **words)  # type: ignore[arg-type]  # all of them texts


def refuse_secret_cells(data: DataSettings) -> None:
    """Refuse what the cells of a table are compared with where it is secret: a model keeps it as it is.

    Parameters
    ----------
    data : with its contract

    Raises
    ------
    SettingsError
        Names the key.
    """
    for name, spec in data.columns.items():
        for key in ("fill", "na_values", "values", "synonyms", "event_values"):
            _refuse_secret(getattr(spec, key), f"data.columns.{name}.{key}")
    for name, population in data.populations.items():
        _refuse_secret(population.exclude, f"data.populations.{name}.exclude")


def _refuse_secret(value: Any, key: str) -> None:
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and redact(text, forms=False) != text:
            raise SettingsError(
                f"{key} holds the value of an environment variable, which a model would keep; write out what stands in "
                "the table's cells."
            )


def dated_columns(columns: Mapping[str, ColumnSpec], data: DataSettings) -> dict[str, ColumnSpec]:
    """Contract whose dates know the day from which they count.

    Parameters
    ----------
    columns : mapping of str to ColumnSpec
    data : DataSettings

    Raises
    ------
    SettingsError
        Dates without a reference date, one that is no date, or what is said of dates about another column.
    """
    found = dict(columns)
    check_limits(data, "data.")
    dates = [name for name, spec in columns.items() if spec.type is ColumnType.date]
    orders = data.transactions is not None
    if data.reference_date is not None and columns and (orders or not dates):  # segment init has no contract yet
        if orders:
            raise SettingsError(
                f"data.reference_date={data.reference_date} is read by tables of customers alone; that of orders is "
                "data.transactions.reference_date."
            )
        raise SettingsError(
            f"data.reference_date={data.reference_date} is read by columns of type date alone, and the contract "
            "has none."
        )
    for name, spec in columns.items():
        key = f"data.columns.{name}"
        if name not in dates:
            if spec.future or spec.date_format or spec.reference_date:
                raise SettingsError(f"{key} says how dates are read, but its type is {spec.type.value}, not date.")
            continue
        check_limits(spec, f"{key}.")
        if spec.date_format is not None and not _is_form(spec.date_format):
            raise SettingsError(f"{key}.date_format is {spec.date_format!r}; expected a form such as %d/%m/%Y.")
        reference = spec.reference_date or data.reference_date
        if orders:  # their reference date is found in the table
            continue
        if reference is None:
            raise SettingsError(
                f"{key} holds dates, which count from a reference date; give the day on which the table was drawn, as "
                "data.reference_date=YYYY-MM-DD."
            )
        found[name] = replace(spec, reference_date=reference)
    return found


def _is_form(date_format: str) -> bool:
    from customer_segmentation.sources.parsing.dates import is_form  # brings pandas

    return is_form(date_format)
