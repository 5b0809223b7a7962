"""The Hydra application: schemas, search path, and the multirun of a sweep's jobs."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.errors import settings_error
from customer_segmentation.config.paths import config_folders, found_in, given_folder, shipped_root
from customer_segmentation.config.schemas import SCHEMAS
from customer_segmentation.errors import StoreError, debugging
from customer_segmentation.parallel import each_once
from customer_segmentation.scratch import scratch_folder
from customer_segmentation.secrets import guard_streams
from customer_segmentation.settings.call_variables import in_environment

if TYPE_CHECKING:
    from customer_segmentation.config.compose import ComposedJob, Plan


#: Hydra composes in one thread of a process at a time: what it composes with is a global of its own.
COMPOSING = threading.RLock()


@functools.cache
def register_schemas() -> None:
    """Make the typed schemas known to Hydra under the names that the primary configs use."""
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    for command, schema in SCHEMAS.items():
        store.store(name=f"{command}_schema", node=schema)


@functools.cache  # a plugin that is registered again is asked again, at every composition
def register_search_path() -> None:
    """Make Hydra look into the user's ``conf/`` first and into the folders of presets last.

    Hydra puts the folder of the primary config before all others, so that a shipped file would silently win over a
    user's of the same name; a search-path plugin can stand before it.
    """
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.core.plugins import Plugins
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    from customer_segmentation.config.folder_source import FolderConfigSource, PresetsConfigSource

    class SegmentSearchPath(SearchPathPlugin):
        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            before, after = config_folders()
            for folder in reversed(before):
                search_path.prepend("user", f"folder://{folder}")
            for folder in after:
                scheme = "file" if folder == shipped_root().resolve() else "presets"
                search_path.append("presets", f"{scheme}://{folder}")

    for plugin in (FolderConfigSource, PresetsConfigSource, SegmentSearchPath):
        Plugins.instance().register(plugin)


class _Task:
    """What Hydra calls with each composed config; it goes to other processes."""

    def __init__(self, job: Callable[[ComposedJob], None], versions: Mapping[str, str]) -> None:
        self.job, self.versions, self.given, self.folder = job, versions, given_folder(), os.getcwd()

    def __call__(self, config: Any) -> None:
        from hydra.core.hydra_config import HydraConfig

        if os.path.isdir(self.folder):
            os.chdir(self.folder)  # a cluster's worker starts elsewhere, and the sweep's own configs are here
        from customer_segmentation.config.compose import ComposedJob
        from customer_segmentation.config.composed import choices_of, config_text, name_versions, to_settings

        hydra = HydraConfig.get()
        name_versions(config, self.versions)
        unguarded = guard_streams()  # a cluster keeps what its processes say in files
        try:
            with found_in(self.given):
                self.job(
                    ComposedJob(
                        settings=to_settings(config),
                        choices=choices_of(hydra),
                        overrides=tuple(hydra.overrides.task),
                        number=int(hydra.job.num),
                        config=config_text(config, without="k"),
                    )
                )
        finally:
            unguarded()


def show_config(plan: Plan) -> None:
    """Show the composed config, which ``--cfg job`` asks for, and run nothing."""
    sys.stdout.write(plan.config_text)  # not Hydra's own, whose lines break in the middle of what is secret


def run_jobs(
    plan: Plan, job: Callable[[ComposedJob], None], launcher: Sequence[str] = (), last: Sequence[str] = ()
) -> None:
    """Call ``job`` once for each study of the plan: here, in processes that are ready, or by a multirun of Hydra's.

    Parameters
    ----------
    plan : Plan
    job : callable
        Can be pickled. A study that fails says so in its run, and the others go on: it raises a StoreError alone.
    launcher, last : sequence of str
        Further overrides of Hydra's, before and after the user's own, by which the studies go to a cluster.
    """
    if launcher or last or plan.configures_hydra:
        _run(plan, _Task(job, plan.versions), launcher, last)
        return
    each_once(job, plan.composed_jobs())  # Hydra would compose the whole tree for each of them


def _run(plan: Plan, task: Callable[[Any], None], launcher: Sequence[str] = (), last: Sequence[str] = ()) -> None:
    import hydra

    # Errors reach us as exceptions instead of Hydra's own printing and exit.
    with COMPOSING, in_environment({"HYDRA_FULL_ERROR": "1"}), scratch_folder() as scratch:
        # Its sweeper writes the overrides there, passwords too, which would stay when this process is killed.
        (Path(scratch) / "multirun.yaml").symlink_to(os.devnull)
        # Hydra names its folder by the second, so that two sweeps at once collide; and nobody wants it in their folder.
        quiet = [
            f"hydra.sweep.dir='{scratch}'",
            f"hydra.run.dir='{scratch}'",
            "hydra.output_subdir=null",
            "hydra/job_logging=none",
            "hydra/hydra_logging=none",
            *launcher,
        ]
        before = sys.argv
        sys.argv = ["segment", *quiet, *plan.overrides, *last]
        try:
            hydra.main(version_base="1.3", config_path=str(shipped_root() / "conf"), config_name=plan.command)(task)()
        except Exception as error:
            if debugging() or isinstance(error, StoreError):
                raise
            raise settings_error(error, SCHEMAS[plan.command]) from error
        finally:
            sys.argv = before
