"""Packages whose code the user trusts by name: said on the command line or in their own file, never in a project."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.call_variables import set_variables, variable

KEY = "trusted_modules"
#: By it the processes of a command know what was said on its command line; of a call, see `call_variables`.
VARIABLE = "SEGMENT_TRUSTED_MODULES"
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def own_settings_file() -> Path:
    """The user's own settings, outside of every project."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    top = Path(folder) if os.path.isabs(folder) else Path.home() / ".config"
    return top / "customer-segmentation" / "settings.yaml"


def trusted_modules() -> tuple[str, ...]:
    """Names of the packages and modules that the user trusts.

    Raises
    ------
    SettingsError
        Their settings file cannot be read, or holds something else than names.
    """
    said = (variable(VARIABLE) or "").split()
    return tuple(dict.fromkeys([*said, *_of_file(own_settings_file())]))


def take_trusted(arguments: Sequence[str]) -> list[str]:
    """Remember what ``trusted_modules=`` of a command line names; return the other words.

    Parameters
    ----------
    arguments : sequence of str
        Words after ``segment COMMAND``.

    Raises
    ------
    SettingsError
        What stands there is no list of names.
    """
    others, named = [], []
    for word in arguments:
        if word.startswith(f"{KEY}="):
            text = word.partition("=")[2].strip()
            text = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
            named += _names([part.strip().strip("'\"") for part in text.split(",") if part.strip()], word)
        else:
            others.append(word)
    if named:
        set_variables({VARIABLE: " ".join(named)})
    return others


def _of_file(path: Path) -> list[str]:
    if not path.is_file():
        return []
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read ({type(error).__name__}); mend or remove it.") from error
    unknown = [str(key) for key in content if key != KEY] if isinstance(content, dict) else ["no mapping"]
    if unknown:
        raise SettingsError(f"{path} holds {unknown[0]}; expected {KEY} alone.")
    return _names(content.get(KEY) or [], str(path))


def _names(names: object, where: str) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise SettingsError(f"{where}: expected names of packages or modules, such as {KEY}=[my_package].")
    return names
