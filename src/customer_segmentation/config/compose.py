"""Compose the configs of a command before any work: every job of a sweep is known, and checked, beforehand."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from customer_segmentation.config.errors import settings_error, suggestion
from customer_segmentation.config.overrides import (
    DECISIONS,
    going_with_data,
    k_list,
    refuse,
    spelled_out,
    values_of,
    without_k,
)
from customer_segmentation.config.paths import config_folders, options_of, shipped_root
from customer_segmentation.config.quoting import split_flags
from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.settings.data import ColumnSpec
from customer_segmentation.settings.explore import ExploreSettings
from customer_segmentation.settings.init import InitSettings
from customer_segmentation.settings.migrate import MigrateSettings
from customer_segmentation.settings.promotion import HistorySettings, PromoteSettings, RollbackSettings
from customer_segmentation.settings.report import ReportSettings
from customer_segmentation.settings.score import ScoreSettings, ServeSettings
from customer_segmentation.settings.sweep import SweepSettings, UiSettings

SCHEMAS: dict[str, type] = {
    "sweep": SweepSettings,
    "explore": ExploreSettings,
    "init": InitSettings,
    "report": ReportSettings,
    "migrate": MigrateSettings,
    "score": ScoreSettings,
    "serve": ServeSettings,
    "ui": UiSettings,
    "promote": PromoteSettings,
    "rollback": RollbackSettings,
    "history": HistorySettings,
}


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

    def compose_job(self, overrides: Sequence[str]) -> tuple[Any, dict[str, str], str]:
        """Typed settings, choices and config (YAML, k left out) of one job, composed again from its overrides."""
        from hydra import compose, initialize_config_dir

        with initialize_config_dir(str(shipped_root() / "conf"), version_base="1.3"):
            config = compose(self.command, list(overrides), return_hydra_config=True)
            return typed(config), _choices(config), config_text(config, without="k")


def register_schemas() -> None:
    """Make the typed schemas known to Hydra under the names that the primary configs use."""
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    for command, schema in SCHEMAS.items():
        store.store(name=f"{command}_schema", node=schema)


def register_search_path() -> None:
    """Make Hydra look into the user's ``conf/`` first and into the folders of presets last.

    Hydra puts the folder of the primary config before all others, so that a shipped file would silently win over a
    user's of the same name; a search-path plugin can stand before it.
    """
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    class SegmentSearchPath(SearchPathPlugin):
        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            before, after = config_folders()
            for folder in reversed(before):
                search_path.prepend("user", f"file://{folder}")
            for folder in after:
                search_path.append("presets", f"file://{folder}")

    Plugins.instance().register(SegmentSearchPath)


def typed(config: Any, *, contract: bool = True) -> Any:
    """Typed settings of a composed config: Hydra's own node left out, the contract of the table's columns read in.

    A config that comes with its columns, as a run has logged them, is left without the contract of today.
    """
    from omegaconf import OmegaConf

    schema = cast("type[Any]", OmegaConf.get_type(config))
    nodes = {item.name: config[item.name] for item in dataclasses.fields(schema)}
    settings = schema(
        **{name: OmegaConf.to_object(node) if OmegaConf.is_config(node) else node for name, node in nodes.items()}
    )
    if contract and hasattr(settings, "data"):
        data = settings.data
        data.columns = contract_columns(data.contract, json.dumps(data.columns, default=str))
    return settings


@functools.lru_cache
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
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    declared: Any = OmegaConf.create({})
    if contract is not None:
        known = options_of("contract")
        if contract not in known:
            raise SettingsError(
                f"data.contract={contract}: no such file in conf/contract/; there are {', '.join(known)}."
                + suggestion(contract, list(known))
            )
        declared = OmegaConf.load(known[contract])
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


def plan(command: str, arguments: Sequence[str]) -> Plan:
    """Parse the words after ``segment COMMAND``, compose what they ask for and check every part of it.

    Raises
    ------
    SettingsError
        An unknown key, a wrong type, a name that no file has, a value of ``k`` that is none, or a sweep over a
        decision that all studies must share. One sentence that lists what exists.
    """
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser

    schema = SCHEMAS[command]
    flags, overrides = split_flags(arguments)
    overrides = [spelled_out(override) for override in overrides]
    register_schemas()
    register_search_path()
    try:
        with initialize_config_dir(str(shipped_root() / "conf"), version_base="1.3"):
            parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
            given = {override.get_key_element(): override for override in parser.parse_overrides(overrides)}
            refuse(given, schema)
            fixed = [str(item.input_line) for item in given.values() if not item.is_sweep_override()]
            base = compose(command, without_k(fixed), return_hydra_config=True)
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
            settings = tuple(typed(config) for config in composed)
            choices_of = tuple(_choices(config) for config in composed)
            text = config_text(composed[0])
    except SettingsError:
        raise
    except Exception as error:
        if os.environ.get("SEGMENT_DEBUG"):
            raise
        raise settings_error(error, schema) from error
    return Plan(
        command=command,
        flags=tuple(flags),
        overrides=tuple(_as_typed(key, column, given[key]) for key, column in values.items()),
        swept={key: tuple(text.partition("=")[2] for text in col) for key, col in values.items() if len(col) > 1},
        jobs=tuple(itertools.product(*values.values())),
        settings=settings,
        choices_of=choices_of,
        config_text=text,
    )


def config_text(config: Any, without: str = "") -> str:
    """Composed config as YAML, Hydra's own node left out."""
    from omegaconf import OmegaConf

    keys = [key for key in config if key not in ("hydra", "experiments", without)]
    return str(OmegaConf.to_yaml(OmegaConf.masked_copy(config, keys)))


def _choices(config: Any) -> dict[str, str]:
    """Decision to the name of the file taken."""
    chosen = {str(key): name for key, name in config.hydra.runtime.choices.items()}
    return {key: str(name) for key, name in chosen.items() if name is not None and key in DECISIONS}


def _as_typed(key: str, column: Sequence[str], override: Any) -> str:
    """Write the override as it goes to Hydra's command line."""
    return f"{key}=" + ",".join(text.partition("=")[2] for text in column) if len(column) > 1 else column[0]


def run_jobs(plan: Plan, job: Callable[[Any], None], launcher: Sequence[str] = (), last: Sequence[str] = ()) -> None:
    """Run a Hydra multirun: ``job`` once for each study of the plan, through the configured launcher.

    ``job`` gets the composed config. A study that fails says so in its run, and the others go on: it raises a
    StoreError alone.
    ``launcher`` and ``last`` hold further overrides of Hydra's, before and after the user's own, by which the studies
    go to other processes.
    """
    import hydra

    # Errors reach us as exceptions instead of Hydra's own printing and exit.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    with tempfile.TemporaryDirectory(prefix="segment-") as scratch:
        # Hydra names its folder by the second, so that two sweeps at once collide; and nobody wants it in their folder.
        quiet = [
            f"hydra.sweep.dir='{scratch}'",
            f"hydra.run.dir='{scratch}'",
            "hydra.output_subdir=null",
            "hydra/job_logging=none",
            "hydra/hydra_logging=none",
            *launcher,
        ]
        before = sys.argv
        # Flags such as --cfg show one job.
        sys.argv = ["segment", *plan.flags, *quiet, *(plan.jobs[0] if plan.flags else plan.overrides), *last]
        try:
            hydra.main(version_base="1.3", config_path=str(shipped_root() / "conf"), config_name=plan.command)(job)()
        except Exception as error:
            if os.environ.get("SEGMENT_DEBUG") or isinstance(error, StoreError):
                raise
            raise settings_error(error, SCHEMAS[plan.command]) from error
        finally:
            sys.argv = before
