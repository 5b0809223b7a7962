"""The verbs for Python, notebooks and schedulers: each does what the command of its name does, and makes the same runs.

A call returns an object instead of printing; what cannot be done is an exception, of `SegmentError`, with the command's
one sentence. Nothing of the process is changed by it: calls of several threads, an open MLflow run and
``mlflow.autolog`` go on beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.arguments import Roles
from customer_segmentation.errors import SettingsError
from customer_segmentation.session import (
    call,
    in_notebook,
    planned,
    repeatable,
    store_for,
    words_of,
)
from customer_segmentation.tables import Asked, ask

if TYPE_CHECKING:
    from customer_segmentation.execution.progress import StudyProgress
    from customer_segmentation.outcomes import Exploration
    from customer_segmentation.results import Sweep


def sweep(  # noqa: PLR0913 - each is named at the call
    data: Any = None,
    *,
    features: Any = None,
    scaling: str | Sequence[str] | None = None,
    k: Any = None,
    value: str | None = None,
    outcome: str | Sequence[str] | None = None,
    id: str | None = None,
    roles: Mapping[str, str] | None = None,
    table: str = "auto",
    keep: str | None = None,
    init: str | None = None,
    experiment: str | None = None,
    overrides: Sequence[str] = (),
    name: str | None = None,
    seed: int | None = None,
    tracking_uri: str | None = None,
    tracking_experiment: str | None = None,
    progress: bool | None = None,
) -> Sweep:
    """Segment customers in many ways, compare them, choose one: ``segment sweep`` as a function.

    An equal sweep that has finished before is found again and nothing is computed;
    ``overrides=["resume=false"]`` starts afresh.

    Parameters
    ----------
    data : frame, path, name of a config, optional
        A frame of pandas, polars, Arrow or any library that speaks their protocols; a path or address as for
        ``data.path``; a file of ``conf/data/``. What no config describes is looked at as ``segment init`` does, without
        a file being written. None: the table of the experiment, else the built-in sample.
    features : str or sequence of str, or mapping, optional
        Columns; or feature to expression, such as ``{"rate": {"ratio": ["Spend", "Visits"]}}``; or the name of a set to
        its columns, for several sets; or names of configured sets. None: what the table suggests.
    scaling : str or sequence of str, optional
        Names of ``conf/scaling/``. None: what suits the table.
    k : int, range or sequence of int, optional
        Numbers of segments.
    value : str, optional
        Column that says what a customer is worth.
    outcome : str or sequence of str, optional
        Columns that say what became of a customer, such as churn: for profiles, never for clustering.
    id : str, optional
        Column that names the customer.
    roles : mapping of str to str, optional
        Further columns to what they are for: numeric, category, yes_no, date, order, quantity, price, code, ignore.
    table : {"auto", "customers", "orders"}
        One row a customer, or orders that are summed up to customers.
    keep : str, optional
        Which customers: ``all``, or a population of the table's config. None: where a column says who has left, those
        who have not.
    init : str, optional
        Address of a model, such as ``models:/customer-segmentation@champion``, whose segments K-means continues.
    experiment : str, optional
        A preset of ``experiments/``.
    overrides : sequence of str
        Further settings as on the command line, such as ``["selection.smallest_share=0.02"]``.
    name : str, optional
        Of the run.
    seed : int, optional
        The same seed, settings and data give the same numbers; default 42.
    tracking_uri : str, optional
        MLflow store; default as for the command: ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in this folder.
    tracking_experiment : str, optional
        MLflow experiment. None: that of the active run, else ``customer-segmentation``.
    progress : bool, optional
        Tell what is done. None: in a notebook.

    Returns
    -------
    Sweep

    Raises
    ------
    SegmentError
        One sentence on what cannot be done.

    Examples
    --------
    >>> import customer_segmentation as cs
    >>> import pandas as pd
    >>> shop = pd.DataFrame({"visits": [1, 2, 2, 9, 8, 9], "spend": [5, 6, 7, 50, 48, 52]})
    >>> found = cs.sweep(shop, scaling="standard", k=[2], overrides=["tracking.report=false"])
    >>> found.chosen.predict(shop)["segment"].tolist()
    [0, 0, 0, 1, 1, 1]
    """
    given = dict(locals())
    from customer_segmentation.config.hydra_app import run_jobs
    from customer_segmentation.config.paths import given_configs
    from customer_segmentation.results import Sweep
    from customer_segmentation.workflows.sweep import sweep as run_sweep
    from customer_segmentation.workflows.warm_start import begin, started_sentence

    described = Roles(value, outcome, id, roles, table)
    with call(given):
        asked = ask(data, features=features, roles=described, experiment=experiment, name=name, overrides=overrides)
        words = words_of(experiments=experiment, scaling=scaling, data__keep=keep, name=name, seed=seed, k=_ks(k))
        words += words_of(clustering__init=init, tracking__uri=tracking_uri, tracking__experiment=tracking_experiment)
        with given_configs(asked.files):
            plan = planned("sweep", [*asked.words, *words, "quiet=true"], overrides, taken=asked.taken)
            settings = plan.settings[0]
            _refuse_far_away(asked, settings.launcher.kind)
            plan, needed, customers = begin(plan)
            shown = _progress(progress)
            for line in filter(None, [*asked.questions, started_sentence(plan, customers)]):
                shown.say(line)
            result = run_sweep(
                plan,
                customers,
                needed,
                store_for(plan),
                command_line=repeatable(sweep, given, asked.source),
                run_studies=lambda launch, job: run_jobs(plan, job, launch.overrides, launch.last),
                progress=shown,
            )
        opened = None if result.opened is None or result.insights is None else (result.opened, result.insights)
        return Sweep(
            result.store,
            result.sweep_id,
            source=asked.source,
            opened=opened,
            place=settings.data.path,
            failures=result.failures,
            notes=result.notes,
        )


def explore(
    data: Any = None,
    *,
    roles: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (),
    tracking_uri: str | None = None,
    tracking_experiment: str | None = None,
) -> Exploration:
    """Describe customers, correlate, test hypotheses, before any segmentation: ``segment explore`` as a function.

    Parameters
    ----------
    data : frame, path, name of a config, optional
        As for `sweep`.
    roles : mapping of str to str, optional
        Column to what it is for, where the table has no config: id, value, outcome, numeric, category, ...
    overrides : sequence of str
        Further settings as on the command line.
    tracking_uri, tracking_experiment : str, optional
        As for `sweep`.

    Returns
    -------
    Exploration

    Raises
    ------
    SegmentError
        One sentence on what cannot be done.
    """
    given = dict(locals())
    from customer_segmentation.config.explore_checks import check_explore
    from customer_segmentation.config.paths import given_configs
    from customer_segmentation.outcomes import Exploration
    from customer_segmentation.workflows.explore import explore as look
    from customer_segmentation.workflows.explore import log_exploration

    with call(given):
        asked = ask(data, roles=Roles(further=roles), overrides=overrides)
        words = [f"data={word.partition('=')[2]}" if word.startswith("experiments=") else word for word in asked.words]
        words += words_of(tracking__uri=tracking_uri, tracking__experiment=tracking_experiment)
        with given_configs(asked.files):
            plan = planned("explore", [*words, "quiet=true"], overrides, taken=asked.taken)
            settings = plan.settings[0]
            named = {text.lstrip("+").partition("=")[0] for text in plan.overrides}
            explored = look(settings, check_explore(settings, named))
            run_id = log_exploration(
                explored,
                store_for(plan),
                choices=plan.choices,
                config_text=plan.config_text,
                command=repeatable(explore, given, asked.source),
            )
        return Exploration(explored.found, explored.table, run_id)


def _ks(k: Any) -> str | None:
    """Whole numbers as they stand on a command line; None as it is."""
    if k is None:
        return None
    from customer_segmentation.settings.k_values import parse_k

    return "[" + ",".join(map(str, parse_k(list(k) if isinstance(k, range) else k))) + "]"


def _refuse_far_away(asked: Asked, launcher: str) -> None:
    """Refuse to send studies of a frame to where the frame is not.

    Raises
    ------
    SettingsError
        The launcher is that of a cluster.
    """
    if asked.source is not None and launcher in ("ray", "slurm"):
        raise SettingsError(
            f"launcher={launcher}: a frame stays in its process; write it to a file that the cluster can read and give "
            "its path, or leave launcher out."
        )


def _progress(asked: bool | None) -> StudyProgress:
    from customer_segmentation.execution.progress import StudyProgress

    if asked or (asked is None and in_notebook()):
        from customer_segmentation.console.notebook import LineProgress

        return LineProgress(rich=in_notebook())
    return StudyProgress()
