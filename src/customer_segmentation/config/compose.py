"""Compose the configs of a command before any work: every job of a sweep is known, and checked, beforehand."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from customer_segmentation.config.contract_file import contract_columns
from customer_segmentation.config.environment import watch_environment
from customer_segmentation.config.errors import settings_error
from customer_segmentation.config.folder_files import check_folder
from customer_segmentation.config.hydra_app import register_schemas, register_search_path
from customer_segmentation.config.named_table import data_config_of
from customer_segmentation.config.overrides import (
    DECISIONS,
    going_with_data,
    k_list,
    refuse,
    refuse_flags,
    spelled_out,
    values_of,
    without_k,
)
from customer_segmentation.config.paths import shipped_root
from customer_segmentation.config.quoting import init_words, split_flags
from customer_segmentation.config.schemas import SCHEMAS
from customer_segmentation.errors import DataError, SegmentError, debugging
from customer_segmentation.secrets import remember_in
from customer_segmentation.settings.limits import check_limits
from customer_segmentation.settings.trusted import take_trusted


@dataclass(frozen=True)
class ComposedJob:
    """One job of a sweep as Hydra composed it.

    Attributes
    ----------
    settings : dataclass
    choices : dict of str to str
        Decision to the name of the file taken.
    overrides : tuple of str
    number : int
        Among the jobs of the sweep.
    config : str
        The composed config as YAML, k left out.
    """

    settings: Any
    choices: dict[str, str]
    overrides: tuple[str, ...]
    number: int
    config: str


@dataclass(frozen=True)
class Plan:
    """What a command line amounts to.

    Attributes
    ----------
    overrides : tuple of str
        The overrides as Hydra gets them: quoted, and with every form of a sweep over k folded into one list.
    swept : dict
        Key to its values, for each key with more than one study.
    jobs : tuple of tuple of str
        The overrides of each study. Hydra's own order, and so its numbers, may be another.
    settings : list
        Typed settings of the first job, then of one job for each further value of each swept key.
    choices_of : list
        Decision to the name of the file taken, for each of ``settings``.
    config_text : str
        Composed config of the first job, as YAML.
    """

    command: str
    flags: tuple[str, ...]
    overrides: tuple[str, ...]
    swept: dict[str, tuple[str, ...]]
    jobs: tuple[tuple[str, ...], ...]
    settings: tuple[Any, ...]
    choices_of: tuple[dict[str, str], ...]
    config_text: str

    @property
    def choices(self) -> dict[str, str]:
        """Decision to the name of the file taken, for the first job."""
        return self.choices_of[0]

    def compose_job(self, overrides: Sequence[str], number: int) -> ComposedJob:
        """Compose one job again, from its overrides and with its number.

        Parameters
        ----------
        overrides : of the study
        number : of the job
        """
        from hydra import compose, initialize_config_dir

        with initialize_config_dir(str(shipped_root() / "conf"), version_base="1.3"):
            config = compose(self.command, list(overrides), return_hydra_config=True)
            return ComposedJob(
                to_settings(config), _choices(config), tuple(overrides), number, config_text(config, without="k")
            )


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
    watch_environment()
    nodes = {item.name: config[item.name] for item in dataclasses.fields(schema)}
    settings = schema(
        **{name: OmegaConf.to_object(node) if OmegaConf.is_config(node) else node for name, node in nodes.items()}
    )
    remember_in(dataclasses.asdict(settings))
    if contract and hasattr(settings, "data"):
        data = settings.data
        data.columns = contract_columns(data.contract, json.dumps(data.columns, default=str))
    return settings


def plan(command: str, arguments: Sequence[str]) -> Plan:  # noqa: C901 - one case after the other
    """Parse the words after ``segment COMMAND``, compose what they ask for and check every part of it.

    Parameters
    ----------
    command : the word after ``segment``
    arguments : the words after it

    Raises
    ------
    SettingsError
        An unknown key, a wrong type, a name that no file has, a value of ``k`` that is not valid, or a sweep over a
        decision that all studies must share. One sentence that lists what exists.
    """  # noqa: DOC501 - raised again as it came
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser

    schema = SCHEMAS[command]
    arguments = take_trusted(arguments)
    check_folder()
    flags, overrides = split_flags(init_words(arguments) if command == "init" else arguments)
    refuse_flags(flags, {})
    remember_in(overrides)
    watch_environment()
    overrides = [spelled_out(override) for override in overrides]
    register_schemas()
    register_search_path()
    try:
        with initialize_config_dir(str(shipped_root() / "conf"), version_base="1.3"):
            parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
            given = {override.get_key_element(): override for override in parser.parse_overrides(overrides)}
            typed = set(given)
            refuse(given, schema)
            fixed = [str(item.input_line) for item in given.values() if not item.is_sweep_override()]
            base = compose(command, without_k(fixed), return_hydra_config=True)
            known = None
            with contextlib.suppress(*([DataError] if flags else [])):  # a config is shown without its table, too
                known = data_config_of(base, given)
            if known is not None:
                given = {"data": parser.parse_override(f"data={known}"), **given}
                base = compose(command, [f"data={known}", *without_k(fixed)], return_hydra_config=True)
            for key, value in going_with_data(base, given).items():
                given[key] = parser.parse_override(f"{key}={value}")
            for key, value in (base.hydra.sweeper.get("params") or {}).items():
                if key not in given:
                    given[key] = parser.parse_override(f"{key}={value}")
            if "k" in given:
                given["k"] = parser.parse_override(f"k={k_list(given['k'])}")
            values = {key: values_of(item) for key, item in given.items()}
            first = [column[0] for column in values.values()]
            composed = [compose(command, first, return_hydra_config=True)]
            for position, column in enumerate(values.values()):
                for further in column[1:]:
                    job = [*first[:position], further, *first[position + 1 :]]
                    composed.append(compose(command, job, return_hydra_config=True))
            settings = tuple(to_settings(config) for config in composed)
            choices_of = tuple(_choices(config) for config in composed)
            text = config_text(composed[0])
            for one in () if flags else settings:  # a flag such as --cfg shows what is wrong
                check_limits(one)
    except SegmentError:
        raise
    except Exception as error:
        if debugging():
            raise
        raise settings_error(error, schema) from error
    swept = {key: tuple(text.partition("=")[2] for text in col) for key, col in values.items() if len(col) > 1}
    refuse_flags(flags, {key: found for key, found in swept.items() if key in typed})
    return Plan(
        command=command,
        flags=tuple(flags),
        overrides=tuple(_as_typed(key, column) for key, column in values.items()),
        swept=swept,
        jobs=tuple(itertools.product(*values.values())),
        settings=settings,
        choices_of=choices_of,
        config_text=text,
    )


def settings_from_yaml(schema: type, text: str, columns: str) -> Any:
    """Typed settings of a config that a run has logged, with the contract of its table as it was then.

    Parameters
    ----------
    schema : dataclass
    text, columns : str
        YAML of the config and of the contract.
    """
    from omegaconf import OmegaConf

    config = OmegaConf.merge(OmegaConf.structured(schema), OmegaConf.create(text))
    settings = to_settings(config, contract=False)
    settings.data.columns = contract_columns(None, json.dumps(OmegaConf.to_container(OmegaConf.create(columns))))
    return settings


def as_yaml(values: Mapping[str, Any]) -> str:
    """Plain values as YAML."""
    from omegaconf import OmegaConf

    return str(OmegaConf.to_yaml(OmegaConf.create(dict(values))))


def config_text(config: Any, without: str = "") -> str:
    """Composed config as YAML, Hydra's own node left out.

    Parameters
    ----------
    config : as Hydra composed it
    without : a key to leave out
    """
    from omegaconf import OmegaConf

    keys = [key for key in config if key not in ("hydra", "experiments", without)]
    return str(OmegaConf.to_yaml(OmegaConf.masked_copy(config, keys)))


def _choices(config: Any) -> dict[str, str]:
    """Decision to the name of the file taken."""
    chosen = {str(key): name for key, name in config.hydra.runtime.choices.items()}
    return {key: str(name) for key, name in chosen.items() if name is not None and key in DECISIONS}


def _as_typed(key: str, column: Sequence[str]) -> str:
    """Write the override as it goes to Hydra's command line."""
    return f"{key}=" + ",".join(text.partition("=")[2] for text in column) if len(column) > 1 else column[0]
