"""The schema of ``segment sweep``: one node a decision, each filled by one folder of ``conf/``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from customer_segmentation.settings.criteria import CRITERIA
from customer_segmentation.settings.data import DataSettings, FeaturesSettings
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.settings.limits import limited
from customer_segmentation.settings.registry import settings_of
from customer_segmentation.settings.tracking import TrackingSettings


@dataclass
class ScalingSettings:
    """One file of ``conf/scaling/``: how a feature set becomes comparable numbers."""

    about: str = ""  # what it is, in a line for people
    scaler: Any = None  # a scikit-learn transformer by `_target_`; null: the numbers as they are
    # Weight of a yes/no column, and of each word of a category, beside numbers: in standard deviations of a typical
    # scaled number. null: 0 and 1 as they stand
    indicators: float | None = limited(0.5, above=0)


@dataclass
class ClusteringSettings:
    """One file of ``conf/clustering/``: the algorithm; n_clusters and random_state are set by the study."""

    about: str = ""  # what it is, in a line for people
    estimator: Any = None  # a scikit-learn clusterer by `_target_`
    # A model whose segments K-means continues, at as many segments as it has: models:/NAME@champion, models:/NAME/3 or
    # runs:/RUN_ID/NAME. null: random starts alone
    init: str | None = limited(None, filled=True)


@dataclass
class YardstickSettings:
    """One file of ``conf/yardstick/``: the fixed reference space in which candidates of all spaces are compared."""

    about: str = ""  # what it is, in a line for people
    features: FeaturesSettings = field(default_factory=FeaturesSettings)
    scaling: ScalingSettings = field(default_factory=ScalingSettings)


#: The rules of choice and the second opinions that exist.
RULES = ("yardstick", "fixed", "silhouette", "elbow")


OPINIONS = ("vote", "gap")


#: Where studies run; auto: where they are done first.
LAUNCHERS = ("auto", "in_process", "local", "ray", "slurm")


@dataclass
class StabilitySettings:
    """How stability is measured, and what counts as stable. It is spent on a short list, because it is expensive."""

    short_list: int = limited(16, at_least=1)  # candidates that get a first look: it can only rule out
    screening: int = limited(3, at_least=1)  # splits into halves of the first look
    confirmed: int = limited(4, at_least=1)  # candidates of the short list that are confirmed with all restarts
    resamples: int = limited(15, at_least=1)  # splits into halves of a confirmation
    seeds: int = limited(3, at_least=0)  # refits of the chosen candidate under other seeds
    rand: float = limited(0.9, at_least=-1, at_most=1)  # adjusted Rand index with the candidate, mean of all halves
    # a half under this ends elsewhere: the candidate switches between two answers
    rand_half: float = limited(0.75, at_least=-1, at_most=1)
    # share of the halves that may end elsewhere; a first look rules out where its 95 % interval is above
    max_switching: float = limited(0.05, at_least=0, at_most=1)
    # pairs of the weakest segment that both halves keep together, mean of all halves
    prediction_strength: float = limited(0.8, at_least=0, at_most=1)


@dataclass
class SelectionSettings:
    """One file of ``conf/selection/``: the constraints and the rule by which one candidate is chosen."""

    about: str = ""  # what it is, in a line for people
    # by which one candidate is chosen: yardstick | fixed | silhouette | elbow
    rule: str = limited("yardstick", choices=RULES, needs={"fixed": ("k", "a whole number of at least 1")})
    k: int | None = limited(None, at_least=1)  # of the rule `fixed`
    enforce: bool = True  # false: what does not satisfy the constraints is not ruled out, but objected to
    # every segment needs this share of the customers
    smallest_share: float = limited(0.05, at_least=0, below=1, such_as="0.05")
    # fewer than the business wants to treat differently are ruled out
    fewest_segments: int = limited(2, at_least=2)
    # more than the business can treat differently are ruled out; null: no limit
    most_segments: int | None = limited(None, at_least=1)
    most_features: int = limited(5, at_least=1)  # a decision tree over so many features, ...
    tree_depth: int = limited(4, at_least=1)  # ... with so many questions in a row ...
    tree_leaves: int = limited(16, at_least=2)  # ... and so many leaves ...
    # ... has to predict the segment of this share of the customers
    explained_share: float = limited(0.8, at_least=0, below=1, such_as="0.8")
    # yardstick | stability | separation | value_explained, in order; near ties of one go to the next
    rank_by: list[str] = limited(["yardstick", "separation", "stability"], choices=tuple(CRITERIA), filled=True)
    near_tie: float = limited(0.01, at_least=0, below=1, such_as="0.01")  # differences up to this do not decide
    # natural structure goes first from this share of the best yardstick; above 1: never
    natural_min_yardstick_share: float = limited(0.7, at_least=0)
    # two segments that are not natural give way to a stable finer candidate that explains so much more of the value ...
    finer_gain: float | None = limited(0.1, above=0, at_most=1, such_as="0.1")
    # ... and is no more than so far behind in the yardstick
    finer_within: float = limited(0.05, at_least=0, below=1, such_as="0.05")
    stability: StabilitySettings = field(default_factory=StabilitySettings)
    opinions: list[str] = limited(["vote"], choices=OPINIONS)  # second opinions on k: vote | gap


@dataclass
class ScoresSettings:
    """What scores may cost on large tables."""

    silhouette_exact_up_to: int = limited(
        20_000, at_least=0
    )  # customers; beyond, a stratified sample with its standard error
    silhouette_sample: int = limited(20_000, at_least=1)  # customers in that sample


@dataclass
class LargeSettings:
    """What is computed on seeded samples, because a table is large. Up to ``above`` customers nothing is."""

    threshold: int = limited(100_000, at_least=0)  # customers
    # customers that the starts of K-means are tried on, before one run over all
    init_sample: int = limited(50_000, at_least=1)
    # customers in the stratified sample for stability, structure and the shallow tree
    eval_sample: int = limited(20_000, at_least=1)
    # Rows held at a time where a file is assigned to the segments of its sample (data.max_rows).
    batch_rows: int = limited(250_000, at_least=1)


@dataclass
class ExplorationSettings:
    """What of the table is drawn and counted on the sweep's run."""

    about: str = ""  # what it is, in a line for people
    correlate: dict[str, Any] = field(default_factory=dict)  # name -> expression; empty: the numeric columns
    counts: list[str] = field(default_factory=list)  # categorical columns whose customers are counted
    bands: dict[str, Any] = field(default_factory=dict)  # numeric column -> lower edges of its bands
    # name -> {one operation, unit}: what `segment explore` describes beside the table's own columns
    describe: dict[str, Any] = field(default_factory=dict)


@dataclass
class HypothesesSettings:
    """One file of ``conf/hypotheses/``: what is expected of the customers, before looking."""

    about: str = ""  # what it is, in a line for people
    # variable -> {one operation of the feature grammar, unit}, beside those of exploration.correlate
    variables: dict[str, Any] = field(default_factory=dict)
    # x goes with y, each the name of a variable or a column: {x, y, given: [what may explain it, for a partial
    # correlation], direction: positive | negative | either (of y where x is larger), caution: a sentence for readers}
    tests: Any = field(default_factory=list)


@dataclass
class LauncherSettings:
    """One file of ``conf/launcher/``: where the studies of a sweep run."""

    kind: str = limited("in_process", choices=LAUNCHERS)  # auto | in_process | local | ray | slurm
    # of local and ray; null: the machine's cores, on a cluster as many as it has room for
    processes: int | None = limited(None, at_least=1)
    address: str | None = None  # of a running Ray cluster; null: one on this machine, for the time of the sweep


@dataclass
class SegmentsSettings:
    """How segments are described."""

    # Name of a file of conf/playbook/, also given as playbook=NAME: traits, names and actions. null: the one that goes
    # with the table (data.choices), else generic. As the contract it is read apart from Hydra.
    playbook: str | None = None


@settings_of("sweep")
@dataclass
class SweepSettings:
    """The whole of ``segment sweep``."""

    data: DataSettings = field(default_factory=DataSettings)
    features: FeaturesSettings = field(default_factory=FeaturesSettings)
    scaling: ScalingSettings = field(default_factory=ScalingSettings)
    clustering: ClusteringSettings = field(default_factory=ClusteringSettings)
    yardstick: YardstickSettings = field(default_factory=YardstickSettings)
    selection: SelectionSettings = field(default_factory=SelectionSettings)
    exploration: ExplorationSettings = field(default_factory=ExplorationSettings)
    hypotheses: HypothesesSettings = field(default_factory=HypothesesSettings)
    scores: ScoresSettings = field(default_factory=ScoresSettings)
    large: LargeSettings = field(default_factory=LargeSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    launcher: LauncherSettings = field(default_factory=LauncherSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    segments: SegmentsSettings = field(default_factory=SegmentsSettings)
    # in CSV lists of customers an apostrophe before an id that a spreadsheet would run, too; false: ids as they came,
    # by which tables are joined. Other texts always get it.
    spreadsheet_safe_ids: bool = False
    # all: every column with a role is read for the profiles; features: only what is read anyhow, where memory is short
    profiles: str = limited("all", choices=("all", "features"))
    k: Any = None  # an int or a list of ints; checked by settings.segments_asked
    seed: int = limited(42, at_least=0, at_most=2**32 - 1)  # of all random draws
    threads: int = limited(1, at_least=1)  # of one process, for the numerical libraries
    name: str | None = None  # of the sweep's run; null: made from what is swept
    quiet: bool = False  # no progress display
    resume: bool = True  # an equal sweep that was broken off is continued, a finished one pointed to
