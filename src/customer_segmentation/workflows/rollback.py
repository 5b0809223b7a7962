"""The champion's place, given back to an earlier version."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from customer_segmentation.errors import StoreError
from customer_segmentation.registry.champion_history import previous_champion
from customer_segmentation.registry.pages import finish
from customer_segmentation.registry.versions import CHAMPION, ModelRegistry, one_at_a_time
from customer_segmentation.scoring.load import loaded
from customer_segmentation.settings.limits import check_limits
from customer_segmentation.settings.promotion import RollbackSettings
from customer_segmentation.tracking.store import Store
from customer_segmentation.tracking.store_errors import after


@dataclass(frozen=True)
class RolledBack:
    """What a rollback did.

    Attributes
    ----------
    before : int or None
        Version that was the champion; None: its alias was taken away, or its version deleted.
    after : int
        Version that is the champion now.
    title : str
        Of that version's candidate.
    reason : str
    """

    before: int | None
    after: int
    title: str
    reason: str


def roll_back(settings: RollbackSettings, store: Store) -> RolledBack:
    """Move the champion's alias back, in one call.

    Parameters
    ----------
    settings : RollbackSettings
    store : Store

    Raises
    ------
    SettingsError
        No reason is given.
    StoreError
        There is no champion and no version is named, or no version to roll back to; or its files are not those that
        were logged.
    """
    check_limits(settings)
    reason = (settings.reason or "").strip()
    registry = ModelRegistry(store, settings.model)
    with one_at_a_time(store, settings.model):
        champion = registry.aliases().get(CHAMPION)
        number = settings.version
        if number is None:
            if champion is None:
                known = [str(version.number) for version in registry.versions()]
                named = f", or name a version with version=N (it has {', '.join(known)})" if known else ""
                raise StoreError(
                    f"{settings.model} has no champion to roll back from; `segment promote` makes one{named}."
                )
            number = previous_champion(registry.events(), champion)
            if number is None:
                raise StoreError(
                    f"version {champion} of {settings.model} replaced no champion; name another with version=N."
                )
        if number == champion:
            raise StoreError(f"version {number} of {settings.model} is the champion already.")
        target = registry.version(number)
        if target.gate not in ("passed", "forced"):
            why = target.tags.get("refused_because") or "it was registered without the gate"
            raise StoreError(
                f"version {number} of {settings.model} cannot become the champion: {why}; promote its run with "
                f"`segment promote run_id={shlex.quote(str(target.run_id))}`."
            )
        loaded(store, f"models:/{settings.model}/{number}", None)  # its files must be there, and those that were logged
        registry.set_champion(
            number, action="rollback", before=champion, reason=reason, segments=sorted(target.segments)
        )
        with after(f"version {number} of {settings.model} is the champion now, but its page could not be written"):
            finish(registry)
    return RolledBack(champion, number, target.tags.get("candidate", ""), reason)
