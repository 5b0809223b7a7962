"""How often the whole rule of choice tells the truth, under its settings of today and those of before.

    python benchmarks/truth_choice.py --seed 2033 --write

`truth.py` asks the structure test alone, in one space. Here each of its tables becomes a small sweep, as a user has
it: the planted columns by z-scores and by 0-1 scaling, half of them, and all of them beside unrelated columns, which
are the yardstick's reference as well; k = 2 to 10. The value of a customer is a skewed figure that depends on the
planted columns. The decision (constraints, structure, stability with all restarts, ranking) is the project's; its
figures are measured once a table and shared by all settings. Planted tables count where K-means finds their segments
(see `truth.py`) and each segment has the share that the constraints ask for.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np
import pandas as pd
from readme import write_part
from sklearn.cluster import KMeans
from truth import FOUND, FOUND_NEAR, FOUND_OVERLAPPING, KS, mcnemar, share
from truth_data import PLANTED, STRUCTURELESS, Matrix, Table, mixture, structureless, z_scored
from truth_unkind import ONE_PIECE_UNKIND, PLANTED_UNKIND, unkind_mixture, unkind_piece

from customer_segmentation.clustering.metrics import adjusted_rand_index
from customer_segmentation.clustering.structure_test import valley_test
from customer_segmentation.clustering.study import Study, run_study
from customer_segmentation.settings.sweep import StabilitySettings
from customer_segmentation.verdict.decision import Budget, Evaluator, decide
from customer_segmentation.verdict.evaluation import confirmation, explained_by_tree, scores_of, screening
from customer_segmentation.verdict.leaderboard import leaderboard_of
from customer_segmentation.verdict.selection import Rule
from customer_segmentation.verdict.structure import study_structure
from customer_segmentation.verdict.yardstick import attainable, yardstick

TODAY = Rule()
RULES = {
    "before: 0.5, two stay": replace(TODAY, natural_min_yardstick_share=0.5, finer_gain=None),
    "0.7, two stay": replace(TODAY, natural_min_yardstick_share=0.7, finer_gain=None),
    "0.5, two give way": replace(TODAY, natural_min_yardstick_share=0.5),
    "today": TODAY,
}
STABILITY = StabilitySettings()


@dataclass(frozen=True)
class Chosen:
    """What every setting chose for one table: k, 0 where nothing qualifies, and whether it is said to be natural."""

    group: str
    kind: str
    k: int
    counts: bool
    chosen: dict[str, tuple[int, bool]]


def spaces_of(rng: np.random.Generator, table: Table) -> dict[str, Matrix]:
    """Four spaces of a table; the last one is the yardstick's reference."""
    planted = table.matrix
    n, d = planted.shape
    beside = z_scored(np.column_stack([rng.normal(size=n), rng.gamma(2.0, size=n)][: int(rng.integers(1, 3))]))
    low, high = planted.min(axis=0), planted.max(axis=0)
    return {
        "planted · standard": planted,
        "planted · minmax": (planted - low) / np.where(high > low, high - low, 1.0),
        "half · standard": planted[:, : max(2, d // 2)],
        "wide · standard": np.column_stack([planted, beside]),
    }


def sweep(rng: np.random.Generator, table: Table, seed: int) -> tuple[pd.DataFrame, Evaluator]:
    """Fit and score the studies of a table: the board, and what the decision may ask of its candidates."""
    spaces = spaces_of(rng, table)
    reference = spaces["wide · standard"]
    told = table.matrix @ rng.normal(size=table.matrix.shape[1])
    value = np.exp(0.6 * told / told.std() + 0.3 * rng.normal(size=len(told)))
    attained = attainable(reference, [*KS], seed=seed)
    studies: dict[str, Study] = {}
    boards = []
    for name, matrix in spaces.items():
        study = run_study(
            matrix, ks=[*KS], make_estimator=estimator, seed=seed, value=value, reference=reference,
            silhouette_limit=20_000, silhouette_sample=20_000,
        )  # fmt: skip
        for candidate in study.candidates:
            candidate.scores["yardstick"] = yardstick(candidate.scores["reference_explained"], candidate.k, attained)
        silhouettes = {candidate.k: candidate.scores["silhouette"] for candidate in study.candidates}
        labels = {candidate.k: candidate.labels for candidate in study.candidates}
        found = study_structure(name, valley_test(matrix, labels, silhouettes, seed=seed), {})
        studies[name] = study
        boards.append(leaderboard_of(study, name, found.k))
    board = pd.concat(boards, ignore_index=True)

    def candidate_of(index: int) -> tuple[Matrix, np.ndarray, int]:
        name, k = str(board["study"].loc[index]), int(board["k"].loc[index])
        return spaces[name], studies[name].candidate(k).labels, k

    @cache
    def explained(index: int) -> tuple[float, list[str]]:
        matrix, labels, _ = candidate_of(index)
        limits = TODAY.limits
        return explained_by_tree(
            pd.DataFrame(matrix).rename(columns=str), labels, most_features=limits.most_features,
            depth=limits.tree_depth, leaves=limits.tree_leaves, seed=seed,
        )  # fmt: skip

    @cache
    def looked(index: int) -> dict[str, float]:
        found = screening(*candidate_of(index), estimator, seed, resamples=STABILITY.screening)
        return scores_of(found, STABILITY.rand_half, "screening")

    @cache
    def confirm(index: int) -> dict[str, float]:
        found = confirmation(
            *candidate_of(index), make_estimator=estimator, resamples=STABILITY.resamples, seed=seed,
            stop_below=STABILITY.rand_half, stop_after=int(STABILITY.max_switching * 2 * STABILITY.resamples + 1e-9),
        )  # fmt: skip
        return scores_of(found, STABILITY.rand_half)

    @cache
    def separation(index: int) -> float:
        from customer_segmentation.clustering.silhouette import silhouette_samples

        return float(silhouette_samples(reference, [candidate_of(index)[1]]).mean())

    evaluator = Evaluator(
        lambda indices: {index: separation(index) for index in indices},
        explained,
        lambda indices: {index: looked(index) for index in indices},
        confirm,
    )
    return board, evaluator


def estimator(k: int, seed: int) -> KMeans:
    """K-means as `conf/clustering/kmeans.yaml` declares it."""
    return KMeans(k, n_init=10, random_state=seed)


def judge(group: str, table: Table, rng: np.random.Generator, seed: int) -> Chosen:
    """Decide under every setting."""
    counts, least = True, FOUND_OVERLAPPING if group == "overlapping" else FOUND
    if table.k > 1:
        found = estimator(table.k, seed).fit(table.matrix).labels_
        least = FOUND_NEAR if table.kind == "nested, near" else least
        smallest = np.bincount(table.labels).min() / len(table.labels)
        counts = adjusted_rand_index(table.labels, found) >= least and smallest >= TODAY.limits.smallest_share
    if not counts:
        return Chosen(group, table.kind, table.k, False, {})
    board, evaluator = sweep(rng, table, seed)
    answers = {}
    for name, rule in RULES.items():
        decision = decide(board, rule, evaluator, Budget(STABILITY.short_list, STABILITY.confirmed))
        at = decision.chosen
        answers[name] = (0, False) if at is None else (int(board["k"].loc[at]), bool(board["natural"].loc[at]))
    return Chosen(group, table.kind, table.k, True, answers)


def draw(group: str, seed: int, index: int) -> tuple[Table, np.random.Generator]:
    """One table of a group, the same as in `truth.py` under this seed, and the source of what else is drawn."""
    number = ["planted", "overlapping", "structureless", "unkind", "one_piece"].index(group) + 1
    rng = np.random.default_rng([seed, number, index])
    if group in ("planted", "overlapping"):
        gap = (5.0, 9.0) if group == "planted" else (3.0, 5.0)
        return mixture(rng, PLANTED[index % len(PLANTED)], gap=gap), rng
    if group == "structureless":
        return structureless(rng, [*STRUCTURELESS][index % len(STRUCTURELESS)]), rng
    if group == "unkind":
        return unkind_mixture(rng, PLANTED_UNKIND[index % len(PLANTED_UNKIND)]), rng
    return unkind_piece(rng, ONE_PIECE_UNKIND[index % len(ONE_PIECE_UNKIND)]), rng


def _run(job: tuple[str, int, int]) -> Chosen:
    group, seed, index = job
    table, rng = draw(group, seed, index)
    return judge(group, table, rng, index)


def table_of(found: list[Chosen], seed: int, seconds: float) -> str:
    """Markdown of what the settings chose, group by group."""
    first = next(iter(RULES))
    lines = [
        f"Seed {seed}, {seconds:,.0f} CPU s. Shares with 95 % intervals; better and worse: than the first line.",
        "",
        "| tables | setting | chosen k is the planted one | said to be natural | two segments | better / worse, p |",
        "|---|---|---|---|---|---|",
    ]
    for group in dict.fromkeys(item.group for item in found):
        kept = [item for item in found if item.group == group and item.counts]
        empty = group in ("structureless", "one_piece")

        def right(item: Chosen, name: str, empty: bool = empty) -> bool:
            k, natural = item.chosen[name]
            return not natural if empty else k == item.k

        for name in RULES:
            hits = [right(item, name) for item in kept]
            better, worse, p = mcnemar(hits, [right(item, first) for item in kept])
            natural = share(sum(item.chosen[name][1] for item in kept), len(kept))
            two = share(sum(item.chosen[name][0] == 2 for item in kept), len(kept))
            exact = "" if empty else share(sum(hits), len(kept))
            against = "" if name == first else f"{better} / {worse}, {p:.2g}"
            lines.append(
                f"| {group.replace('_', ' ')} ({len(kept)}) | {name} | {exact} | {natural} | {two} | {against} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Draw, decide, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True, help="names the tables")
    parser.add_argument("--planted", type=int, default=60)
    parser.add_argument("--overlapping", type=int, default=30)
    parser.add_argument("--structureless", type=int, default=32)
    parser.add_argument("--unkind", type=int, default=28)
    parser.add_argument("--one_piece", type=int, default=21)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write every answer to this JSON file")
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md")
    arguments = parser.parse_args()
    groups = ("planted", "overlapping", "structureless", "unkind", "one_piece")
    jobs = [(group, arguments.seed, index) for group in groups for index in range(getattr(arguments, group))]
    with ProcessPoolExecutor(arguments.processes) as pool:
        found = list(pool.map(_run, jobs))
    spent = os.times()
    text = table_of(found, arguments.seed, spent.children_user + spent.children_system)
    print(text)
    if arguments.save:
        arguments.save.write_text(json.dumps([asdict(item) for item in found]))
    if arguments.write:
        write_part("truth_choice", text)


if __name__ == "__main__":
    main()
