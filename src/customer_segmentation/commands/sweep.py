"""``segment sweep``: one study for every combination of what is swept, then the choice over all candidates."""

from __future__ import annotations

import gc
from functools import partial

from customer_segmentation.commands.command import CommandSpec, Request
from customer_segmentation.config.hydra_app import run_jobs
from customer_segmentation.console.help import help_page
from customer_segmentation.console.lines import warn
from customer_segmentation.formatting import counted

#: decision -> what it decides
DECISIONS = {
    "data": "the customer table",
    "features": "what describes a customer; several, comma-separated, are swept",
    "scaling": "how the features become comparable; several are swept",
    "clustering": "the algorithm; several are swept",
    "selection": "constraints and rule of the choice",
    "hypotheses": "what is tested before any segmentation",
    "yardstick": "the reference space in which candidates of all spaces compare",
    "playbook": "traits, names and recommendations of segments; default: the one that goes with the table",
    "tracking": "where runs go",
    "launcher": "where studies run: in this process, in several, on a cluster; auto: what is quicker here",
    "engine": "what reads the table and assigns all customers: this process, or Spark",
    "experiments": "a preset: a named sweep",
}


SINGLE = (
    ("k=4   k=[2,3,4]   k=2,3,4   k=range(2,11)", "numbers of segments; always one elbow a study"),
    ("data.path=FILE", "the customer table; no quotes needed for spaces, brackets or commas"),
    ("data.keep=all", "all customers instead of those who have not churned"),
    ("data.customers=1000", "size of the built-in sample"),
    ("seed=42", "the same seed, config and data give the same numbers"),
    ("selection=fixed selection.k=4", "choose k yourself"),
    ("selection.smallest_share=0.02", "the smallest segment that counts"),
    ("tracking.uri=http://127.0.0.1:5000", "another MLflow store; default: mlflow.db in this folder"),
    ("tracking.experiment=NAME   name=NAME", "names of the experiment and of the sweep's run"),
    ("tracking.customers=hashed", "runs name customers by hashed ids, or with none not at all; default: by their ids"),
    ("tracking.figures=false", "draw no figures: a tenth less CPU, and half for a small sweep"),
    ("clustering.init=models:/NAME@champion", "K-means continues the segments of a model, where k is their number"),
    ("resume=false", "compute again, although the same sweep was run before"),
    ("threads=2   quiet=true", "threads of the numerical libraries; no progress"),
)


def run(request: Request) -> int:
    """Check every job, load the customers, sweep, and say what was made; 1 where a study has failed."""
    from customer_segmentation.config.checks import never_chosen
    from customer_segmentation.console.progress import SweepProgress
    from customer_segmentation.console.sweep import print_sweep
    from customer_segmentation.tracking.runs import take_over_run
    from customer_segmentation.tracking.store import store_of_settings
    from customer_segmentation.workflows.sweep import sweep
    from customer_segmentation.workflows.warm_start import begin, started_sentence

    settings = request.settings
    plan, needed, customers = begin(request.plan)
    for line in (never_chosen(settings), started_sentence(plan, customers)):
        if line and not settings.quiet:
            warn(line)
    gc.freeze()  # what has been imported by now stays for good: the collector need not look at it again
    result = sweep(
        plan,
        customers,
        needed,
        take_over_run(store_of_settings(settings.tracking)),
        command_line=request.line,
        run_studies=lambda launch, run_job: run_jobs(plan, run_job, launch.overrides, launch.last),
        progress=SweepProgress(quiet=settings.quiet),
    )
    if not settings.quiet:
        print_sweep(result)
    elif result.failures:  # an exit code has its reason, whatever is not to be said
        name, reason = next(iter(result.failures.items()))
        warn(f"segment sweep: {counted(len(result.failures), 'study', 'studies')} failed; {name}: {reason}")
    return 1 if result.failures else 0


SPEC = CommandSpec(
    name="sweep",
    place=10,
    summary="segment the customers in many ways, compare them, choose one: the main job",
    run=run,
    help=partial(
        help_page,
        [
            "segment sweep: segment the customers in many ways, compare them in MLflow, choose one.",
            "Usage: segment sweep [decision=name[,name...]] [key=value ...]",
            (
                "One study for every combination of what is swept, all k in each; then the choice over all "
                "candidates. With no argument: four feature sets under four scalings, k = 2..10, on the built-in "
                "sample."
            ),
        ],
        decisions=DECISIONS,
        settings=SINGLE,
        examples=[
            "segment sweep features=value,usage scaling=standard,minmax k=[2,3,4,5,6]",
            ("segment sweep data=telecom data.path=Telecom (1).csv", "in a shell, quote the brackets"),
            "segment sweep experiments=original_analysis data=telecom data.path=telecom_customer_churn.csv",
            ("segment sweep --cfg job", "show the composed config and do nothing"),
        ],
    ),
)
