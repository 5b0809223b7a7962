"""The help of a command: what it does, every decision with the files that exist for it, settings, examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from customer_segmentation.config.paths import first_comment, options_of

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
    ("resume=false", "start afresh, where the same sweep was run before"),
    ("threads=2   quiet=true", "threads of the numerical libraries; no progress"),
)


def help_page(
    heading: Sequence[str],
    *,
    decisions: Mapping[str, str] | None = None,
    settings: Sequence[tuple[str, str]] = (),
    examples: Sequence[str] = (),
) -> str:
    """Lay out the help of a command.

    Parameters
    ----------
    heading : sequence of str
        Lines on what the command does and how it is used.
    decisions : mapping, optional
        Decision to what it decides; its options are the files of the shipped ``conf/`` and of the user's own.
    settings : sequence of pairs
        A form as it is typed, and what it means.
    examples : sequence of str
        Lines.
    """
    lines = list(heading)
    if decisions:
        lines += ["", "Decisions (conf/DECISION/NAME.yaml; files of your own conf/ are found too):"]
    for decision, meaning in (decisions or {}).items():
        options = options_of(decision)
        width = max(map(len, options), default=0)
        lines += ["", f"  {decision}=   {meaning}"]
        lines += [f"    {name:<{width}}  {first_comment(path)}".rstrip() for name, path in options.items()]
    if settings:
        width = max(len(form) for form, _ in settings)
        lines += ["", "Settings:", *(f"  {form:<{width}}  {meaning}" for form, meaning in settings)]
    if examples:
        lines += ["", "Examples:", *(f"  {line}" for line in examples)]
    return "\n".join(lines)


def help_text() -> str:
    """Return the help of the command."""
    return help_page(
        [
            "segment sweep: segment the customers in many ways, compare them in MLflow, choose one.",
            "",
            "Usage: segment sweep [decision=name[,name...]] [key=value ...]",
            "",
            "One study for every combination of what is swept, all k in each; then the choice over all candidates.",
            "With no argument: four feature sets under four scalings, k = 2..10, on the built-in sample.",
        ],
        decisions=DECISIONS,
        settings=SINGLE,
        examples=[
            "segment sweep features=value,usage scaling=standard,minmax k=[2,3,4,5,6]",
            "segment sweep data=telecom data.path=Telecom (1).csv    (in a shell, quote the brackets)",
            "segment sweep experiments=original_analysis data=telecom data.path=telecom_customer_churn.csv",
            "segment sweep --cfg job                                 show the composed config and do nothing",
        ],
    )
