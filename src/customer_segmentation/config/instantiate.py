"""Scalers and estimators made from their configs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from customer_segmentation.clustering.clusterer import COUNTS, asked_parameters, parameters_of
from customer_segmentation.config.errors import first_words
from customer_segmentation.config.targets import check_targets
from customer_segmentation.errors import SettingsError, StudyError
from customer_segmentation.settings.trusted import trusted_modules


def make_scaler(spec: Any, name: str) -> Any:
    """Build a scikit-learn transformer from its ``_target_``, or None where the scaling is none.

    Parameters
    ----------
    spec : ``_target_`` and parameters; None: the numbers stay as they are
    name : of the scaling, for messages
    """
    if spec is None:
        return None
    return _instance(spec, f"scaling={name}", "scaling.scaler", methods=("fit_transform", "get_feature_names_out"))


def make_estimator(spec: Any, name: str, k: int, seed: int) -> Any:
    """Build an unfitted clusterer from its ``_target_`` for one k and seed.

    Parameters
    ----------
    spec : ``_target_`` and parameters
    name : of the algorithm, for messages
    k : number of clusters
    seed : fixes its random starts

    Raises
    ------
    SettingsError
        It cannot be made, or is no clusterer.
    """
    if not isinstance(spec, Mapping):
        raise SettingsError(f"clustering={name}: expected clustering.estimator._target_, a scikit-learn clusterer.")
    check_targets(spec, where=f"clustering={name}: clustering.estimator")  # before it is imported
    arguments = _arguments_of(spec)
    asked = asked_parameters(arguments, k, seed)
    if arguments and not asked:
        raise SettingsError(
            f"clustering={name}: {spec['_target_']} takes no number of clusters; expected one of {', '.join(COUNTS)} "
            "among its arguments."
        )
    return _instance({**spec, **asked}, f"clustering={name}", "clustering.estimator", methods=("fit", "predict"))


def refuse_overruled(spec: Mapping[str, Any], name: str) -> None:
    """Refuse parameters of an algorithm that every study sets itself: logged, they would not be those of the fit.

    Parameters
    ----------
    spec : ``_target_`` and parameters
    name : of the algorithm, for messages

    Raises
    ------
    SettingsError
        Names the first of them.
    """
    for key in asked_parameters(_arguments_of(spec), 2, 0):
        if key in spec:
            says = "seed=" if key == "random_state" else "k="
            raise SettingsError(
                f"clustering={name}: clustering.estimator.{key}={spec[key]} has no effect, {says} says that."
            )


def _arguments_of(spec: Mapping[str, Any]) -> list[str]:
    """Names of the arguments of what ``_target_`` names; none where it cannot be read: making it says why."""
    from hydra.utils import get_object

    try:
        return parameters_of(get_object(str(spec["_target_"])))
    except Exception:  # noqa: BLE001 - a wrong target is told where it is made
        return []


def _instance(spec: Any, choice: str, where: str, *, methods: tuple[str, ...]) -> Any:
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate

    if not isinstance(spec, Mapping) or "_target_" not in spec:
        raise SettingsError(f"{choice}: {where} has no _target_; name a scikit-learn class there.")
    check_targets(spec, where=f"{choice}: {where}")
    try:
        made = instantiate(dict(spec), _convert_="all")  # lists and mappings as Python has them, which can be stored
    except (InstantiationException, TypeError, ValueError) as error:
        cause = error.__cause__ or error
        text = first_words(cause)
        raise SettingsError(f"{choice}: {where} cannot make {spec['_target_']}: {text}.") from error
    missing = [method for method in methods if not hasattr(made, method)]
    if missing:
        raise SettingsError(f"{choice}: {spec['_target_']} has no {missing[0]}; {where} needs a scikit-learn object.")
    _check_memory(made, choice)
    _check_storable(made, choice)
    if hasattr(made, "_parameter_constraints"):  # which scikit-learn's own classes declare, and few others
        try:
            made._validate_params()
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{choice}: {where}: {error}") from error
    return made


def _check_memory(made: Any, choice: str) -> None:
    """Refuse a cache of fits: joblib keeps it as pickles, and a folder may bring some of its own.

    Raises
    ------
    SettingsError
        An estimator has a ``memory``, or is to get one: whatever it lies in.
    """
    for memory in _memories(made, set()):
        raise SettingsError(
            f"{choice}: memory={memory} keeps fits as pickles, which run code where they are read; leave it out."
        )


def _memories(value: Any, seen: set[int]) -> Iterator[Any]:
    """What is given as ``memory`` anywhere within an estimator: its own parameters, and lists and grids of others."""
    if id(value) in seen or isinstance(value, type):
        return
    seen.add(id(value))
    given = value
    if hasattr(value, "get_params"):
        given = value.get_params(deep=False)
    if isinstance(given, Mapping):
        for name, item in given.items():
            if str(name).rpartition("__")[2] == "memory" and item is not None:
                yield item
            yield from _memories(item, seen)
    elif isinstance(given, list | tuple | set | frozenset):
        for item in given:
            yield from _memories(item, seen)


def _check_storable(made: Any, choice: str) -> None:
    """Refuse here, before any work, what the model of a study could not store.

    Raises
    ------
    SettingsError
        It holds what a stored model may not.
    """
    from customer_segmentation.model.files import pipeline_bytes

    try:
        pipeline_bytes(made, trusted_modules())
    except StudyError as error:
        raise SettingsError(f"{choice}: {error}") from error
