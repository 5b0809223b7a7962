"""Where the rows of a table are worked on: one file of ``conf/engine/``."""

from __future__ import annotations

from dataclasses import dataclass

from customer_segmentation.settings.limits import limited

ENGINES = ("local", "spark")


@dataclass
class EngineSettings:
    """What reads the table and assigns all of its customers."""

    kind: str = limited("local", choices=ENGINES)  # local: this process; spark: a Spark cluster
    # Of kind spark. local: started for this command on this machine; session: the one that runs in this process, as in
    # a notebook; else the address of a Spark Connect server, sc://HOST:15002.
    remote: str = limited("local", filled=True)
    # of kind spark, how often the rows are spread over the cluster before each pass; null: as Spark reads them
    partitions: int | None = limited(None, at_least=1)
    # Of kind spark, of a table that is sampled: exact steps of K-means over all customers, from the fit to the sample.
    # Each is a pass over the table for all k of a study. 0: the fit to the sample is kept.
    polish_passes: int = limited(0, at_least=0)
    # Of kind spark, with polish_passes: fits of which the one with the least inertia over all customers is moved. The
    # first is that to the sample, each further one to a half of it, which hashes of the ids choose, and one more pass.
    starts: int = limited(1, at_least=1, at_most=32)
    # of kind spark and remote local: threads of Spark on this machine; null: one a core
    threads: int | None = limited(None, at_least=1)
    memory: str = limited("2g", filled=True)  # of kind spark and remote local: of Spark on this machine


@dataclass
class EngineAddress:
    """Of a command that reads again the table of a run: where Spark is, named by the user."""

    # The server of a sweep with engine=spark, sc://HOST:15002, named again: what it sends is run here, so that a run
    # alone may not name it.
    remote: str | None = limited(None, filled=True)
