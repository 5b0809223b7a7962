"""The registered model in MLflow: its versions, aliases and history, with as few calls as possible.

A version is made by one call that carries its tags and its description, and the champion is replaced by one call that
moves an alias: a process that is killed anywhere leaves the old champion answering and no version half made.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from customer_segmentation.errors import StoreError
from customer_segmentation.formatting import listed, one_line
from customer_segmentation.registry.champion_history import EVENT, Event, event_tag, read_event
from customer_segmentation.tracking.locks import locked
from customer_segmentation.tracking.models import model_id_in
from customer_segmentation.tracking.settled import only_store
from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_errors import after

CHAMPION = "champion"
CHALLENGER = "challenger"
#: Of a version: passed, refused, or forced.
GATE = "gate"
PAGE = 200
#: Models that are named where the one that was asked for is not there.
SHOWN_MODELS = 10
#: What a version's tag may hold; MLflow refuses more.
TAG_LENGTH = 5000


@dataclass(frozen=True)
class Version:
    """A version of the registered model."""

    number: int
    run_id: str | None
    model_id: str | None
    tags: Mapping[str, str]
    description: str
    created: int  # milliseconds since 1970

    @property
    def gate(self) -> str:
        """Passed, refused or forced; "" of a version that was registered by hand."""
        return self.tags.get(GATE, "")

    @property
    def segments(self) -> dict[int, str]:
        """Numbers of its segments, and their names ("" without one); none where somebody has edited the tag."""
        try:
            listed = json.loads(self.tags.get("segments", "{}"))
            return {int(number): str(name or "") for number, name in listed.items()}
        except (ValueError, AttributeError):
            return {}


class ModelRegistry:
    """A registered model.

    Parameters
    ----------
    store : Store
    name : str
        Of the registered model.
    """

    def __init__(self, store: Store, name: str) -> None:
        self.store, self.name, self.client = store, name, store.client

    def aliases(self) -> dict[str, int]:
        """Alias to version; empty while nothing is registered."""
        model = self._model()
        return {} if model is None else {alias: int(number) for alias, number in model.aliases.items()}

    def champion(self) -> Version | None:
        """Version that answers to ``models:/NAME@champion``."""
        number = self.aliases().get(CHAMPION)
        return None if number is None else self.version(number)

    def version(self, number: int) -> Version:
        """Return one version.

        Raises
        ------
        StoreError
            There is no such version.
        """
        from mlflow.exceptions import MlflowException

        try:
            return _version(self.client.get_model_version(self.name, str(number)))
        except MlflowException as error:
            known = [version.number for version in self.versions()]
            told = f"it has {', '.join(map(str, known))}" if known else "it has none yet; `segment promote` makes one"
            raise StoreError(f"{self.name} has no version {number}; {told}.") from error

    def versions(self) -> list[Version]:
        """All versions, the oldest first."""
        found: list[Version] = []
        token = None
        while True:
            page = self.client.search_model_versions(f"name = '{self.name}'", max_results=PAGE, page_token=token)
            found += [_version(item) for item in page]
            token = page.token
            if not token:
                return sorted(found, key=lambda version: version.number)

    def known_versions(self) -> list[Version]:
        """All versions, of which there is at least one.

        Raises
        ------
        StoreError
            There is none; the message says which models are registered.
        """
        found = self.versions()
        if found:
            return found
        if gone := self.deleted(found):
            raise StoreError(f"{self.name} has no version left: {listed(gone)} deleted; `segment promote` makes one.")
        others = [model.name for model in self.client.search_registered_models(max_results=SHOWN_MODELS)]
        others = [name for name in others if name != self.name]
        named = f"registered: {', '.join(others)}" if others else "`segment promote` makes one"
        raise StoreError(f"{self.name} has no version yet; {named}.")

    def deleted(self, versions: Iterable[Version]) -> list[int]:
        """Numbers of versions that are gone: between those that are there, or known by the history alone.

        Parameters
        ----------
        versions : those that are there
        """
        known = {version.number for version in versions}
        told = {number for event in self.events() for number in (event.before, event.after) if number is not None}
        return sorted(({*range(1, max(known, default=0))} | told) - known)

    def events(self) -> list[Event]:
        """Moves of the champion's alias that were begun, the oldest first."""
        model = self._model()
        tags = {} if model is None else model.tags
        read = {key: read_event(value) for key, value in tags.items() if key.startswith(EVENT)}
        found = [(event.at, key, event) for key, event in read.items() if event is not None]
        return [event for _, _, event in sorted(found, key=lambda item: item[:2])]

    def create(self, *, source: str, run_id: str, model_id: str | None, tags: Mapping[str, str], text: str) -> Version:
        """Make a version, whole or not at all.

        Parameters
        ----------
        source : address of the model's files
        run_id : run that logged it
        model_id : of the logged model; None of one that an older MLflow logged
        tags : what the version is, cut to what the store takes
        text : markdown of its page
        """
        self._ensure()
        with only_store(self.store.uri):
            made = self.client.create_model_version(
                self.name,
                source=source,
                run_id=run_id,
                model_id=model_id,
                tags={key: _short(value) for key, value in tags.items()},
                description=text,
            )
        if model_id is not None:
            self._link(model_id, made.version)
        return _version(made)

    def set_challenger(self, number: int) -> None:
        """Let a version answer to ``models:/NAME@challenger``."""
        self.client.set_registered_model_alias(self.name, CHALLENGER, str(number))

    def set_champion(
        self, number: int, *, action: str, before: int | None, reason: str, segments: Iterable[int] = ()
    ) -> None:
        """Make a version the champion: written into the history first, then one call that moves the alias.

        That it has moved is written after it: put back by hand, the version has answered all the same.

        Parameters
        ----------
        number : of the version
        action : ``promote`` or ``rollback``
        before : champion that was seen before; None: nobody
        reason : kept in the history
        segments : their numbers, kept there as well

        Raises
        ------
        StoreError
            Another champion was made in the meantime.
        """
        now = self.aliases().get(CHAMPION)
        if now != before:
            raise StoreError(
                f"version {now} of {self.name} became the champion while this command ran; look at it with "
                "`segment history`, then run the command again."
            )
        moment = time.time_ns()
        event = Event(moment // 1_000_000, action, before, number, user(), reason, tuple(segments))
        self.client.set_registered_model_tag(self.name, *event_tag(event, moment))
        self.client.set_registered_model_alias(self.name, CHAMPION, str(number))
        with after(f"version {number} of {self.name} is the champion now, but its page could not be written"):
            self.client.set_registered_model_tag(self.name, *event_tag(replace(event, moved=True), moment))

    def retire_challenger(self) -> None:
        """Take the challenger's alias away from a version that is the champion now."""
        aliases = self.aliases()
        if CHALLENGER in aliases and aliases[CHALLENGER] == aliases.get(CHAMPION):
            self.client.delete_registered_model_alias(self.name, CHALLENGER)

    def describe(self, text: str) -> None:
        """Write the registered model's page."""
        self.client.update_registered_model(self.name, description=text)

    def _model(self) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            return self.client.get_registered_model(self.name)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise StoreError(f"the registry cannot be read: {one_line(error)}.") from error

    def _ensure(self) -> None:
        from mlflow.exceptions import MlflowException

        if self._model() is None:
            try:
                self.client.create_registered_model(self.name, tags={"made_by": "segment promote"})
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another process was quicker
                    raise StoreError(f"model={self.name}: {one_line(error)}") from error

    def _link(self, model_id: str, number: str) -> None:
        """Tell the logged model's page which version it is, as MLflow's own registering does."""
        known = json.loads(self.client.get_logged_model(model_id).tags.get("mlflow.modelVersions", "[]"))
        known.append({"name": self.name, "version": number})
        self.client.set_logged_model_tags(model_id, {"mlflow.modelVersions": json.dumps(known)})


def user() -> str:
    """Who is at work, as MLflow's runs have it."""
    try:
        return os.environ.get("MLFLOW_TRACKING_USERNAME") or getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return str(os.getuid())


@contextlib.contextmanager
def one_at_a_time(store: Store, name: str) -> Iterator[None]:
    """Let the promotions of one registered model on this machine wait for each other.

    Parameters
    ----------
    store : its address and the name make the lock
    name : of the registered model
    """
    with locked(f"promotion {store.uri} {name}"):
        yield


def _version(item: Any) -> Version:
    return Version(
        number=int(item.version),
        run_id=item.run_id or None,
        model_id=item.model_id or model_id_in(item.source),
        tags=dict(item.tags),
        description=item.description or "",
        created=int(item.creation_timestamp),
    )


def _short(text: str) -> str:
    return text if len(text) <= TAG_LENGTH else text[: TAG_LENGTH - 1] + "…"
