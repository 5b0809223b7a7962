"""A composed config as typed settings, as YAML, and as the files that were chosen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from customer_segmentation.config.contract_file import contract_columns, dated_columns
from customer_segmentation.config.environment import watch_environment
from customer_segmentation.config.errors import suggestion
from customer_segmentation.config.overrides import DECISIONS
from customer_segmentation.config.quoting import escaped
from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import first_line
from customer_segmentation.secrets import allow, remember_in


def to_settings(config: Any, *, contract: bool = True) -> Any:
    """Typed settings of a composed config: Hydra's own node left out, the contract of the table's columns read in.

    A config that comes with its columns, as a run has logged them, is left without the contract of today.

    Parameters
    ----------
    config : as Hydra composed it
    contract : read the contract's file
    """
    from omegaconf import OmegaConf

    schema = cast("type[Any]", OmegaConf.get_type(config))
    refuse_unknown(config, but=("hydra",))
    watch_environment()
    nodes = {item.name: config[item.name] for item in dataclasses.fields(schema)}
    settings = schema(
        **{name: OmegaConf.to_object(node) if OmegaConf.is_config(node) else node for name, node in nodes.items()}
    )
    remember_in(settings)
    if contract and hasattr(settings, "data"):
        data = settings.data
        data.columns = dated_columns(
            contract_columns(data.contract, json.dumps(escaped(data.columns), default=str)), data
        )
        allow(data.columns)
    return settings


def refuse_unknown(node: Any, path: str = "", *, but: Sequence[str] = ()) -> None:
    """Refuse keys that a composed config holds beside those of its schema: an override with ``+`` adds any.

    Parameters
    ----------
    node : config, or a part of it
    path : where it stands
    but : keys that are no settings

    Raises
    ------
    SettingsError
        Names the first of them.
    """
    from omegaconf import DictConfig, ListConfig, OmegaConf

    if not isinstance(node, DictConfig | ListConfig) or node._is_none() or node._is_missing():
        return
    children: list[tuple[Any, Any]] = (
        [(at, node._get_node(at)) for at in range(len(node))]
        if isinstance(node, ListConfig)
        else [(key, node._get_node(key)) for key in node.keys()]  # noqa: SIM118 - a config is no mapping to ruff's mind
    )
    schema = OmegaConf.get_type(node)
    if isinstance(schema, type) and dataclasses.is_dataclass(schema):
        known = [item.name for item in dataclasses.fields(schema)]
        for key, _ in children:
            if key not in (*known, *but):
                where = f"{path} has" if path else "there are"
                full = f"{path}.{key}" if path else str(key)
                raise SettingsError(f"unknown key {full!r}; {where} {', '.join(known)}.{suggestion(str(key), known)}")
    for key, child in children:
        if key not in but:
            refuse_unknown(child, f"{path}.{key}" if path else str(key))


def settings_from_yaml(schema: type, text: str, columns: str) -> Any:
    """Typed settings of a config that a run has logged, with the contract of its table as it was then.

    Parameters
    ----------
    schema : dataclass
    text, columns : str
        YAML of the config and of the contract.

    Raises
    ------
    SettingsError
        They hold what this version does not know.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        config = OmegaConf.merge(OmegaConf.structured(schema), OmegaConf.create(text))
        settings = to_settings(config, contract=False)
        settings.data.columns = contract_columns(None, json.dumps(OmegaConf.to_container(OmegaConf.create(columns))))
    except OmegaConfBaseException as error:
        raise SettingsError(f"its config.yaml holds what this version does not know ({first_line(error)})") from error
    return settings


def as_yaml(values: Mapping[str, Any]) -> str:
    """Plain values as YAML."""
    from omegaconf import OmegaConf

    return _written(OmegaConf.to_container(OmegaConf.create(dict(values)), enum_to_str=True))


def _written(values: Any) -> str:
    """As OmegaConf writes it, but for its line breaks: of a secret on two lines nobody could tell that it is one."""
    import yaml
    from omegaconf._utils import get_omega_conf_dumper

    return str(
        yaml.dump(
            values,
            Dumper=get_omega_conf_dumper(),
            default_flow_style=False,
            allow_unicode=True,
            sort_keys=False,
            width=float("inf"),
        )
    )


def name_versions(config: Any, versions: Mapping[str, str]) -> None:
    """Let a config name the version of a model where it was composed with an alias, which moves.

    Parameters
    ----------
    config : with the node ``clustering``; changed in place
    versions : address as it was asked for to that of the version
    """
    if versions and config.clustering.init in versions:
        config.clustering.init = versions[config.clustering.init]


def text_at_versions(text: str, versions: Mapping[str, str]) -> str:
    """YAML of the node ``clustering`` as it is composed with the versions, see `name_versions`.

    Parameters
    ----------
    text : YAML of the node, under its key
    versions : address as it was asked for to that of the version
    """
    from omegaconf import OmegaConf

    node = OmegaConf.create(text)
    name_versions(node, versions)
    return _written(OmegaConf.to_container(node))


def config_text(config: Any, without: str = "") -> str:
    """Composed config as YAML, Hydra's own node left out.

    Parameters
    ----------
    config : as Hydra composed it
    without : a key to leave out
    """
    return "".join(text for key, text in texts_of(config).items() if key != without)


def texts_of(config: Any) -> dict[str, str]:
    """Key to its part of the composed config as YAML, Hydra's own node left out."""
    from omegaconf import OmegaConf

    keys = [str(key) for key in config if key not in ("hydra", "experiments")]
    values = cast("dict[str, Any]", OmegaConf.to_container(OmegaConf.masked_copy(config, keys), enum_to_str=True))
    return {key: _written({key: values[key]}) for key in keys}


def choices_of(hydra: Any) -> dict[str, str]:
    """Decision to the name of the file taken, of Hydra's own node."""
    chosen = {str(key): name for key, name in hydra.runtime.choices.items()}
    return {key: str(name) for key, name in chosen.items() if name is not None and key in DECISIONS}
