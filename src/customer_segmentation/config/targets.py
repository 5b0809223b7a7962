"""Which objects a config may ask for: data never becomes code.

``_target_`` names any class or function of any package, and making it calls it. A config may come from anywhere: a
downloaded project, the run of somebody else. What it names is looked at before anything is imported or called.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from customer_segmentation.errors import SettingsError
from customer_segmentation.secrets import is_secret, redact
from customer_segmentation.settings.trusted import KEY, own_settings_file, trusted_modules

TARGET = "_target_"
OWN = "customer_segmentation.clustering."
#: Functions of scikit-learn that put estimators together, and the one by which a config names a function of numpy.
FACTORIES = frozenset(["sklearn.pipeline.make_pipeline", "sklearn.pipeline.make_union",
                       "sklearn.compose.make_column_transformer"])  # fmt: skip
BY_NAME = frozenset(["hydra.utils.get_method", "hydra.utils.get_object"])


def check_targets(spec: Any, *, where: str) -> None:
    """Refuse a config that asks for anything but an estimator.

    Parameters
    ----------
    spec : mapping, list or plain value
        May hold ``_target_`` on any level.
    where : str
        The choice and key that it stands under, for the message.

    Raises
    ------
    SettingsError
        A name that is neither an estimator of scikit-learn or of ours, nor of a module that the user trusts; or a text
        that would be resolved to something else.
    """
    # What is resolved by now and still holds one was escaped. Hydra resolves it, twice, when it makes the object, which
    # would become what nothing has looked at.
    reference = next((text for text in _texts(spec) if "${" in text), None)
    if reference is not None:
        raise SettingsError(
            f"{where} holds {reference!r}; expected a plain value, without ${{, and nothing was called."
        )
    secret = next((text for text in _texts(spec) if is_secret(text)), None)
    if secret is not None:
        raise SettingsError(
            f"{where} holds {redact(secret)}, and a model keeps the parameters of its estimators as they are; give a "
            "plain value that is not secret."
        )
    for node in _nodes(spec):
        name = node.get(TARGET)
        if not isinstance(name, str) or not _allowed(name, node):
            shown = f"{name} of {node.get('path')}" if name in tuple(BY_NAME) else name
            raise SettingsError(
                f"{where} names {shown}, which is not an estimator of scikit-learn, and nothing of it was called; "
                f"if it is your own and you trust it, name its package with {KEY}=[PACKAGE] on the command line, or in "
                f"{own_settings_file()}."
            )


def _texts(spec: Any) -> Iterator[str]:
    """All texts in a config, keys too."""
    if isinstance(spec, str):
        yield spec
    elif isinstance(spec, Mapping):
        for pair in spec.items():
            yield from _texts(pair)
    elif isinstance(spec, Sequence):
        for item in spec:
            yield from _texts(item)


def _nodes(spec: Any) -> Iterator[Mapping[str, Any]]:
    """All mappings in a config that ask for an object."""
    if isinstance(spec, Mapping):
        if TARGET in spec:
            yield spec
        for item in spec.values():
            yield from _nodes(item)
    elif isinstance(spec, Sequence) and not isinstance(spec, str):
        for item in spec:
            yield from _nodes(item)


def _allowed(name: str, node: Mapping[str, Any]) -> bool:
    if name in FACTORIES:
        return True
    if name in BY_NAME:
        from customer_segmentation.model.trust import FUNCTIONS

        path = str(node.get("path"))
        return set(node) == {TARGET, "path"} and (path in FUNCTIONS or is_trusted(path))
    return is_trusted(name) or _is_estimator(name)


def is_trusted(name: str) -> bool:
    """Whether the user trusts a module in which a name is, by that module's whole name or that of a package above."""
    module = name.rpartition(".")[0]
    return any(module == trusted or module.startswith(f"{trusted}.") for trusted in trusted_modules())


def _is_estimator(name: str) -> bool:
    """Whether a name is that of an estimator of scikit-learn or of ours; only modules of these two are imported."""
    module, _, kind = name.rpartition(".")
    if not (module.startswith("sklearn.") or f"{module}.".startswith(OWN)):
        return False
    from sklearn.base import BaseEstimator

    from customer_segmentation.model.trust import READERS

    try:
        found = getattr(importlib.import_module(module), kind, None)
    except ImportError:
        return False
    if found is None and module.startswith("sklearn."):
        return True  # making it fails with a sentence on the name
    made_in = getattr(found, "__module__", "")
    estimator = isinstance(found, type) and issubclass(found, BaseEstimator) and made_in != READERS
    return estimator and made_in.startswith(("sklearn.", OWN))
