"""What a command line's overrides amount to: refused where they would have no effect, and swept over value by value."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from customer_segmentation.config.errors import suggestion
from customer_segmentation.config.paths import options_of, shipped_root
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.k_values import parse_k

#: Folders of conf/, each of which holds one file that a sweep takes.
DECISIONS = (
    "data",
    "features",
    "scaling",
    "clustering",
    "yardstick",
    "selection",
    "exploration",
    "hypotheses",
    "drift",
    "playbook",
    "tracking",
    "launcher",
    "engine",
    "promotion",
    "experiments",
)

#: Decisions that must be the same for all studies, or their candidates would not compare.
ONE_PER_SWEEP = (
    "data",
    "yardstick",
    "selection",
    "exploration",
    "hypotheses",
    "tracking",
    "launcher",
    "engine",
    "name",
    "quiet",
    "threads",
    "resume",
    "profiles",
    "segments",
)

#: Files that are read once a command and not composed by Hydra: the key under which their name stands.
NAMED_FILES = {"playbook": "segments.playbook"}


def spelled_out(override: str) -> str:
    """``playbook=NAME`` as the key that holds it: Hydra would look for a group of that name to compose.

    >>> spelled_out("playbook=telecom")
    'segments.playbook=telecom'
    """
    key, equals, value = override.partition("=")
    return f"{NAMED_FILES[key]}={value}" if equals and key in NAMED_FILES else override


def by_key(parsed: Sequence[Any]) -> dict[str, Any]:
    """Overrides by their key, of which Hydra would take the last.

    Parameters
    ----------
    parsed : Hydra's overrides

    Raises
    ------
    SettingsError
        A key is given twice, with different values.
    """
    given: dict[str, Any] = {}
    for override in parsed:
        name = str(override.get_key_element()).lstrip("+~").removeprefix("hydra.sweeper.params.")
        first = given.setdefault(name, override)
        if first.input_line != override.input_line:
            raise SettingsError(
                f"{name or override.input_line} is given twice, as {first.input_line} and as {override.input_line}; "
                "give it once."
            )
    return {override.get_key_element(): override for override in given.values()}


#: Settings of Hydra itself that mean something here, where no folder is made for a run and no file of Hydra logged.
_READ_OF_HYDRA = ("hydra.searchpath", "hydra.launcher", "hydra.callbacks", "hydra.job.env_set", "hydra.sweeper.params")


#: Of `tracking`, what a command reads that makes runs from a table: a run is read as it was made.
_OF_A_TABLE = {
    "customers": ("k", "hypotheses"),
    "customers_key": ("k", "hypotheses"),
    "figures": ("k", "hypotheses"),
    "models": ("k",),
    "report": ("k",),
}


def refuse(given: dict[str, Any], schema: type) -> None:
    """Refuse what Hydra would let pass: keys without effect, decisions deleted, sweeps over what studies must share.

    Parameters
    ----------
    given : key to Hydra's override
    schema : of the command

    Raises
    ------
    SettingsError
        Names the first such override.
    """
    _refuse_no_names(given)
    known = [item.name for item in dataclasses.fields(schema)]
    _refuse_unread(given, known)
    _refuse_of_a_table(given, known)
    read = {item.name: item.metadata for item in dataclasses.fields(schema) if "reads" in item.metadata}
    for key, override in given.items():
        name = str(key).lstrip("+~")
        first = name.split(".")[0].split("/")[0].split("@")[0]
        if not name:
            raise SettingsError(f"the override {override.input_line!r} has no key; expected key=value.")
        if first in read and name.removeprefix(f"{first}.").split(".")[0] not in read[first]["reads"]:
            raise SettingsError(f"{name} changes nothing: {read[first]['because']}.")
        if override.is_delete() and name in known:
            raise SettingsError(f"{override.input_line}: {name} cannot be left out; give another with {name}=...")
        if (override.is_add() or override.is_force_add()) and first not in (*known, *DECISIONS, "hydra"):
            raise SettingsError(f"unknown key {first!r}; there are {', '.join(known)}.{suggestion(first, known)}")
        if first == "hydra" and not name.replace("/", ".").startswith(_READ_OF_HYDRA):
            raise SettingsError(
                f"{name} has no effect: of Hydra's own settings {', '.join(_READ_OF_HYDRA)} are read; leave it out."
            )
        if not override.is_sweep_override() or name == "k":
            continue
        if name == "experiments":
            raise SettingsError("experiments takes one preset at a time; run one sweep for each of them.")
        if first in ONE_PER_SWEEP:
            raise SettingsError(
                f"{name} must be the same for all studies of a sweep, or they would not compare; run one sweep for "
                f"each value of {name}."
            )


def _refuse_of_a_table(given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse what says how runs are made from a table, where none is.

    Raises
    ------
    SettingsError
        Names the key.
    """
    for name in (str(key).lstrip("+~") for key in given):
        readers = _OF_A_TABLE.get(name.removeprefix("tracking.")) if name.startswith("tracking.") else None
        if readers and not set(readers) & set(known):
            words = " and ".join("segment sweep" if reader == "k" else "segment explore" for reader in readers)
            raise SettingsError(f"{name} changes nothing here: it is read by {words}; leave it out.")


def _refuse_no_names(given: Mapping[str, Any]) -> None:
    """Refuse what is no name of a file of a decision: of a list Hydra would lay one file over the other.

    Raises
    ------
    SettingsError
        Says what to write instead.
    """
    decisions = {name: override for key, override in given.items() if (name := str(key).lstrip("+~")) in DECISIONS}
    for name, override in decisions.items():
        if override.is_delete():
            continue
        value = override.value()
        for one in value.list if override.is_discrete_sweep() else [value]:
            if isinstance(one, list) and one:
                all_of_them = "" if name in (*ONE_PER_SWEEP, "experiments") else f"; all of them are run by {name}=A,B"
                raise SettingsError(f"{override.input_line}: a list is not the name of a file; give one{all_of_them}.")
            if one is None or isinstance(one, int | float | dict | list):
                raise SettingsError(f"{override.input_line}: expected one of {', '.join(options_of(name))}.")


def _refuse_unread(given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse an empty mapping, which Hydra lays over the one that is there, and one model beside another.

    Raises
    ------
    SettingsError
        Names the keys.
    """
    for key, override in given.items():
        name = str(key).lstrip("+~")
        if name == "headers" or override.is_delete() or override.is_sweep_override() or override.value() != {}:
            continue
        raise SettingsError(
            f"{override.input_line} changes nothing: pairs are added to those that a file gives; take one away with "
            f"~{name}.NAME, or name another file."
        )
    models = [given[name].input_line for name in ("model", "run_id") if name in given and given[name].value()]
    if len(models) > 1 and "promotion" not in known:  # where `model` is a name in the registry
        raise SettingsError(f"{' and '.join(models)} name two models; give one of them.")


def refuse_no_choice(command: str, chosen: Mapping[str, Any]) -> None:
    """Refuse a preset that takes a decision's file away: nothing of it would be read, and nobody told.

    Parameters
    ----------
    command : the word after ``segment``
    chosen : decision to the name of its file, as composed

    Raises
    ------
    SettingsError
        Names the decision.
    """
    for name in decided_by(command):
        if not chosen.get(name):
            raise SettingsError(
                f"{name} has no file, by a list of defaults; expected one of {', '.join(options_of(name))}."
            )


@functools.cache
def decided_by(command: str) -> tuple[str, ...]:
    """Decisions for each of which a command takes a file."""
    from omegaconf import OmegaConf

    primary: Any = OmegaConf.load(shipped_root() / "conf" / f"{command}.yaml")
    lines = [line for line in primary.defaults if not isinstance(line, str)]
    return tuple(name for line in lines for name, usual in line.items() if name in DECISIONS and usual is not None)


def refuse_flags(flags: Sequence[str], swept: Mapping[str, Sequence[str]]) -> None:
    """Refuse words for Hydra itself that would do nothing here, or show something else than what would run.

    Parameters
    ----------
    flags : sequence of str
        Words with a dash in front.
    swept : mapping
        Key to its values, where the user gave several.

    Raises
    ------
    SettingsError
        Says what to write instead.
    """
    word = flags[0] if flags else ""
    if not flags:
        return
    name, _, value = word.partition("=")
    if name in ("-m", "--multirun"):
        raise SettingsError(f"{word} is not needed: of several values, as in scaling=standard,minmax, all are run.")
    if name not in ("--cfg", "-c"):
        raise SettingsError(f"{word}: expected settings as key=value, --help, or --cfg job, which shows the settings.")
    shown = value or (flags[1] if len(flags) > 1 else "")
    if shown != "job" or len(flags) > (1 if value else 2):
        raise SettingsError(f"{' '.join(flags)}: expected --cfg job alone, which shows the settings and does nothing.")
    if swept:
        key, values = next(iter(swept.items()))
        raise SettingsError(
            f"--cfg job shows the settings of one study, and {key} has {len(values)} values; give one of them with "
            f"{key}={values[0]}."
        )


def values_of(override: Any) -> list[str]:
    """Every job's text for one override: one, or as many as it sweeps over.

    Raises
    ------
    SettingsError
        It is a sweep that has no list of values.
    """
    if not override.is_sweep_override():
        return [override.input_line]
    if override.is_range_sweep() and override.value().step == 0:
        raise SettingsError(f"{override.input_line}: the step of a range cannot be 0; leave it out.")
    if not override.is_discrete_sweep():
        raise SettingsError(f"{override.input_line}: expected a list of values such as {override.key_or_group}=a,b,c.")
    texts = list(override.sweep_string_iterator())
    twice = next((text for at, text in enumerate(texts) if text in texts[:at]), None)
    if twice is not None:
        raise SettingsError(f"{override.input_line} holds {twice} twice; give each value once.")
    return [f"{override.get_key_element()}={text}" for text in texts]


def going_with_data(base: Any, given: Mapping[str, Any]) -> dict[str, str]:
    """Decisions that the table brings along (``data.choices``), where neither command line nor preset takes them.

    Hydra's own way, a data file with ``override /features``, fails for every command without features.

    Parameters
    ----------
    base : the composed config
    given : key to Hydra's override

    Raises
    ------
    SettingsError
        The table brings something that is no decision; or the command line has it bring what is decided elsewhere.
    """
    brought = (base.data.choices if "data" in base else None) or {}
    if not brought:
        return {}
    unknown = [str(key) for key in brought if key not in DECISIONS or key in ("data", "experiments")]
    if unknown:
        raise SettingsError(f"data.choices has {unknown[0]!r}; expected decisions such as features and yardstick.")
    now = base.hydra.runtime.choices
    taken = {*given, *_taken_by_preset(now.get("experiments"))}
    for name in (str(key).lstrip("+~") for key in given):
        key = name.removeprefix("data.choices.")
        if key != name and key in taken:
            who = "the command line" if key in given else "the preset"
            raise SettingsError(f"{name} changes nothing: {who} names {key} itself; give {key}=NAME.")
    several = str(base.hydra.mode).endswith("MULTIRUN")
    found = {}
    for key, value in brought.items():
        names = [value] if isinstance(value, str) else [str(name) for name in value or ()]
        if key in now and key not in taken and names:
            found[str(key)] = ",".join(names if several else names[:1])
    return found


def _taken_by_preset(name: str | None) -> set[str]:
    """Decisions that a preset's own file takes: composed, its choices look like those of the primary config."""
    from omegaconf import OmegaConf

    path = options_of("experiments").get(str(name))
    if path is None:
        return set()
    preset: Any = OmegaConf.load(path)
    lines = [str(key) for line in preset.get("defaults") or () if hasattr(line, "keys") for key in line]
    overridden = {line.removeprefix("override ").strip().lstrip("/").split("@")[0] for line in lines}
    return overridden | {str(key) for key in OmegaConf.select(preset, "hydra.sweeper.params") or {}}


def k_list(override: Any) -> str:
    """All k that an override asks for, in whatever form, as one list: an elbow needs them in one study."""
    from omegaconf import OmegaConf

    asked: list[Any] = []
    for text in values_of(override):
        value = OmegaConf.create({"k": None})
        value = OmegaConf.from_dotlist([f"k={text.partition('=')[2]}"]).k
        asked += list(parse_k(OmegaConf.to_container(value) if OmegaConf.is_config(value) else value))
    return "[" + ",".join(str(k) for k in parse_k(asked)) + "]"
