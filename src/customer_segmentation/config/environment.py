"""Environment variables in settings: what ``${oc.env:NAME}`` puts there is remembered as a secret."""

from __future__ import annotations

import functools
import os
import re
from typing import Any

from customer_segmentation.config.overrides import DECISIONS
from customer_segmentation.config.paths import options_of
from customer_segmentation.secrets import remember_variable


@functools.cache
def watch_environment() -> None:
    """Let OmegaConf's ``oc.env`` tell what it takes from the environment; its answers stay the same."""
    from omegaconf import OmegaConf
    from omegaconf.resolvers import oc

    def env(name: str, *default: Any) -> Any:
        value = oc.env(name, *default)
        taken = os.environ.get(name)
        # the name of a config file is no secret, and runs are found by it
        if taken and not any(taken in options_of(group) for group in DECISIONS):
            remember_variable(name, taken)
        return value

    OmegaConf.register_new_resolver("oc.env", env, replace=True)


def variables_in(text: str) -> list[str]:
    """Environment variables that a config refers to: where it sends them is for the user to judge.

    >>> variables_in("path: mysql://${oc.env:LOGIN}@host/crm")
    ['LOGIN']
    """
    return sorted(set(re.findall(r"oc\.env:\s*([^\s,}]+)", text)))
