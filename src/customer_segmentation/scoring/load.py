"""A logged model by its address: ``models:/NAME@ALIAS``, ``models:/NAME/VERSION``, ``runs:/ID/NAME``, a folder."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.formatting import listed, one_line
from customer_segmentation.model.checksums import MANIFEST_TAG, check_manifest
from customer_segmentation.model.files import SEGMENTS, read_model
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.secrets import HidesSecrets
from customer_segmentation.settings.trusted import trusted_modules as trusted_by_user
from customer_segmentation.tracking.models import ARTIFACT, OF_PROMOTION, model_id_in
from customer_segmentation.tracking.moved_store import folder_of, refuse_place
from customer_segmentation.tracking.own_places import download, place_of_model, place_of_run
from customer_segmentation.tracking.resolve import address_of
from customer_segmentation.tracking.store import Store

CHAMPION = "models:/customer-segmentation@champion"


_REGISTERED = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>.+)|/(?P<version>[0-9]+))")


_LOGGED = re.compile(r"models:/(?P<id>m-[0-9a-f]+)")


#: What every model of a sweep was called before it was named after its candidate.
OLD_NAME = "model"


_OF_RUN = re.compile(r"runs:/(?P<run>[0-9a-f]{32})/(?P<name>[^/]+)/?")


@dataclass(frozen=True, repr=False)
class LoadedModel(HidesSecrets):
    """A model and where it is from.

    Attributes
    ----------
    model : SegmentModel
    uri : str
        As it was asked for.
    name, version : str or None
        Of a registered model.
    model_id : str or None
        Of the logged model that it is; None for a folder.
    run_id : str or None
        The run that made it.
    """

    model: SegmentModel
    uri: str
    name: str | None = None
    version: str | None = None
    model_id: str | None = None
    run_id: str | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        if self.name is not None:
            return f"{self.name} version {self.version}"
        study = self.model.about.get("study")
        return f"{study} · k={self.model.about.get('k')} of run {self.run_id}" if study and self.run_id else self.uri


def load_segment_model(uri: str, client: Any = None, *, trusted_modules: Collection[str] = ()) -> LoadedModel:
    """Load a model of ours, by files and without running any code that it brings.

    Parameters
    ----------
    uri : str
        ``models:/NAME@ALIAS``, ``models:/NAME/VERSION``, ``models:/MODEL_ID``, ``runs:/RUN_ID/NAME``, or the folder of
        a downloaded model.
    client : mlflow.MlflowClient, optional
        Of the store; by default that of MLflow's current tracking URI.
    trusted_modules : collection of str
        Packages or modules whose types a model may hold beside scikit-learn's and ours.

    Raises
    ------
    StoreError
        There is no such model, it is not one of ours, or its files are not those that were logged.
    """
    from mlflow.tracking import MlflowClient

    client = client or MlflowClient()
    name, version, model_id = _identity(uri, client)
    with scratch_folder() as scratch:
        folder = Path(uri)
        _refuse_other_address(uri)
        if "://" not in uri and not uri.startswith(("models:/", "runs:/")) and not folder.is_dir():
            raise StoreError(
                f"model={uri} is neither an address nor a folder; expected models:/NAME@ALIAS, models:/NAME/VERSION, "
                f"runs:/RUN_ID/NAME or the folder of a downloaded model.{meant(uri)}"
            )
        if "://" in uri or uri.startswith(("models:/", "runs:/")):
            try:
                place, path = _place(client, uri, name, version, model_id)
                folder = download(client, place, path, Path(scratch))
            except StoreError:
                raise
            except Exception as error:  # each kind of address has a client with errors of its own
                raise StoreError(f"the model {uri} cannot be fetched: {_line(error)}.") from error
        root = folder if (folder / "MLmodel").is_file() else _only_model(folder)
        model_id = model_id or _model_id(root)
        logged = _logged(client, model_id)
        _refuse_other_run(client, uri, name, version, logged)
        # before any of its files is believed
        check_manifest(root, None if logged is None else logged.tags.get(MANIFEST_TAG), uri)
        own = root / "artifacts" / ARTIFACT
        if not (own / SEGMENTS).is_file():
            raise StoreError(
                f"{uri} is not a model of `segment sweep` (it has no artifacts/{ARTIFACT}/{SEGMENTS}); take the model "
                "of a candidate's run, or a version that `segment promote` registered."
            )
        run_id = None if logged is None else logged.source_run_id or None
        model = read_model(own, trusted_modules=[*trusted_modules, *trusted_by_user()])
        return LoadedModel(model, uri, name, version, model_id, run_id)


def _place(client: Any, uri: str, name: str | None, version: str | None, model_id: str | None) -> tuple[str, str]:
    """Where the store says that the files of a model are, and their path there; of another address, itself.

    Raises
    ------
    StoreError
        A version's files are in a folder of this machine without a model: all that is in it would be copied.
    """
    if model_id is not None:
        return place_of_model(client, model_id), ""
    if name is not None:
        place = client.get_model_version_download_uri(name, version)
        refuse_place(client.tracking_uri, place)
        folder = folder_of(place or "")
        if folder is not None and not (folder / "MLmodel").is_file():
            raise StoreError(f"the model {uri} cannot be fetched: its source {place} holds no model (no file MLmodel).")
        return place, ""
    if uri.startswith("runs:/"):
        run_id, _, path = uri.removeprefix("runs:/").strip("/").partition("/")
        return place_of_run(client, run_id), path
    return uri, ""


def _refuse_other_run(client: Any, uri: str, name: str | None, version: str | None, logged: Any) -> None:
    """Refuse a version whose files are of another run than the registry says: it would answer under a wrong name.

    Raises
    ------
    StoreError
        Names both runs.
    """
    if name is None or logged is None:
        return
    said, made = client.get_model_version(name, version).run_id, logged.source_run_id
    if said and made and said != made:
        raise StoreError(
            f"the model {uri} is registered as one of run {said}, and its files are of run {made}: the registry was "
            "altered; `segment promote run_id=ID` registers a candidate again."
        )


def _refuse_other_address(uri: str) -> None:
    """Refuse what is no address of a model, before anything is fetched.

    Raises
    ------
    StoreError
        Says what is expected.
    """
    expected = "expected models:/NAME@ALIAS, models:/NAME/VERSION, runs:/RUN_ID/NAME or the folder of a model"
    if not uri.strip():
        raise StoreError(f"model is empty; {expected}.")
    if uri.startswith("file:"):
        raise StoreError(f"model={uri}: a folder of this machine is given by its path, without file://.")
    if uri.startswith(("http://", "https://")):
        raise StoreError(f"model={uri}: a model is not fetched from a web address; {expected}.")
    if uri.startswith(("models:/", "runs:/")) and re.search(r"[?&]|:[^/]*@", uri.partition(":/")[2]):
        raise StoreError(f"model={uri[: uri.index('/') + 1]}…: the address has a user or parameters; {expected}.")
    if uri.startswith("runs:/") and len([part for part in uri[6:].split("/") if part]) < 2:
        raise StoreError(f"model={uri}: expected runs:/RUN_ID/NAME.")


def _only_model(folder: Path) -> Path:
    """Folder of the one model in a folder; the folder itself where there is none, or more than one."""
    found = [path.parent for path in folder.rglob("MLmodel")]
    return found[0] if len(found) == 1 else folder


def _identity(uri: str, client: Any) -> tuple[str | None, str | None, str | None]:
    """Name and version of a registered model, and the id of the logged model that it is.

    Raises
    ------
    StoreError
        The address names no model, or the registry does not have it.
    """
    from mlflow.exceptions import MlflowException

    logged = _LOGGED.fullmatch(uri)
    if logged:
        return None, None, logged["id"]
    found = _REGISTERED.fullmatch(uri)
    if not found:
        if uri.startswith("models:/"):
            raise StoreError(
                f"model={uri}: expected models:/NAME@ALIAS, models:/NAME/VERSION or runs:/RUN_ID/NAME.{meant(uri)}"
            )
        return None, None, _id_of_run(client, uri)
    name = found["name"]
    try:
        if found["alias"]:
            version = client.get_model_version_by_alias(name, found["alias"])
        else:
            version = client.get_model_version(name, found["version"])
    except MlflowException as error:
        raise StoreError(f"there is no model {uri}: {_registered(client, name)}") from error
    return name, str(version.version), version.model_id or model_id_in(version.source)


def meant(uri: str) -> str:
    """Guess at the address behind a bare name, or a version written as v2.

    Parameters
    ----------
    uri : as it was given
    """
    found = re.fullmatch(r"(?:models:/)?(?P<name>[^/@:]+)(?P<rest>@[^/]+|/v?\d+)?", uri, re.IGNORECASE)
    if not found or len(uri) > 100:
        return ""
    rest = (found["rest"] or "@champion").lower().replace("/v", "/")
    return f" Did you mean models:/{found['name']}{rest}?"


def _registered(client: Any, name: str) -> str:
    """What there is in place of a version that is not there."""
    from mlflow.exceptions import MlflowException

    try:
        model = client.get_registered_model(name)
        versions = sorted(int(item.version) for item in client.search_model_versions(f"name = '{name}'"))
    except MlflowException:
        names = [item.name for item in client.search_registered_models(max_results=5)]
        if not names:
            return "no model is registered; run `segment sweep` and `segment promote`, or give model=runs:/RUN_ID/NAME."
        return f"no model of that name is registered, there is {', '.join(names)}."
    aliases = ", ".join(f"@{alias} (version {number})" for alias, number in sorted(model.aliases.items()))
    newest = ", ".join(map(str, versions[-10:]))
    return f"{name} has the versions {newest or 'none'} and the aliases {aliases or 'none'}; promote one, or name one."


def _model_id(folder: Path) -> str | None:
    """Return the id that a downloaded model gives in its MLmodel file."""
    import yaml

    path = folder / "MLmodel"
    if not path.is_file():
        return None
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):  # altered, as its checksum says
        return None
    return found.get("model_id") if isinstance(found, dict) else None


def _id_of_run(client: Any, uri: str) -> str | None:
    """Return the id of the model that a run has logged under a name: the store's word, and not that of the files.

    The model of a sweep was once called ``model`` whatever it was of: an address that somebody has kept still means it.

    Raises
    ------
    StoreError
        The run has models, and none of that name.
    """
    from mlflow.exceptions import MlflowException

    asked = _OF_RUN.fullmatch(uri)
    if not asked:
        return None
    try:
        run = client.get_run(asked["run"])
        outputs = run.outputs.model_outputs if run.outputs else []
        logged = [client.get_logged_model(output.model_id) for output in outputs]
    except MlflowException:  # the download says what is wrong
        return None
    named = {model.name: str(model.model_id) for model in logged}
    of_sweep = [str(model.model_id) for model in logged if OF_PROMOTION not in model.tags]
    found = named.get(asked["name"]) or next(iter(of_sweep if asked["name"] == OLD_NAME else []), None)
    if named and found is None:
        known = listed(f"runs:/{asked['run']}/{name}" for name in named)
        raise StoreError(f"there is no model {uri}: its run has {known}.")
    return found


def _logged(client: Any, model_id: str | None) -> Any:
    """What the store knows of a logged model; None of one that came from another store."""
    from mlflow.exceptions import MlflowException

    try:
        return None if model_id is None else client.get_logged_model(model_id)
    except MlflowException:
        return None


def _line(error: BaseException) -> str:
    return one_line(str(error) or type(error).__name__).rstrip(".")


def loaded(store: Store, model: str, run_id: str | None, *, trusted_modules: Collection[str] = ()) -> LoadedModel:
    """Load the model that was asked for.

    Parameters
    ----------
    store : where the model is
    model : address of a model
    run_id : a run that holds one, instead of ``model``
    trusted_modules : packages whose types a stored pipeline may hold as well

    Raises
    ------
    SettingsError
        Both are given.
    """
    if run_id is not None and model not in ("", CHAMPION):
        raise SettingsError(f"model={model} and run_id={run_id} name two models; give one of them.")
    return load_segment_model(address_of(store, model, run_id), store.client, trusted_modules=trusted_modules)
