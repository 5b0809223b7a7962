"""How often each rule for k tells the truth: planted clusters, overlapping ones, and data without structure.

    python benchmarks/truth.py --seed 2026
    python benchmarks/truth.py --seed 7 --planted 60 --structureless 64 --overlapping 30 --processes 1

Every table is standardised and K-means (10 starts) fitted for k = 2 to 10; all rules judge these same fits.

- Planted: neighbouring centres 5 to 9 standard deviations apart, and K-means at the true k recovers the planted labels
  with an adjusted Rand index of at least 0.9: where K-means itself misses the clusters no rule for k can be right.
- Overlapping: 3 to 5 standard deviations apart and an adjusted Rand index of at least 0.6.
- Structureless: sixteen kinds of data of one piece.
- With outliers: 0.5 % of the rows of a planted (or structureless) table thrown far out; a planted one counts if K-means
  at some k recovers the labels of the other rows.
- Unkind, and of one piece: see `truth_unkind.py`; a planted one counts if K-means at the true k recovers its labels
  with an adjusted Rand index of at least 0.9 (nested ones at 3.5 to 4.5 standard deviations: 0.75).
- With yes/no columns: a structureless table with two unrelated two-valued columns.

The tables are named by the seed. ``TUNING_SEEDS`` were looked at while the rule was made and ``CALIBRATION_SEEDS`` gave
the certainties in ``structure_test.py``; neither may be reported.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table as RichTable
from scipy.stats import binomtest
from sklearn.cluster import KMeans
from truth_data import PLANTED, STRUCTURELESS, Table, mixture, structureless, with_outliers, with_yes_no
from truth_unkind import ONE_PIECE_UNKIND, PLANTED_UNKIND, unkind_mixture, unkind_piece

from customer_segmentation.clustering.gap import gap_statistic
from customer_segmentation.clustering.knee import elbow_knee
from customer_segmentation.clustering.metrics import (
    adjusted_rand_index,
    calinski_harabasz,
    davies_bouldin,
    total_sum_of_squares,
)
from customer_segmentation.clustering.silhouette import silhouette_samples
from customer_segmentation.clustering.structure_test import valley_test

TUNING_SEEDS = (11, 12)
CALIBRATION_SEEDS = (21, 22, 23, 24)
KS = range(2, 11)
FOUND, FOUND_OVERLAPPING, FOUND_NEAR = 0.9, 0.6, 0.75
RULES = ("valley", "silhouette", "calinski_harabasz", "davies_bouldin", "elbow", "gap")


@dataclass(frozen=True)
class Answers:
    """The k each rule gives for one table; 1 is "none". ``recovered`` is the adjusted Rand index at the true k."""

    group: str
    kind: str
    k: int
    recovered: float
    rules: dict[str, int]
    reason: str


def judge(group: str, table: Table, seed: int, *, gap: bool, inliers: np.ndarray | None = None) -> Answers:
    """Fit K-means for every k and ask every rule."""
    matrix = table.matrix
    fits = {k: KMeans(k, n_init=10, random_state=seed).fit(matrix) for k in KS}
    labels = {k: fit.labels_ for k, fit in fits.items()}
    silhouettes = dict(zip(KS, silhouette_samples(matrix, list(labels.values())).mean(axis=0).tolist(), strict=True))
    inertias = {1: total_sum_of_squares(matrix)} | {k: float(fit.inertia_) for k, fit in fits.items()}
    result = valley_test(matrix, labels, silhouettes, seed=seed)
    rules = {
        "valley": result.k_star,
        "silhouette": max(KS, key=silhouettes.__getitem__),
        "calinski_harabasz": max(KS, key=lambda k: calinski_harabasz(matrix, labels[k])),
        "davies_bouldin": min(KS, key=lambda k: davies_bouldin(matrix, labels[k])),
        # No knee is an answer as well: the curve bends nowhere, which is "none".
        "elbow": elbow_knee(list(inertias), list(inertias.values())) or 1,
    }
    if gap:
        rules["gap"] = gap_statistic(matrix, [*KS], seed=seed, inertias=inertias).k
    recovered = 1.0
    if table.k > 1 and inliers is not None:
        recovered = max(adjusted_rand_index(table.labels[inliers], labels[k][inliers]) for k in KS)
    elif table.k > 1:
        recovered = adjusted_rand_index(table.labels, labels[table.k])
    return Answers(group, table.kind, table.k, recovered, rules, result.reason)


def _planted(seed: int, index: int, gap: bool) -> list[Answers]:
    rng = np.random.default_rng([seed, 1, index])
    table = mixture(rng, PLANTED[index % len(PLANTED)], gap=(5.0, 9.0))
    clean = judge("planted", table, index, gap=gap)
    if clean.recovered < FOUND:
        return [clean]
    spoilt, stayed = with_outliers(rng, table)
    return [clean, judge("planted, outliers", spoilt, index, gap=False, inliers=stayed)]


def _overlapping(seed: int, index: int, gap: bool) -> list[Answers]:
    rng = np.random.default_rng([seed, 2, index])
    return [judge("overlapping", mixture(rng, PLANTED[index % len(PLANTED)], gap=(3.0, 5.0)), index, gap=False)]


def _structureless(seed: int, index: int, gap: bool) -> list[Answers]:
    rng = np.random.default_rng([seed, 3, index])
    kinds = list(STRUCTURELESS)
    table = structureless(rng, kinds[index % len(kinds)])
    return [
        judge("structureless", table, index, gap=gap),
        judge("structureless, outliers", with_outliers(rng, table)[0], index, gap=False),
        judge("structureless, yes/no", with_yes_no(rng, table), index, gap=False),
    ]


def _unkind(seed: int, index: int, gap: bool) -> list[Answers]:
    table = unkind_mixture(np.random.default_rng([seed, 4, index]), PLANTED_UNKIND[index % len(PLANTED_UNKIND)])
    return [judge("unkind", table, index, gap=False)]


def _bent(seed: int, index: int, gap: bool) -> list[Answers]:
    table = unkind_piece(np.random.default_rng([seed, 5, index]), ONE_PIECE_UNKIND[index % len(ONE_PIECE_UNKIND)])
    return [judge("one_piece", table, index, gap=False)]


JOBS: dict[str, Callable[[int, int, bool], list[Answers]]] = {
    "planted": _planted,
    "overlapping": _overlapping,
    "structureless": _structureless,
    "unkind": _unkind,
    "one_piece": _bent,
}


def _run(job: tuple[str, int, int, bool]) -> list[Answers]:
    group, seed, index, gap = job
    return JOBS[group](seed, index, gap)


def counted(answers: Iterable[Answers]) -> list[Answers]:
    """Keep the tables that K-means can find: see the head of this file."""

    def least(answer: Answers) -> float:
        if answer.kind == "nested, near":
            return FOUND_NEAR
        return FOUND_OVERLAPPING if answer.group == "overlapping" else FOUND

    return [answer for answer in answers if answer.recovered >= least(answer)]


def share(hits: int, n: int) -> str:
    """A share with its 95 % Wilson interval."""
    if n == 0:
        return "-"
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    return f"{hits / n:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def mcnemar(ours: list[bool], theirs: list[bool]) -> tuple[int, int, float]:
    """Tables only we, and only they, got right, and the exact two-sided p of McNemar's test."""
    better = sum(a and not b for a, b in zip(ours, theirs, strict=True))
    worse = sum(b and not a for a, b in zip(ours, theirs, strict=True))
    return better, worse, float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def show(console: Console, answers: list[Answers]) -> None:
    """Print a table for each group of data, and what the failures of the valley test were."""
    for group in dict.fromkeys(a.group for a in answers):
        drawn = [a for a in answers if a.group == group]
        kept = counted(drawn)
        table = RichTable(title=f"{group}: {len(kept)} tables" + (f" of {len(drawn)} drawn" if drawn != kept else ""))
        empty = kept[0].k == 1
        for heading in ("rule", *(["none"] if empty else ["exact k", "k ± 1", "false none"]), "only ours/theirs", "p"):
            table.add_column(heading)
        ours = [a.rules["valley"] == a.k for a in kept]
        for rule in RULES:
            if rule not in kept[0].rules:
                continue
            exact = [a.rules[rule] == a.k for a in kept]
            cells = [share(sum(exact), len(kept))]
            if not empty:
                near = sum(abs(a.rules[rule] - a.k) <= 1 and a.rules[rule] > 1 for a in kept)
                cells += [share(near, len(kept)), share(sum(a.rules[rule] == 1 for a in kept), len(kept))]
            better, worse, p = mcnemar(ours, exact)
            table.add_row(rule, *cells, *(["", ""] if rule == "valley" else [f"{better}/{worse}", f"{p:.2g}"]))
        console.print(table)
        if group in ("unkind", "one_piece"):
            for kind in dict.fromkeys(a.kind for a in kept):
                own = [right for a, right in zip(kept, ours, strict=True) if a.kind == kind]
                console.print(f"{kind}: {share(sum(own), len(own))} of {len(own)}")
        wrong = Counter(a.kind for a, right in zip(kept, ours, strict=True) if not right)
        console.print("valley wrong on: " + (", ".join(f"{kind} {n}" for kind, n in wrong.most_common()) or "nothing"))
    everything = RichTable(title="How often an answer of the valley test was right, by how it came about")
    for heading in ("reason", "right"):
        everything.add_column(heading)
    kept = counted(answers)
    for reason in sorted({a.reason for a in kept}):
        mine = [a for a in kept if a.reason == reason]
        everything.add_row(reason, f"{share(sum(a.rules['valley'] == a.k for a in mine), len(mine))} of {len(mine)}")
    console.print(everything)


def main() -> None:
    """Draw, judge in several processes, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True, help="names the tables; take one never used before")
    parser.add_argument("--planted", type=int, default=400, help="planted tables drawn")
    parser.add_argument("--overlapping", type=int, default=300, help="overlapping tables drawn")
    parser.add_argument("--structureless", type=int, default=400, help="structureless tables")
    parser.add_argument("--unkind", type=int, default=350, help="unkind planted tables drawn")
    parser.add_argument("--one_piece", type=int, default=350, help="unkind tables of one piece")
    parser.add_argument(
        "--gap", action=argparse.BooleanOptionalAction, default=True, help="the gap statistic, most of the time"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--save", type=Path, help="write every answer to this JSON file")
    arguments = parser.parse_args()
    console = Console(width=140)
    if arguments.seed in TUNING_SEEDS + CALIBRATION_SEEDS:
        console.print(f"[bold]seed {arguments.seed} was used to make the rule: these figures are not to be reported")
    started = time.perf_counter()
    jobs = [
        (group, arguments.seed, index, arguments.gap) for group in JOBS for index in range(getattr(arguments, group))
    ]
    with ProcessPoolExecutor(arguments.processes) as pool:
        done = track(pool.map(_run, jobs, chunksize=4), total=len(jobs), console=console, description="tables")
        answers = [answer for batch in done for answer in batch]
    answers.sort(key=lambda a: [*JOBS].index(a.group.split(",")[0]))
    show(console, answers)
    console.print(f"seed {arguments.seed}, {time.perf_counter() - started:.0f} s in {arguments.processes} processes")
    if arguments.save:
        arguments.save.write_text(json.dumps([asdict(a) for a in answers]))


if __name__ == "__main__":
    main()
