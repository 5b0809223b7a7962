"""Hydra's basic sweeper without its second look at every job, and without its own words on one that failed.

Before a batch is launched, Hydra composes every job once for nothing but to see that it can be composed.
``customer_segmentation.config.compose.plan`` has done that by then, and with sentences a user can act on.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.utils import JobReturn, JobStatus


class CheckedSweeper(BasicSweeper):
    """A grid of jobs whose configs have been checked already."""

    def validate_batch_is_legal(self, batch: object) -> None:
        """Leave it at the check that was done."""

    def sweep(self, arguments: list[str]) -> Any:
        """Launch the jobs; raise what one of them raised."""
        assert self.launcher is not None  # noqa: S101 - Hydra has set it up
        launch = self.launcher.launch

        def launched(job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
            start_ray(self.launcher)
            results = launch(job_overrides, initial_job_idx=initial_job_idx)
            for result in results:
                if result.status == JobStatus.FAILED and isinstance(result._return_value, Exception):
                    raise result._return_value
            return results

        self.launcher.launch = launched  # type: ignore[method-assign]  # of this object alone
        return super().sweep(arguments)


def start_ray(launcher: Any) -> None:
    """Start Ray where no stranger writes: its workers look for modules in the folder in which it is started, first.

    Hydra's launcher would start it in the folder of the sweep. The workers go there themselves, once they are imported.
    """
    if type(launcher).__name__ != "RayLauncher":
        return
    from hydra_plugins.hydra_ray_launcher import _launcher_util

    with contextlib.chdir("/"):
        _launcher_util.start_ray(launcher.ray_cfg.init)
