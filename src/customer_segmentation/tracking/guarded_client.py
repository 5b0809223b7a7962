"""MLflow's client, through which no secret is written: params, tags, names and descriptions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from customer_segmentation.secrets import redact

#: What the names of the client's methods that write begin with; those that end a run or an artifact's upload keep
#: their arguments, which are ids and paths.
WRITES = ("create_", "update_", "set_", "log_", "rename_")
_AS_IT_IS = frozenset(["log_artifact", "log_artifacts", "log_model_artifact", "log_model_artifacts", "set_terminated"])


class GuardedClient:
    """An ``mlflow.MlflowClient`` whose writing methods get their texts without secrets.

    Parameters
    ----------
    client : mlflow.MlflowClient
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not name.startswith(WRITES) or name in _AS_IT_IS:
            return found
        return _cleaned(found)


def _cleaned(write: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(write)
    def cleaned(*arguments: Any, **named: Any) -> Any:
        return write(*(_clean(item) for item in arguments), **{key: _clean(item) for key, item in named.items()})

    return cleaned


def _clean(value: Any) -> Any:
    """Value without secrets: texts, mappings, sequences, and MLflow's entities with a text as their value."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(getattr(value, "_value", None), str):
        value._value = redact(value._value)
    return value
