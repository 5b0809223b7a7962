"""``data.path=FILE`` names the table: a config that knows it is taken, and never the built-in sample in its stead."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.contract_file import contract_columns
from customer_segmentation.config.paths import options_of
from customer_segmentation.config.yaml_file import config_text
from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.paths import typed_path
from customer_segmentation.secrets import redact

if TYPE_CHECKING:
    from customer_segmentation.sources.base import TableSource

#: Share of a contract's columns by which a table is taken for one that it describes; the column of value is needed.
KNOWN = 0.6

NOTICES = logging.getLogger(__name__)
#: Keys that a built-in sample reads, and those that a file reads, of which the other kind would take no notice.
SAMPLE_KEYS = ("customers", "seed")
READING = ("query", "delimiter", "encoding", "decimal", "sheet")
FILE_KEYS = (*READING, "max_rows", "download")


def data_config_of(base: Any, given: Mapping[str, Any]) -> str | None:
    """Name of the data config for the table that a command line names; None where it is settled already.

    Parameters
    ----------
    base : DictConfig
        The composed config.
    given : mapping
        The overrides by key.

    Raises
    ------
    SettingsError
        No config knows the table, or a key is given that this table does not read.
    DataError
        There is no such file, or it cannot be read.
    """
    data = base.get("data")
    if data is None or "source" not in data or "data" not in base.hydra.runtime.choices:
        return None
    keys = {str(key).lstrip("+").removeprefix("data.") for key in given if str(key).lstrip("+").startswith("data.")}
    builtin = str(data.source) == "sample" or (str(data.source) == "orders" and data.path is None)
    if str(data.source) == "sample" and data.path is not None:
        if "data" in given:
            raise SettingsError(
                f"data=sample is the built-in sample and reads no file; leave out data=sample, or data.path="
                f"{redact(str(data.path))}."
            )
        return _recognised(data, quiet=bool(base.get("quiet", False)))
    unread = sorted(key for key in keys if key.split(".")[0] in (FILE_KEYS if builtin else SAMPLE_KEYS))
    if unread and builtin and str(data.source) == "sample":
        raise SettingsError(f"data.{unread[0]} changes nothing for the built-in sample; give a table with data.path=.")
    if unread and not builtin:
        raise SettingsError(f"data.{unread[0]} belongs to the built-in samples; a table of your own does not read it.")
    said = sorted(keys & set(READING))
    of_spark = base.get("engine") is not None and str(base.engine.kind) != "local"
    if said and data.path is not None and not of_spark and not (said == ["query"] and "://" in str(data.path)):
        from customer_segmentation.sources.open import refuse_unread

        refuse_unread(_opened(data), said)
    return None


def _opened(data: Any) -> TableSource:
    """The table of a composed config, as it is read."""
    from customer_segmentation.settings.data import DataSettings
    from customer_segmentation.sources.open import open_path

    path = str(data.path)
    reading = {key: data[key] for key in FILE_KEYS if key in data and key != "download" and data[key] is not None}
    return open_path(path, DataSettings(path=path, **reading))


def _recognised(data: Any, *, quiet: bool) -> str:
    from customer_segmentation.sources.memory import PREFIX
    from customer_segmentation.sources.open import refuse_unread

    path = str(data.path)
    if not path.strip():
        raise SettingsError("data.path is empty; give data.path=FILE, or leave it out.")
    source = _opened(data)
    keys = [key for key in READING if data.get(key) is not None]
    refuse_unread(source, keys)
    best = config_that_knows(path, list(source.headers))
    if best is None:
        known = ", ".join(name for name in options_of("data") if name != "sample")
        if path.startswith(PREFIX):
            raise SettingsError(
                f"no config in conf/data/ knows the columns of the frame (there are {known}); leave experiment out to "
                "have it described, or name a config with overrides=['data=NAME']."
            )
        raise SettingsError(
            f"data.path={redact(path)}: no config in conf/data/ knows this table (there are {known}); describe it with "
            f"`segment init {shlex.quote(f'data.path={redact(path)}')}`, or name a config with data=NAME."
        )
    if not quiet:
        NOTICES.warning("%s is read as data=%s", redact(path), best)
    return best


def config_that_knows(path: str, headers: list[str]) -> str | None:
    """Name of the data config that describes a table best; None where none does.

    Parameters
    ----------
    path : of the table
    headers : its columns
    """
    shares = {name: _share(file, path, headers) for name, file in options_of("data").items()}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] >= KNOWN else None


def _share(file: Path, path: str, headers: list[str]) -> float:
    """How much of what a data config declares is in a table; more than all where the config names that very file."""
    import yaml

    from customer_segmentation.settings.data import Role
    from customer_segmentation.sources.parsing.headers import match_headers
    from customer_segmentation.sources.parsing.texts import fold

    try:
        config = yaml.safe_load(config_text(file)) or {}
    except (SettingsError, yaml.YAMLError):
        return 0.0
    if not isinstance(config, dict) or config.get("source") == "sample":
        return 0.0
    own = config.get("path")
    if own and "://" not in path and os.path.exists(str(own)) and os.path.samefile(str(own), typed_path(path)):
        return 2.0
    orders = config.get("transactions")
    if isinstance(orders, dict):
        needed = [fold(str(orders.get(key))) for key in ("customer", "date", "amount")]
        return 1.0 if set(needed) <= {fold(header) for header in headers} else 0.0
    try:
        columns = contract_columns(config.get("contract"), "{}")
        found = match_headers(headers, columns, wanted=(), source=path).positions
    except (SettingsError, DataError):
        return 0.0
    value = [name for name, spec in columns.items() if spec.role is Role.value]
    return len(found) / max(len(columns), 1) if columns and set(value) <= set(found) else 0.0
