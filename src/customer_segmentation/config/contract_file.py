"""The contract of a table's columns, as conf/contract/ and a data config declare it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, cast

from customer_segmentation.config.errors import suggestion
from customer_segmentation.config.paths import options_of
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.data import ColumnSpec


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

    declared: Any = OmegaConf.create({}) if path is None else OmegaConf.load(path)
    declared = OmegaConf.merge(declared, json.loads(further))
    columns: dict[str, ColumnSpec] = {}
    schema = OmegaConf.structured(ColumnSpec)  # once: reading the dataclass costs more than a merge
    for name, spec in declared.items():
        try:
            columns[str(name)] = cast("ColumnSpec", OmegaConf.to_object(OmegaConf.merge(schema, spec)))
        except (OmegaConfBaseException, ValueError) as error:
            text = " ".join(str(error).split()).split(" full_key")[0]
            raise SettingsError(f"data.columns.{name}: {text}.") from error
    return columns
