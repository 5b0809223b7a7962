"""What the commands of the registry print."""

from __future__ import annotations

from rich.table import Table

from customer_segmentation.console.lines import say
from customer_segmentation.console.markup import escape
from customer_segmentation.console.tables import columns, console, print_next, table
from customer_segmentation.formatting import listed, moment, percent
from customer_segmentation.registry.champion_history import moves
from customer_segmentation.registry.pages import words_of
from customer_segmentation.registry.versions import CHALLENGER, CHAMPION, ModelRegistry, Version
from customer_segmentation.settings.promotion import PromoteSettings
from customer_segmentation.settings.score import ScoreSettings
from customer_segmentation.tracking.store import Store, command
from customer_segmentation.workflows.promote import Outcome

STYLES = {"pass": "green", "fail": "bold red", "not asked": "dim", "no champion": "dim"}
PASSED_WORDS = {"champion": "the champion", "challenger": "the challenger; the champion stays", "": "registered"}


def print_promotion(outcome: Outcome, store: Store, settings: PromoteSettings) -> None:
    """Print the gate, the segments with what became of them, and what to do next.

    Parameters
    ----------
    outcome : what the gate said, and the version
    store : where it is
    settings : as they were asked for
    """
    out = console()
    version = outcome.version
    say(outcome.about)
    if not outcome.checks:
        out.print(
            f"{escape(outcome.title)} is the champion already: version {version.number} of {escape(settings.model)}."
        )
        for note in outcome.notes:
            out.print(escape(note))
        print_next(out, "Next:", command(store, "score", "input=FILE", "output=FILE"))
        return
    made = columns(table(f"Gate: {outcome.title}"), ["test", "result", ""])
    for check in outcome.checks:
        style = STYLES[check.result]
        made.add_row(check.title, f"[{style}]{check.result}[/{style}]", escape(check.sentence))
    out.print(made)
    if outcome.segments:
        out.print(_segments(outcome))
    for note in outcome.notes:
        out.print(f"  {escape(note)}")
    if outcome.gate != "refused":
        replaced = outcome.before is not None and outcome.alias == CHAMPION
        words = PASSED_WORDS[outcome.alias] + (f", in place of version {outcome.before}" if replaced else "")
        why = f", by force: {escape((settings.reason or '').strip())}" if outcome.gate == "forced" else ""
        out.print(f"[bold]Version {version.number} of {escape(settings.model)} is {words}[/bold]{why}", soft_wrap=True)
        address = f"models:/{settings.model}" + (f"@{outcome.alias}" if outcome.alias else f"/{version.number}")
        which = [] if address == ScoreSettings().model else [f"model={address}"]
        print_next(out, "Next:", command(store, "score", "input=FILE", "output=FILE", *which))


def _segments(outcome: Outcome) -> Table:
    valued = any(row.value_share is not None for row in outcome.segments)
    named = any(row.name for row in outcome.segments)
    made = columns(table("Segments"), right=["segment"])
    figures = ["customers", "share", *(["value each", "share of value"] if valued else [])]
    columns(columns(made, ["name"] if named else [], figures), ["identity"])
    for row in outcome.segments:
        cells = [str(row.number), *([escape(row.name)] if named else []), f"{row.customers:,}", percent(row.share)]
        if valued:
            cells += [f"{row.value_mean or 0:,.0f}", percent(row.value_share or 0)]
        made.add_row(*cells, row.origin)
    return made


def print_history(registry: ModelRegistry) -> None:
    """Print the versions with their gate, and the moves of the champion's alias, the newest last."""
    out = console()
    versions = registry.known_versions()
    aliases = registry.aliases()
    made = columns(table(f"Versions of {registry.name}"), right=["version"])
    columns(made, ["made (UTC)", "by", "candidate", "gate", "alias", ""])
    for version in versions:
        held = ", ".join(alias for alias in (CHAMPION, CHALLENGER) if aliases.get(alias) == version.number)
        made.add_row(
            str(version.number),
            moment(version.created),
            escape(version.tags.get("by", "")),
            escape(version.tags.get("candidate", version.run_id or "")),
            escape(version.gate or "registered by hand"),
            held,
            escape(_remark(version)),
        )
    out.print(made)
    if gone := registry.deleted(versions):
        out.print(f"  deleted: {listed([f'version {number}' for number in gone])}")
    found = moves(registry.events(), aliases.get(CHAMPION))
    if found:
        made = columns(table("Champions"), ["when (UTC)", "what", "by", "why"])
        for move in found:
            made.add_row(moment(move.event.at), words_of(move), escape(move.event.by), escape(move.event.reason))
        out.print(made)


def _remark(version: Version) -> str:
    """What is worth a word on a version: why it was turned down, or what it was promoted despite."""
    return version.tags.get("refused_because") or version.tags.get("forced_despite") or ""
