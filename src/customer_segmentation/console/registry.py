"""What the commands of the registry print."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from customer_segmentation.formatting import moment, percent
from customer_segmentation.registry.champion_history import moves
from customer_segmentation.registry.pages import words_of
from customer_segmentation.registry.versions import CHALLENGER, CHAMPION, ModelRegistry, Version
from customer_segmentation.settings.promotion import PromoteSettings
from customer_segmentation.settings.score import ScoreSettings
from customer_segmentation.tracking.store import Store, command
from customer_segmentation.workflows.promote import Outcome

LOG_WIDTH = 140  # where output goes to a file there is no width to keep to
STYLES = {"pass": "green", "fail": "bold red", "not asked": "dim", "no champion": "dim"}
PASSED_WORDS = {"champion": "the champion", "challenger": "the challenger; the champion stays", "": "registered"}


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=LOG_WIDTH)


def print_promotion(outcome: Outcome, store: Store, settings: PromoteSettings) -> None:
    """Print the gate, the segments with what became of them, and what to do next."""
    console = _console()
    version = outcome.version
    if not outcome.checks:
        console.print(
            f"{escape(outcome.title)} is the champion already: version {version.number} of {escape(settings.model)}."
        )
        console.print(f"Next:  {escape(command(store, 'score', 'input=FILE', 'output=FILE'))}", soft_wrap=True)
        return
    table = Table(title=f"Gate: {escape(outcome.title)}", title_justify="left", box=SIMPLE)
    for name in ("test", "result", ""):
        table.add_column(name)
    for check in outcome.checks:
        style = STYLES[check.result]
        table.add_row(check.title, f"[{style}]{check.result}[/{style}]", escape(check.sentence))
    console.print(table)
    if outcome.segments:
        console.print(_segments(outcome))
    for note in outcome.notes:
        console.print(f"  {escape(note)}")
    if outcome.gate != "refused":
        replaced = outcome.before is not None and outcome.alias == CHAMPION
        words = PASSED_WORDS[outcome.alias] + (f", in place of version {outcome.before}" if replaced else "")
        why = f", by force: {escape((settings.reason or '').strip())}" if outcome.gate == "forced" else ""
        console.print(
            f"[bold]Version {version.number} of {escape(settings.model)} is {words}[/bold]{why}", soft_wrap=True
        )
        address = f"models:/{settings.model}" + (f"@{outcome.alias}" if outcome.alias else f"/{version.number}")
        which = [] if address == ScoreSettings().model else [f"model={address}"]
        console.print(f"Next:  {escape(command(store, 'score', 'input=FILE', 'output=FILE', *which))}", soft_wrap=True)


def _segments(outcome: Outcome) -> Table:
    table = Table(title="Segments", title_justify="left", box=SIMPLE)
    valued = any(row.value_share is not None for row in outcome.segments)
    named = any(row.name for row in outcome.segments)
    table.add_column("segment", justify="right")
    if named:
        table.add_column("name")
    for name in ("customers", "share", *(("value each", "share of value") if valued else ())):
        table.add_column(name, justify="right")
    table.add_column("identity")
    for row in outcome.segments:
        cells = [str(row.number), *([escape(row.name)] if named else []), f"{row.customers:,}", percent(row.share)]
        if valued:
            cells += [f"{row.value_mean or 0:,.0f}", percent(row.value_share or 0)]
        table.add_row(*cells, row.origin)
    return table


def print_history(registry: ModelRegistry) -> None:
    """Print the versions with their gate, and the moves of the champion's alias, the newest last."""
    console = _console()
    versions = registry.known_versions()
    aliases = registry.aliases()
    table = Table(title=f"Versions of {escape(registry.name)}", title_justify="left", box=SIMPLE)
    table.add_column("version", justify="right")
    for name in ("made (UTC)", "by", "candidate", "gate", "alias", ""):
        table.add_column(name)
    for version in versions:
        held = ", ".join(alias for alias in (CHAMPION, CHALLENGER) if aliases.get(alias) == version.number)
        table.add_row(
            str(version.number),
            moment(version.created),
            escape(version.tags.get("by", "")),
            escape(version.tags.get("candidate", version.run_id or "")),
            version.gate or "registered by hand",
            held,
            escape(_remark(version)),
        )
    console.print(table)
    found = moves(registry.events(), aliases.get(CHAMPION))
    if found:
        table = Table(title="Champions", title_justify="left", box=SIMPLE)
        for name in ("when (UTC)", "what", "by", "why"):
            table.add_column(name)
        for move in found:
            table.add_row(moment(move.event.at), words_of(move), escape(move.event.by), escape(move.event.reason))
        console.print(table)


def _remark(version: Version) -> str:
    """What is worth a word on a version: why it was turned down, or what it was promoted despite."""
    return version.tags.get("refused_because") or version.tags.get("forced_despite") or ""
