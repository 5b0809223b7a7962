"""What a project's own configs may ask of Hydra itself, and which of them a command takes."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.environment import forget_taken, variables_in, variables_taken
from customer_segmentation.config.paths import config_folders, options_of, shipped_root
from customer_segmentation.config.targets import TARGET
from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import listed
from customer_segmentation.secrets import redact
from customer_segmentation.settings.credentials import check_credentials
from customer_segmentation.settings.named_servers import cluster_mark, is_named, remember_named
from customer_segmentation.tracking.store_address import SQLITE

if TYPE_CHECKING:
    from customer_segmentation.config.compose import Plan

NOTICES = logging.getLogger(__name__)
#: Of a launcher: sizes and names. `setup`, `python`, `additional_parameters` and the like are commands.
LAUNCHER = frozenset(
    """
    n_jobs backend prefer require verbose timeout pre_dispatch batch_size timeout_min cpus_per_task gpus_per_node
    tasks_per_node mem_gb nodes name partition qos comment constraint exclude gres cpus_per_gpu gpus_per_task
    mem_per_gpu mem_per_cpu account array_parallelism max_num_timeout signal_delay_s ray.init.num_cpus
    ray.remote.num_cpus
    """.split()  # noqa: SIM905 - as a list it is four times as long
)


#: What Hydra may make of its own node: its parts and those of its installed plugins.
PARTS = ("hydra._internal.", "hydra_plugins.")

#: Where a command writes outside of its store, what it may replace, and what moves a champion, by its schema.
WRITTEN = {
    "PromoteSettings": ("run_id", "alias", "force", "reason", "quiet"),
    "RollbackSettings": ("version", "reason", "quiet"),
    "ScoreSettings": ("output", "rejects", "table", "overwrite", "quiet"),
    "ReportSettings": ("output", "slides", "overwrite"),
    "ExportSettings": ("output", "overwrite"),
    "InitSettings": ("force",),
}

#: Files of folders that Hydra has read, in order.
_read: list[Path] = []


def begin_reading() -> None:
    """Forget which files were read: another command line is composed.

    Raises
    ------
    SettingsError
        A folder of configs cannot be read: Hydra would pass over it, and take the shipped files instead.
    """
    _read.clear()
    forget_taken()
    before, after = config_folders()
    tops = [*before, *(folder / "experiments" for folder in after)]
    for top in (top for top in tops if top.is_dir()):
        for folder in (top, *_folders_in(top)):
            if not os.access(folder, os.R_OK | os.X_OK):
                raise SettingsError(
                    f"{folder} cannot be read by this user, so that its files would be passed over; make it readable, "
                    "or run the command in another folder."
                )


def _folders_in(top: Path) -> list[Path]:
    try:
        return [item for item in top.iterdir() if item.is_dir()]
    except OSError:
        return []


def files_read() -> tuple[Path, ...]:
    """Files of the user's folders that were read since `begin_reading`, each once."""
    return tuple(dict.fromkeys(_read))


def check_file(folder: Path, config: str, package: str | None, content: Any) -> None:
    """Refuse a file of a project that would make Hydra run something: it is looked at as Hydra reads it.

    On the command line the same key is the user's own word.

    Parameters
    ----------
    folder : Path
        In which Hydra looks.
    config : str
        What it asked for there, such as ``scaling/standard``.
    package : str or None
        Of the file's head.
    content : Any
        As OmegaConf has read it, plain.

    Raises
    ------
    SettingsError
        Names the file and the key.
    """
    path = folder / f"{config.removesuffix('.yaml')}.yaml"
    shown = os.path.relpath(path)
    _read.append(path)
    if "hydra" in str(package or ""):
        raise SettingsError(f"{shown} sets {package}; set it on the command line, as hydra.KEY=...")
    node = content.get("hydra") if isinstance(content, Mapping) else None
    if isinstance(content, Mapping) and "hydra" in content and not isinstance(node, Mapping):
        raise SettingsError(f"{shown}: expected a mapping under hydra.")
    if node:
        _check_keys(node, shown)
    defaults = content.get("defaults") if isinstance(content, Mapping) else None
    first, *inside = [part for part in config.split("/")[:-1] if part] or [""]
    if first == "hydra":
        _check_keys({".".join(inside): content} if inside else content, shown)
        if [line for line in defaults or () if line != "_self_"]:
            raise SettingsError(f"{shown} has defaults; set them on the command line.")
    _check_defaults(defaults, shown)


def check_composed(hydra: Any, typed: Iterable[str]) -> None:
    """Refuse a composed config in which Hydra would make anything but its own parts.

    Files are looked at one by one; this is what they came to.

    Parameters
    ----------
    hydra : DictConfig
        Hydra's own node.
    typed : iterable of str
        Keys of the command line, which may say anything.

    Raises
    ------
    SettingsError
        Names what it would make.
    """
    from omegaconf import OmegaConf

    if any(key.lstrip("+~").startswith("hydra") for key in typed):
        return
    for key, value in _leaves(OmegaConf.to_container(hydra, resolve=False)):
        made = key.rpartition(".")[2] == TARGET and not str(value).startswith(PARTS)
        if made or (key.startswith(("callbacks.", "job.env_set.", "launcher.setup")) and value is not None):
            raise SettingsError(
                f"this folder's configs set hydra.{key}, by which they could run commands; what you want of it goes on "
                f"the command line, as hydra.{key}=..."
            )


def _check_keys(node: Any, shown: str) -> None:
    for key, value in _leaves(node):
        first, _, rest = key.partition(".")
        allowed = key == "mode" or (key == "sweeper.params" and not _of_hydra(value))
        allowed = allowed or (first == "launcher" and rest in LAUNCHER and _is_plain(value))
        if not allowed or TARGET in key:
            raise SettingsError(
                f"{shown} sets hydra.{key}, by which a project's file could run commands; what you want of it goes on "
                f"the command line, as hydra.{key}=..."
            )


def _is_plain(value: Any) -> bool:
    """Whether a value is a number or one line of text: Slurm's are written into a shell script, line by line."""
    return not isinstance(value, Mapping | list) and str(value).isprintable() and "${" not in str(value)


def check_elsewhere(settings: Any, typed: Iterable[str], variables: Mapping[str, Iterable[str]]) -> None:
    """Refuse a cluster that a folder's file names: what it sends is run here; and a server that would get credentials.

    Parameters
    ----------
    settings : of a command
    typed : keys of the command line, which may say anything
    variables : setting to the variables of the environment that it took

    Raises
    ------
    SettingsError
        Names the key and what the file gives.
    """
    for node, name, usual in (("launcher", "address", (None,)), ("engine", "remote", (None, "local", "session"))):
        key, value = f"{node}.{name}", getattr(getattr(settings, node, None), name, usual[0])
        if value in usual:
            continue
        if key in {word.lstrip("+~") for word in typed}:
            remember_named(cluster_mark(str(value)))
        elif not is_named(cluster_mark(str(value))):
            raise SettingsError(
                f"this folder's configs set {key}={redact(str(value))}, and what a cluster sends is run here; if you "
                f"trust it, name it on the command line, as {key}=..."
            )
    _check_written(settings, typed)
    check_credentials(settings, typed, variables)


def _check_written(settings: Any, typed: Iterable[str]) -> None:
    """Refuse a place to write to, or leave to replace, that is not the user's own word.

    Raises
    ------
    SettingsError
        Names the key and what the files give.
    """
    usual, said = type(settings)(), {word.lstrip("+~") for word in typed}
    for key in WRITTEN.get(type(settings).__name__, ()):
        value = getattr(settings, key)
        if key not in said and value != getattr(usual, key):
            sets = re.compile(rf"^\W*{key}\W*:", re.MULTILINE)
            files = [os.path.relpath(path) for path in files_read() if sets.search(path.read_text("utf-8", "replace"))]
            raise SettingsError(
                f"{listed(files) or 'this folder'} sets {key}={redact(str(value))}, and what a command writes, "
                f"replaces or says is said on the command line, as {key}=..."
            )
    uri = str(getattr(getattr(settings, "tracking", None), "uri", None) or "")
    place = os.path.realpath(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or uri == os.environ.get("MLFLOW_TRACKING_URI") or _is_here(place):
        return
    if "tracking.uri" in said:
        remember_named(cluster_mark(place))
    elif not is_named(cluster_mark(place)):
        raise SettingsError(
            f"this folder's configs set tracking.uri={redact(uri)}, a store outside of it, whose champion a command "
            "may replace; if it is the one that you mean, name it once on the command line, as tracking.uri=..."
        )


def _is_here(place: str) -> bool:
    return Path(place).is_relative_to(os.path.realpath(Path.cwd()))


def _leaves(node: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            name = f"{above}{key}"
            if name == "defaults" and not above:
                continue
            yield from _leaves(value, f"{name}.") if name != "sweeper.params" else [(name, value)]
    else:
        yield above.rstrip("."), node


def _of_hydra(params: Any) -> bool:
    """Whether what is swept holds a key of Hydra's own."""
    return not isinstance(params, Mapping) or any("hydra" in str(key) for key in params)


def _check_defaults(defaults: Any, shown: str) -> None:
    """Hydra's own groups are chosen by a word in a list of defaults: of launchers alone, which are shipped.

    Raises
    ------
    SettingsError
        A file of the folder chooses another group of Hydra's, or puts a file into Hydra's own node.
    """
    for line in defaults if isinstance(defaults, list) else ():
        for key in line if isinstance(line, Mapping) else (line,):
            words = str(key).split()
            group, _, package = (words[-1] if words else "").lstrip("/").partition("@")
            of_hydra = group.split("/")[0] == "hydra" and not (group == "hydra/launcher" and isinstance(line, Mapping))
            if of_hydra or "hydra" in package or "${" in str(key):
                raise SettingsError(f"{shown} chooses {key}; set it on the command line.")


def taken_files(plan: Plan, here: Path | None = None, *, called: bool = False) -> list[str]:
    """Files of the current folder that a command takes, as they are told before they are used; none where it is quiet.

    Parameters
    ----------
    plan : Plan
        What was composed.
    here : Path, optional
        The project; default: the current folder.
    called : bool
        From Python, where no call prints an answer: what its files replace is told nevertheless.
    """
    here = (Path.cwd() if here is None else here).resolve()
    shipped = shipped_root().resolve()
    said = any(word.partition("=")[0].lstrip("+") == "quiet" for word in plan.overrides)  # a file may not hide files
    if here == shipped or (said and not called and getattr(plan.settings[0], "quiet", False)):
        return []
    lines, own, told = [], [], set[str]()
    for path in dict.fromkeys([*plan.taken, *_read_apart(plan.settings[0])]):
        if not path.is_relative_to(here):  # of a call from Python
            continue
        shown = path.relative_to(here)
        names = variables_in(path.read_text("utf-8", "replace"))
        told |= {*names}
        lines += [f"{shown} takes {name} from the environment" for name in names]
        if (shipped / shown).is_file():
            lines.append(f"{shown} replaces the shipped file of that name")
        else:
            own.append(str(shown))
    if own or lines:
        others = [name for name in variables_taken() if name not in told | _taken_otherwise(plan)]
        lines += [f"this folder's configs take {name} from the environment" for name in others]
    if own:
        lines.insert(0, f"of this folder's own configs: {', '.join(sorted(own))}")
    return lines


def _taken_otherwise(plan: Plan) -> set[str]:
    """Environment variables that the command line names, or a shipped file that was chosen."""
    chosen = [shipped_root() / "conf" / group / f"{name}.yaml" for group, name in plan.choices.items()]
    texts = [path.read_text("utf-8") for path in chosen if path.is_file()]
    return {name for text in [*texts, *plan.overrides] for name in variables_in(text)}


def tell_taken(plan: Plan, *, called: bool = False) -> None:
    """Say which files of the current folder a command takes.

    Parameters
    ----------
    plan : what was composed
    called : from Python
    """
    for line in taken_files(plan, called=called):
        NOTICES.warning(line)


def _read_apart(settings: Any) -> list[Path]:
    """The files that are read once a command and not by Hydra: contract and playbook."""
    from customer_segmentation.config.playbook_file import playbook_name, playbook_of

    data = getattr(settings, "data", None)
    found = [options_of("contract").get(getattr(data, "contract", None) or "")]
    if hasattr(settings, "segments"):
        found.append(options_of("playbook").get(playbook_name(settings)))
        with contextlib.suppress(SettingsError):  # what is wrong with it is told where it is used
            playbook_of(settings)  # what it takes from the environment is known then
    return [path for path in found if path is not None]
