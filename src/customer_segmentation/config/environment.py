"""Environment variables in settings: what ``${oc.env:NAME}`` puts there is remembered as a secret."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from customer_segmentation.config.overrides import DECISIONS
from customer_segmentation.config.paths import options_of
from customer_segmentation.secrets import remember_variable

#: Variables that the settings took since `forget_taken`, in order.
_taken: dict[str, None] = {}
#: The same of a block of code that asks for them.
_NOTED: ContextVar[dict[str, None] | None] = ContextVar("noted_variables", default=None)


def forget_taken() -> None:
    """Forget which variables were taken: another command line is composed."""
    _taken.clear()


def variables_taken() -> list[str]:
    """Variables that the settings took since `forget_taken`, however the configs spell it."""
    return list(_taken)


@contextlib.contextmanager
def noting_taken() -> Iterator[dict[str, None]]:
    """Note the variables that settings take within a block, in order and however their text spells it."""
    noted: dict[str, None] = {}
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def taken_by(config: Any, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Variables that each of some settings takes, whatever it makes of their values: its text may spell that anyhow.

    Parameters
    ----------
    config : as it was composed, before it is resolved, or its YAML
    keys : of settings, with dots
    """
    from omegaconf import OmegaConf

    watch_environment()
    config = OmegaConf.create(config) if isinstance(config, str) else config
    found = {}
    for key in keys:
        with noting_taken() as noted:
            OmegaConf.select(config, key)
        found[key] = tuple(noted)
    return found


def _note(name: str) -> None:
    _taken[name] = None
    if (noted := _NOTED.get()) is not None:
        noted[name] = None


@functools.cache
def watch_environment() -> None:
    """Let OmegaConf's ``oc.env`` tell what it takes from the environment; its answers stay the same."""
    from omegaconf import OmegaConf
    from omegaconf.resolvers import oc

    # it goes to other processes with Hydra's state, so that it names functions of this module and nothing else
    def env(name: str, *default: Any) -> Any:
        value = oc.env(name, *default)
        _note(name)
        taken = os.environ.get(name)
        # the name of a config file is no secret, and runs are found by it
        if taken and not any(taken in options_of(group) for group in DECISIONS):
            remember_variable(name, taken)
        return value

    OmegaConf.register_new_resolver("oc.env", env, replace=True)


def variables_in(text: str) -> list[str]:
    """Environment variables that a config refers to, comments apart: where it sends them is for the user to judge.

    >>> variables_in("path: mysql://${oc.env:LOGIN}@host/crm # not ${oc.env:HOME}")
    ['LOGIN']
    """
    return sorted({name for part in _scalars(text) for name in re.findall(r"oc\.env:\s*([^\s,}]+)", part)})


def _scalars(text: str) -> list[str]:
    """Texts of a YAML file as they are read: a file may spell a sign by its number."""
    if "$" not in text and "\\" not in text:
        return []
    import yaml

    try:
        return [str(token.value) for token in yaml.scan(text, yaml.SafeLoader) if isinstance(token, yaml.ScalarToken)]
    except (yaml.YAMLError, RecursionError):
        return [text]
