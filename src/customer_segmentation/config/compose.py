"""Compose the configs of a command before any work: every job of a sweep is known, and checked, beforehand."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from customer_segmentation.config.composed import (
    choices_of,
    config_text,
    name_versions,
    text_at_versions,
    texts_of,
    to_settings,
)
from customer_segmentation.config.environment import noting_taken, taken_by, watch_environment
from customer_segmentation.config.errors import settings_error
from customer_segmentation.config.folder_files import begin_reading, check_composed, check_elsewhere, files_read
from customer_segmentation.config.hydra_app import COMPOSING, register_schemas, register_search_path
from customer_segmentation.config.named_table import data_config_of
from customer_segmentation.config.overrides import (
    by_key,
    going_with_data,
    k_list,
    refuse,
    refuse_flags,
    refuse_no_choice,
    spelled_out,
    values_of,
)
from customer_segmentation.config.paths import shipped_root
from customer_segmentation.config.quoting import init_words, split_flags
from customer_segmentation.config.schemas import SCHEMAS
from customer_segmentation.errors import DataError, SegmentError, debugging
from customer_segmentation.secrets import HidesSecrets, remember_words
from customer_segmentation.settings.credentials import KEYS
from customer_segmentation.settings.limits import check_limits
from customer_segmentation.settings.trusted import take_trusted


@dataclass(frozen=True, repr=False)
class ComposedJob(HidesSecrets):
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


@dataclass(frozen=True, repr=False)
class Plan(HidesSecrets):
    """What a command line amounts to.

    Attributes
    ----------
    overrides : tuple of str
        The overrides as Hydra gets them: quoted, and with every form of a sweep over k folded into one list.
    swept : dict
        Key to its values, for each key with more than one study.
    columns : tuple of tuple of str
        The overrides of each key, one for each of its values.
    settings : list
        Typed settings of the first job, then of one job for each further value of each swept key.
    choices_of : list
        Decision to the name of the file taken, for each of ``settings``.
    texts : list
        Key to its YAML in the composed config, for each of ``settings``.
    configures_hydra : bool
        The user or a preset says how Hydra runs jobs (``hydra.callbacks``, ``hydra.job.env_set``, ...).
    taken : tuple of Path
        Files of the user's folders that were read.
    versions : mapping
        Address of a model as it was asked for (`clustering.init`) to that of its version, by which jobs name it.
    """

    command: str
    flags: tuple[str, ...]
    overrides: tuple[str, ...]
    swept: dict[str, tuple[str, ...]]
    columns: tuple[tuple[str, ...], ...]
    settings: tuple[Any, ...]
    choices_of: tuple[dict[str, str], ...]
    texts: tuple[dict[str, str], ...]
    configures_hydra: bool = False
    taken: tuple[Path, ...] = ()
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def at_versions(self, versions: Mapping[str, str]) -> Plan:
        """Return the plan whose jobs start at versions of models, where it names what moves, such as an alias.

        Parameters
        ----------
        versions : address as it was asked for to that of the version
        """
        asked = [one.clustering for one in self.settings]
        named = [replace(one, init=versions.get(one.init or "", one.init)) for one in asked]
        settings = tuple(replace(one, clustering=node) for one, node in zip(self.settings, named, strict=True))
        texts = tuple({**one, "clustering": text_at_versions(one["clustering"], versions)} for one in self.texts)
        return replace(self, settings=settings, texts=texts, versions=versions)

    @cached_property
    def jobs(self) -> tuple[tuple[str, ...], ...]:
        """The overrides of each study, in Hydra's order."""
        return tuple(itertools.product(*self.columns))

    @property
    def choices(self) -> dict[str, str]:
        """Decision to the name of the file taken, for the first job."""
        return self.choices_of[0]

    @property
    def config_text(self) -> str:
        """Composed config of the first job, as YAML."""
        return "".join(self.texts[0].values())

    def composed_jobs(self) -> Iterator[ComposedJob]:
        """Yield every job as Hydra would compose it, from what is composed already.

        A job that differs from the first one in several keys takes what each of them changed. Where two of them
        changed the same part of the config, the job is composed; and so are all, if the last one, which differs in
        every key, is not what Hydra makes of it.
        """
        made = [self._made_up(number) for number in range(len(self.jobs))]
        last = len(made) - 1
        if len(self.swept) > 1 and made[last] not in (None, self.compose_job(self.jobs[last], last)):
            made = [None] * len(made)
        for number, job in enumerate(made):
            yield job or self.compose_job(self.jobs[number], number)

    def _made_up(self, number: int) -> ComposedJob | None:
        """Make a job up from what each of its overrides changes in the first job; None if two change the same."""
        first, rest, start = self._parts(0), number, len(self.settings)
        changed: dict[tuple[str, str], Any] = {}
        for column in reversed(self.columns):
            rest, at = divmod(rest, len(column))
            start -= len(column) - 1
            own = self._parts(start + at - 1) if at else first
            new = {key: own.get(key) for key in {**first, **own} if own.get(key) != first.get(key)}
            if changed.keys() & new.keys():
                return None
            changed |= new
        settings = {name: value for (kind, name), value in changed.items() if kind == "settings"}
        choices, texts = (
            {name: value for (kind, name), value in {**first, **changed}.items() if kind == wanted and value}
            for wanted in ("choice", "text")
        )
        texts.pop("k", None)
        own_settings = replace(self.settings[0], **settings)
        return ComposedJob(own_settings, choices, self.jobs[number], number, "".join(texts.values()))

    def _parts(self, index: int) -> dict[tuple[str, str], Any]:
        """Settings, choices and texts of a composed config, by kind and key."""
        settings = self.settings[index]
        return (
            {("settings", item.name): getattr(settings, item.name) for item in dataclasses.fields(settings)}
            | {("choice", key): name for key, name in self.choices_of[index].items()}
            | {("text", key): text for key, text in self.texts[index].items()}
        )

    def compose_job(self, overrides: Sequence[str], number: int) -> ComposedJob:
        """Compose one job again, from its overrides and with its number.

        Parameters
        ----------
        overrides : of the study
        number : of the job
        """
        from hydra import compose, initialize_config_dir

        with COMPOSING, initialize_config_dir(str(shipped_root() / "conf"), version_base="1.3"):
            config = compose(self.command, list(overrides), return_hydra_config=True)
            name_versions(config, self.versions)
            return ComposedJob(
                to_settings(config),
                choices_of(config.hydra),
                tuple(overrides),
                number,
                config_text(config, without="k"),
            )


def plan(command: str, arguments: Sequence[str]) -> Plan:
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
    flags, overrides = split_flags(init_words(arguments) if command == "init" else arguments)
    refuse_flags(flags, {})
    remember_words(overrides)
    watch_environment()
    overrides = [spelled_out(override) for override in overrides]
    register_schemas()
    register_search_path()
    try:
        with COMPOSING, initialize_config_dir(str(shipped_root() / "conf"), version_base="1.3"):
            begin_reading()
            parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
            given = by_key(parser.parse_overrides(overrides))
            typed = set(given)
            refuse(given, schema)
            if "k" in given:
                given["k"] = parser.parse_override(f"k={k_list(given['k'])}")
            given, base, composed_with = _completed(command, given, parser, shown_only=bool(flags))
            values = {key: values_of(item) for key, item in given.items()}
            first, *others = _each_once(list(values.values()))
            composed = [
                base if sorted(first) == sorted(composed_with) else compose(command, first, return_hydra_config=True)
            ]
            composed += [compose(command, job, return_hydra_config=True) for job in others]
            taken = files_read()
            for config in composed:
                check_composed(config.hydra, typed)
            settings = tuple(to_settings(config) for config in composed)
            _check_elsewhere(settings, composed, typed)
            chosen = tuple(choices_of(config.hydra) for config in composed)
            texts = tuple(texts_of(config) for config in composed)
            for one in () if flags else settings:  # a flag such as --cfg shows what is wrong
                check_limits(one)
    except SegmentError:
        raise
    except Exception as error:
        if debugging():
            raise
        raise settings_error(error, schema, overrides) from error
    swept = {key: tuple(text.partition("=")[2] for text in col) for key, col in values.items() if len(col) > 1}
    refuse_flags(flags, {key: found for key, found in swept.items() if key in typed})
    return Plan(
        command=command,
        flags=tuple(flags),
        overrides=tuple(_as_typed(key, column) for key, column in values.items()),
        swept=swept,
        columns=tuple(map(tuple, values.values())),
        settings=settings,
        choices_of=chosen,
        texts=texts,
        configures_hydra=_configures_hydra(given, base),
        taken=taken,
    )


def _completed(
    command: str, given: dict[str, Any], parser: Any, *, shown_only: bool
) -> tuple[dict[str, Any], Any, list[str]]:
    """Add what the table and the preset say where the command line does not, and compose what is the same for all jobs.

    Returns the overrides by key, the config, and the words it was composed from.
    """
    from hydra import compose

    composed_with = [str(item.input_line) for item in given.values() if not item.is_sweep_override()]
    base = compose(command, composed_with, return_hydra_config=True)
    known = None
    with contextlib.suppress(*([DataError] if shown_only else [])):  # a config is shown without its table, too
        known = data_config_of(base, given)
    if known is not None:
        given = {"data": parser.parse_override(f"data={known}"), **given}
        composed_with = [f"data={known}", *composed_with]
        base = compose(command, composed_with, return_hydra_config=True)
    for key, value in going_with_data(base, given).items():
        given[key] = parser.parse_override(f"{key}={value}")
    params = base.hydra.sweeper.get("params") or {}
    for key, value in params.items():
        if key not in given:
            override = parser.parse_override(f"{key}={value}")
            given[key] = parser.parse_override(f"k={k_list(override)}") if key == "k" else override
    given = {key: given[key] for key in dict.fromkeys([*params, *given])}  # Hydra's order
    refuse(given, SCHEMAS[command])  # with what preset and table say
    refuse_no_choice(command, base.hydra.runtime.choices)
    return given, base, composed_with


def _check_elsewhere(settings: Sequence[Any], composed: Sequence[Any], typed: set[str]) -> None:
    """Look at where jobs send what, with the variables that each address took; a preset's sweep is overrides by now."""
    with noting_taken() as of_preset:
        dict(composed[0].hydra.sweeper.get("params") or {})
    for one, config in zip(settings, composed, strict=True):
        taken = {key: (*names, *of_preset) for key, names in taken_by(config, KEYS).items()}
        check_elsewhere(one, typed, taken)


def _each_once(columns: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Jobs in which every value stands at least once: the first of all, then one further at a time."""
    first = [column[0] for column in columns]
    yield first
    for position, column in enumerate(columns):
        for further in column[1:]:
            yield [*first[:position], further, *first[position + 1 :]]


def _configures_hydra(given: Mapping[str, Any], config: Any) -> bool:
    """Whether anything but Hydra's defaults says how it runs jobs.

    Parameters
    ----------
    given : key to Hydra's override
    config : as Hydra composed it
    """
    hydra = config.hydra
    own = bool(hydra.callbacks or hydra.job.env_set or hydra.job.chdir)
    return own or any(key.lstrip("+~").startswith("hydra") for key in given)


def _as_typed(key: str, column: Sequence[str]) -> str:
    """Write the override as it goes to Hydra's command line."""
    return f"{key}=" + ",".join(text.partition("=")[2] for text in column) if len(column) > 1 else column[0]
