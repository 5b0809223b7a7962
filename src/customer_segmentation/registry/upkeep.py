"""What may be late after a move of the champion's alias: the registered model's page, and a challenger that has won."""

from __future__ import annotations

from customer_segmentation.registry import pages
from customer_segmentation.registry.history import moves
from customer_segmentation.registry.versions import CHALLENGER, CHAMPION, ModelRegistry


def refresh_page(registry: ModelRegistry) -> None:
    """Write the registered model's page anew: champion, challenger, history."""
    aliases = registry.aliases()
    versions = {version.number: version for version in registry.versions()}
    champion = aliases.get(CHAMPION)
    registry.describe(
        pages.model_page(
            registry.name,
            None if champion is None else versions[champion],
            moves(registry.events(), champion),
            aliases.get(CHALLENGER),
            {number: version.tags.get("candidate", "") for number, version in versions.items()},
        )
    )


def finish(registry: ModelRegistry) -> None:
    """Take the challenger's alias from a version that is the champion now, and write the page."""
    registry.retire_challenger()
    refresh_page(registry)
