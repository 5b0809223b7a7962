"""Hydra's basic sweeper without its second look at every job.

Before a batch is launched, Hydra composes every job once for nothing but to see that it can be composed.
``customer_segmentation.commands.composition.plan`` has done that by then, and with sentences a user can act on.
"""

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper


class CheckedSweeper(BasicSweeper):
    """A grid of jobs whose configs have been checked already."""

    def validate_batch_is_legal(self, batch: object) -> None:
        """Leave it at the check that was done."""
