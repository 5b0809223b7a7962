"""What the studies of one sweep share, in a form that reaches any worker process."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

VARIABLE = "SEGMENT_SWEEP"


@dataclass(frozen=True)
class SweepContext:
    """The sweep's run and what its studies must agree on.

    Attributes
    ----------
    uri, experiment, experiment_id, sweep_id : str
        Where a study logs.
    columns : list of str
        Columns of the customer table that any study of the sweep reads: they decide together which rows are set aside,
        so that all studies segment the same customers.
    tags : dict
        Tags of every run of the sweep.
    continued : bool
        Whether an earlier sweep is continued, so that a study may stand already.
    varied : list of str
        Keys with several values in the sweep: the name of a study says them.
    folder : str
        Where the sweep was started: relative paths and the user's ``conf/`` count from there.
    """

    uri: str
    experiment: str
    experiment_id: str
    sweep_id: str
    columns: list[str]
    tags: dict[str, str]
    varied: list[str]
    continued: bool = False
    folder: str = ""

    def publish(self) -> None:
        """Put it into the environment, which in-process jobs and started workers read alike."""
        os.environ[VARIABLE] = json.dumps(asdict(self))

    def enter_folder(self) -> None:
        """Work in the sweep's folder, as a worker of a cluster starts in another one; where that has none, stay."""
        if self.folder and self.folder != os.getcwd() and os.path.isdir(self.folder):
            os.chdir(self.folder)

    @staticmethod
    def current() -> SweepContext:
        """Read the context of the running sweep."""
        return SweepContext(**json.loads(os.environ[VARIABLE]))
