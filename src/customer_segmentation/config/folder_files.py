"""What a project's own configs may ask of Hydra itself, and which of them a command takes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from customer_segmentation.config.paths import shadowed, shipped_root
from customer_segmentation.config.targets import TARGET
from customer_segmentation.errors import SettingsError

#: Of Hydra's own node: what is swept. All else there (callbacks, log handlers, environment, folders) can run code.
SWEEPER = ("mode", "sweeper.params")
#: Of a launcher: sizes and names. `setup`, `python`, `additional_parameters` and the like are commands.
LAUNCHER = frozenset(
    """
    n_jobs backend prefer require verbose timeout pre_dispatch batch_size timeout_min cpus_per_task gpus_per_node
    tasks_per_node mem_gb nodes name partition qos comment constraint exclude gres cpus_per_gpu gpus_per_task
    mem_per_gpu mem_per_cpu account array_parallelism max_num_timeout signal_delay_s ray.init.address ray.init.num_cpus
    ray.remote.num_cpus
    """.split()  # noqa: SIM905 - as a list it is four times as long
)


def check_folder(here: Path | None = None) -> None:
    """Refuse a project whose configs would make Hydra run something: it is looked at before Hydra reads them.

    Raises
    ------
    SettingsError
        Names the file and the key; on the command line the same key is the user's own word.
    """
    here = (Path.cwd() if here is None else here).resolve()
    if here == shipped_root().resolve():
        return
    for path in _files(here):
        shown = os.path.relpath(path, here)
        content = _content(path)
        inside = path.relative_to(here).parts
        if inside[:2] == ("conf", "hydra"):
            group = ".".join(inside[2:-1])
            _check_keys({group: content} if group else content, shown)
        elif isinstance(content, Mapping) and isinstance(content.get("hydra"), Mapping):
            _check_keys(content["hydra"], shown)
        elif isinstance(content, Mapping) and "hydra" in content:
            raise SettingsError(f"{shown}: expected a mapping under hydra.")
        if isinstance(content, Mapping):
            _check_defaults(content.get("defaults"), shown)


def _files(here: Path) -> Iterator[Path]:
    for top in ("conf", "experiments"):
        for pattern in ("*.yaml", "*.yml"):
            yield from sorted((here / top).rglob(pattern))


def _content(path: Path) -> Any:
    import yaml

    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeError, yaml.YAMLError):
        return None  # Hydra says what is wrong, where it is taken


def _check_keys(node: Any, shown: str) -> None:
    for key, value in _leaves(node):
        first, _, rest = key.partition(".")
        allowed = key in SWEEPER or key.startswith("sweeper.params.")
        allowed = allowed or (first == "launcher" and rest in LAUNCHER and isinstance(value, str))
        if not allowed or TARGET in key:
            raise SettingsError(
                f"{shown} sets hydra.{key}, by which a project's file could run commands; what you want of it goes on "
                f"the command line, as hydra.{key}=..."
            )


def _leaves(node: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            name = f"{above}{key}"
            if name == "defaults" and not above:
                continue
            yield from _leaves(value, f"{name}.") if name != "sweeper.params" else [(name, value)]
    else:
        yield above.rstrip("."), node


def _check_defaults(defaults: Any, shown: str) -> None:
    """Hydra's own groups are chosen by a word in a list of defaults: of launchers alone, which are shipped.

    Raises
    ------
    SettingsError
        A file of the folder chooses another group of Hydra's.
    """
    for line in defaults if isinstance(defaults, list) else ():
        for key in line if isinstance(line, Mapping) else ():
            group = str(key).removeprefix("override ").strip().lstrip("/").split("@")[0]
            if (group.startswith("hydra/") and group != "hydra/launcher") or "@hydra" in str(key):
                raise SettingsError(f"{shown} chooses {group}; what you want of it goes on the command line.")


def taken_files(command: str, choices: Sequence[Mapping[str, str]], here: Path | None = None) -> list[str]:
    """Files of the current folder that a command takes, as they are told before they are used.

    Parameters
    ----------
    command : str
    choices : sequence of mapping
        Decision to the name of the file taken, for each job that differs.
    here : Path, optional
        The project; default: the current folder.
    """
    here = (Path.cwd() if here is None else here).resolve()
    if here == shipped_root().resolve():
        return []
    names = {f"{decision}/{name}" for chosen in choices for decision, name in chosen.items()}
    instead = {path.resolve() for path in shadowed(here)}
    lines, own = [], []
    for path in _files(here):
        parts = path.relative_to(here).with_suffix("").parts
        key = "/".join(parts[1:]) if parts[0] == "conf" else "/".join(parts)
        if key not in names and key != command:
            continue
        shown = os.path.relpath(path, here)
        if path.resolve() in instead:
            lines.append(f"{shown} stands in for the shipped file of that name")
        else:
            own.append(shown)
    if own:
        lines.insert(0, f"of this folder's own configs: {', '.join(own)}")
    return lines
