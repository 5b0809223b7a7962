"""Tell whether the verdict is the same under other seeds, and what it costs.

    python benchmarks/verdict_seeds.py [telecom_customer_churn.csv] [--seeds 20] [--keep not_churned|all]

Runs the studies of a sweep and its verdict in memory, untracked, once a seed (the seed of K-means, of the halves and of
the structure test; the customers stay the same). Without a file it takes the built-in sample. Prints each seed's
choice, runner-up, tie and structure, how often each candidate was chosen, and the CPU seconds of the verdict (structure
test, associations, decision) beside those of the fits and scores.
"""

import argparse
import os
import time
from collections import Counter
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import pandas as pd
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.study import Study
from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.verdict.association import associate
from customer_segmentation.verdict.decision import Budget, decide
from customer_segmentation.verdict.leaderboard import label, leaderboard_of, row_of
from customer_segmentation.verdict.selection import rule_of
from customer_segmentation.verdict.structure import structure_of_study
from customer_segmentation.verdict.text import wording
from customer_segmentation.workflows.evaluate import CandidateEvaluator
from customer_segmentation.workflows.prepare import prepare_customers
from customer_segmentation.workflows.study import compute
from customer_segmentation.workflows.study_spec import StudySpec, spec_of

GRID = ("features=value,value_rate,spend,usage", "scaling=standard,minmax,log_standard,quantile,power")


class MemoryEvaluator(CandidateEvaluator):
    """Examines candidates whose studies are still in memory."""

    def __init__(self, board, customers, settings, studies: dict[str, tuple[StudySpec, Space, Study]]) -> None:  # type: ignore[no-untyped-def]  # a board of any kind
        super().__init__(None, board, customers, settings, None)  # type: ignore[arg-type]  # no store is asked
        self.kept = studies

    def labels(self, index: int):  # type: ignore[no-untyped-def]  # as the class above
        """Labels of a candidate."""
        row = row_of(self.board, index)
        return self.kept[row["study"]][2].candidate(int(row["k"])).labels

    def study(self, index: int) -> tuple[StudySpec, Space]:
        """Job and space of a candidate's study."""
        return self.kept[row_of(self.board, index)["study"]][:2]


def verdict(words: list[str]) -> dict[str, object]:
    """One sweep in memory."""
    asked = plan("sweep", words)
    needed = check_plan(asked)
    studies, boards, structures, spent = {}, [], [], Counter[str]()
    for number, overrides in enumerate(asked.jobs):
        job = spec_of(asked.compose_job(overrides, number), asked.swept)
        settings, choices = job.settings, job.choices
        customers = prepare_customers(settings, needed)
        customers.attainable(settings.k)
        start = time.process_time()
        made = compute(job, needed)
        study, space, customers = made.study, made.space, made.customers
        spent["scores"] += time.process_time() - start
        start = time.process_time()
        _, structure = structure_of_study(
            job.name,
            study,
            space,
            opinions=settings.selection.opinions,
            large=settings.large,
            seed=settings.seed,
        )
        associate(study, customers.outcomes)
        spent["verdict"] += time.process_time() - start
        structures.append(structure)
        studies[job.name] = job, space, study
        sizes = [", ".join(map(str, candidate.sizes)) for candidate in study.candidates]
        board = leaderboard_of(study, job.name, structure.k).assign(
            features=choices["features"], scaling=choices["scaling"], sizes=sizes, job=number
        )
        boards.append(board)
    board = pd.concat(boards, ignore_index=True)
    settings = asked.settings[0]
    stability, rule = settings.selection.stability, rule_of(settings.selection)
    start = time.process_time()
    evaluator = MemoryEvaluator(board, customers, settings, studies)
    budget = Budget(stability.short_list, stability.confirmed)
    decision = decide(board, rule, evaluator.for_decision(), budget)
    agreed = evaluator.seed_agreement(decision.chosen, stability.seeds) if decision.chosen is not None else None
    words_of = wording(decision, rule, structures, value=customers.table.value_column)
    spent["verdict"] += time.process_time() - start
    names = [None if i is None else label(row_of(board, i)) for i in (decision.chosen, decision.runner_up)]
    return {
        "chosen": names[0],
        "runner_up": names[1],
        "tie": words_of.tie,
        "near_ties": len(decision.near_ties),
        "structure": words_of.structure,
        "natural": sum(structure.word == "natural" for structure in structures),
        "rand": None if decision.chosen is None else float(decision.board["stability_rand"].loc[decision.chosen]),
        "seed_agreement": agreed,
        "ruled_out": {
            label(row_of(board, i)): against.code
            for i, against in decision.ruled_out.items()
            if against.code == "unstable"
        },
        "spent": spent,
        "studies": len(studies),
        "customers": len(customers.table.customers),
    }


def main() -> None:
    """Run all seeds, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="?", type=Path, help="the telecom table; without it the built-in sample")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--keep", default="not_churned", help="population of the table: not_churned or all")
    arguments = parser.parse_args()
    console = Console(width=150)
    words = [*GRID, f"data.keep={arguments.keep}"]
    if arguments.table is not None:
        words += ["data=telecom", f"data.path={arguments.table.resolve()}"]
    found = []
    with threadpool_limits(1):
        for seed in range(1, arguments.seeds + 1):
            found.append(verdict([*words, f"seed={seed}"]))
            last = found[-1]
            console.print(
                f"seed {seed}: {last['chosen']}, runner-up {last['runner_up']}, {last['tie']}", soft_wrap=True
            )
    table = Table(title=f"{len(found)} seeds, {found[0]['studies']} studies, {found[0]['customers']:,} customers")
    for heading in ("chosen", "seeds", "of these near ties", "half-sample Rand", "agreement with 3 seeds", "structure"):
        table.add_column(heading)
    for name, count in Counter(str(run["chosen"]) for run in found).most_common():
        mine = [run for run in found if str(run["chosen"]) == name]
        rands, agreed = ([run[key] for run in mine if run[key] is not None] for key in ("rand", "seed_agreement"))
        table.add_row(
            name, str(count), str(sum(run["tie"] == "near_tie" for run in mine)),
            f"{min(rands):.3f} to {max(rands):.3f}" if rands else "", f"at least {min(agreed):.3f}" if agreed else "",
            ", ".join(sorted({str(run["structure"]) for run in mine})),
        )  # fmt: skip
    console.print(table)
    unstable = Counter(name for run in found for name in run["ruled_out"])
    console.print("ruled out as unstable: " + ", ".join(f"{name} {n}" for name, n in unstable.most_common(8)))
    console.print("studies with natural structure, by seed: " + ", ".join(str(run["natural"]) for run in found))
    for key in ("scores", "verdict"):
        seconds = sorted(run["spent"][key] for run in found)
        console.print(
            f"CPU s of the {key}: median {seconds[len(seconds) // 2]:.1f}, {seconds[0]:.1f} to {seconds[-1]:.1f}"
        )


if __name__ == "__main__":
    main()
