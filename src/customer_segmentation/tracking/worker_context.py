"""What the studies of one sweep share: it goes with each of them, into whatever process."""

from __future__ import annotations

import os
from dataclasses import dataclass

from customer_segmentation.data.wanted import Needed
from customer_segmentation.secrets import HidesSecrets
from customer_segmentation.tracking.process import this_process
from customer_segmentation.tracking.settled import quiet_libraries, settle


@dataclass(frozen=True, repr=False)
class SweepContext(HidesSecrets):
    """The sweep's run and what its studies must agree on.

    Attributes
    ----------
    uri, experiment, experiment_id, sweep_id : str
        Where a study logs.
    columns : Needed
        Columns of the customer table that the studies of the sweep read: they decide together which rows are rejected,
        so that all studies segment the same customers.
    tags : dict
        Tags of every run of the sweep.
    continued : bool
        Whether an earlier sweep is continued, so that a study may stand already.
    varied : list of str
        Keys with several values in the sweep: the name of a study says them.
    folder : str
        Where the sweep was started: relative paths and the user's ``conf/`` count from there.
    figures : bool
        Whether runs keep figures.
    process : str
        The process that opened the sweep's run, see `customer_segmentation.tracking.process`.
    """

    uri: str
    experiment: str
    experiment_id: str
    sweep_id: str
    columns: Needed
    tags: dict[str, str]
    varied: list[str]
    continued: bool = False
    folder: str = ""
    figures: bool = True
    process: str = ""

    def settle_worker(self) -> None:
        """In a process other than the sweep's: settle MLflow, and work in the sweep's folder where it is there.

        A worker of a cluster starts in another folder. The sweep's own process is left as it is.
        """
        if self.process == this_process():
            return
        if self.folder and self.folder != os.getcwd() and os.path.isdir(self.folder):
            os.chdir(self.folder)
        settle()
        quiet_libraries()
