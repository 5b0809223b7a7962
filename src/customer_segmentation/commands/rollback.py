"""``segment rollback``: give the champion's alias back to an earlier version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from customer_segmentation.config.compose import plan
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.console.help import help_page
from customer_segmentation.errors import SettingsError, StoreError
from customer_segmentation.settings.promotion import RollbackSettings

if TYPE_CHECKING:
    from customer_segmentation.tracking.store import Store


def help_text() -> str:
    """Return the help of the command."""
    return help_page(
        [
            "segment rollback: give the champion's place back to an earlier version.",
            "",
            "Usage: segment rollback reason=TEXT [version=N]",
            "",
            "With no version: the champion that the present one replaced. One call moves the alias; who, when and why",
            "are kept (segment history). The version's files must be those that were logged.",
        ],
        settings=[
            ("reason=TEXT", "why; required, and kept"),
            ("version=2", "another version that passed the gate"),
            ("model=NAME", "name in the registry; default: customer-segmentation"),
            ("tracking.uri=ADDRESS", "the store; default: MLFLOW_TRACKING_URI, else mlflow.db in this folder"),
        ],
        examples=["segment rollback reason='the campaign lists doubled overnight'"],
    )


def run(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    if any(word in ("-h", "--help") for word in arguments):
        print(help_text())
        return 0
    planned = plan("rollback", arguments)
    if planned.flags:
        run_jobs(planned, lambda config: None)
        return 0
    if planned.swept:
        raise SettingsError(f"{next(iter(planned.swept))} has several values; a rollback takes one.")
    settings: RollbackSettings = planned.settings[0]
    if not (settings.reason or "").strip():
        raise SettingsError("a rollback needs reason=TEXT, which is kept in the history.")
    from customer_segmentation.tracking.store import command, existing_store

    store = existing_store(settings.tracking)
    before, after, title = roll_back(settings, store)
    if not settings.quiet:
        other = [] if settings.model == RollbackSettings().model else [f"model={settings.model}"]
        print(
            f"Version {after} of {settings.model} ({title}) is the champion again; version {before} is not any more.\n"
            f"Reason kept: {(settings.reason or '').strip()}\n"
            f"Next:  {command(store, 'history', *other)}"
        )
    return 0


def roll_back(settings: RollbackSettings, store: Store) -> tuple[int, int, str]:
    """Move the alias back; return the version before, the version now and what that is."""
    from customer_segmentation.registry.champion_history import previous_champion
    from customer_segmentation.registry.pages import finish
    from customer_segmentation.registry.versions import ModelRegistry, one_at_a_time
    from customer_segmentation.scoring.load import load_segment_model

    registry = ModelRegistry(store, settings.model)
    with one_at_a_time(store, settings.model):
        champion = registry.champion()
        if champion is None:
            raise StoreError(f"{settings.model} has no champion to roll back from; `segment promote` makes one.")
        number = settings.version
        if number is None:
            number = previous_champion(registry.events(), champion.number)
            if number is None:
                raise StoreError(
                    f"version {champion.number} of {settings.model} replaced no champion; name another with version=N."
                )
        if number == champion.number:
            raise StoreError(f"version {number} of {settings.model} is the champion already.")
        target = registry.version(number)
        if target.gate not in ("passed", "forced"):
            why = target.tags.get("refused_because") or "it was registered without the gate"
            raise StoreError(
                f"version {number} of {settings.model} cannot become the champion: {why}; promote its run with "
                f"`segment promote run_id={target.run_id}`."
            )
        # its files must be there, and those that were logged
        load_segment_model(f"models:/{settings.model}/{number}", store.client)
        registry.set_champion(number, action="rollback", before=champion.number, reason=(settings.reason or "").strip())
        finish(registry)
    return champion.number, number, target.tags.get("candidate", "")
