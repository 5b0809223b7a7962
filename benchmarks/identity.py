"""Tell whether segments keep their numbers and names when they are fitted again.

    python benchmarks/identity.py [--refits 20] [--k 3 4 5 6] [--write]

Refits under other seeds (the same customers) and on bootstraps of the customers, scaling included, of the built-in
sample and of the telecom table (SEGMENT_TELECOM_CSV, else ../shared/data/), each beside the segments of the first fit:
matched by the customers that they share, numbered and named as `segment promote` does. A name is carried while what it
says reaches the playbook's `lasting` part of its threshold; a segment that was renamed is listed with the reason.
--write puts the table into benchmarks/README.md.
"""

import argparse
import os
import re
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np
from readme import write_part

from customer_segmentation.clustering.fit import fit_k
from customer_segmentation.clustering.metrics import adjusted_rand_index
from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.registry.segment_identity import carried_identity
from customer_segmentation.segments.matching import match_segments
from customer_segmentation.segments.names import carry_names, name_segments
from customer_segmentation.segments.segment_name import names_from_plain, plain_names
from customer_segmentation.workflows.prepare import PreparedCustomers, prepare_customers
from customer_segmentation.workflows.study_spec import estimators_of, space_of, spec_of

SPACES = ("minmax", "standard")
ALIKE = 0.9  # adjusted Rand index from which every name should be kept


@dataclass
class Tally:
    """What became of the segments in the refits of one table, space, k and kind."""

    refits: int = 0
    rand: list[float] = field(default_factory=list)
    alike: int = 0
    numbers: int = 0
    names: int = 0
    renamed: Counter = field(default_factory=Counter)
    unsaid: int = 0


def telecom_csv() -> Path | None:
    """The published table, where it is."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "telecom_customer_churn.csv"
    path = Path(os.environ.get("SEGMENT_TELECOM_CSV", beside))
    return path if path.is_file() else None


def resampled(customers: PreparedCustomers, seed: int) -> tuple[PreparedCustomers, np.ndarray]:
    """As many customers, drawn with replacement; and which they are."""
    rows = np.random.default_rng(seed).integers(0, len(customers.reference), len(customers.reference))
    table = replace(customers.table, customers=customers.table.customers.iloc[rows].reset_index(drop=True))
    return PreparedCustomers(table, customers.reference[rows], customers.seed), rows


def refits_of(words: list[str], k: int, refits: int) -> dict[str, Tally]:
    """Fit once, then again under seeds and on bootstraps."""
    asked = plan("sweep", [*words, f"k=[{k}]", "hypotheses=none", "exploration=none"])
    job = spec_of(asked.compose_job(asked.jobs[0], 0), ())
    settings = job.settings
    customers, playbook = prepare_customers(settings, check_plan(asked)), playbook_of(settings)
    space, make = space_of(job, customers), estimators_of(job)
    first = fit_k(space.matrix, k, make_estimator=make, seed=settings.seed)
    named = name_segments(customers.profile(space, first.labels, first.estimator), playbook)
    previous = names_from_plain(plain_names(named))  # as they stand in the champion's model
    champion = {name.segment: name.name for name in previous}
    found = {"seeds": Tally(), "bootstraps": Tally()}
    for kind, tally in found.items():
        for number in range(1, refits + 1):
            again, rows = resampled(customers, number) if kind == "bootstraps" else (customers, slice(None))
            space = space_of(job, again)
            seed = settings.seed + (number if kind == "seeds" else 0)
            fit = fit_k(space.matrix, k, make_estimator=make, seed=seed)
            before = first.labels[rows]
            rand = adjusted_rand_index(before, fit.labels)
            tally.refits += 1
            tally.rand.append(rand)
            if rand < ALIKE:
                continue
            matching = match_segments(before, fit.labels, k_before=k, k_after=k, same=0.5)
            profiles = again.profile(space, fit.labels, fit.estimator)
            names, changes = carry_names(previous, matching.predecessor, profiles, playbook)
            identity = carried_identity(
                matching,
                numbers=tuple(range(k)),
                names=champion,
                called=[name.name for name in names],
                used=set(range(k)),
                why={change.segment: change.why for change in changes},
            )
            tally.alike += 1
            tally.numbers += set(identity.numbers) == set(champion)
            tally.names += identity.names == champion
            for change in changes:
                tally.renamed[f"“{change.before}” became “{change.after}”: {reason(change.why)}"] += 1
            tally.unsaid += len([n for n in champion if identity.names.get(n) != champion[n]]) - len(changes)
    return found


def reason(why: str) -> str:
    """Why a name could not be kept, without the figures, which differ from refit to refit."""
    return re.sub(r"(does not hold any more|now): .*", r"\1", why)


def lines_of(title: str, k: int, kind: str, tally: Tally) -> str:
    """A row of the table."""
    return (
        f"| {title} | {k} | {kind} | {np.median(tally.rand):.3f} ({min(tally.rand):.3f}) "
        f"| {tally.alike} of {tally.refits} | {tally.numbers} | {tally.names} | {sum(tally.renamed.values()) or ''} |"
    )


def main() -> None:
    """Refit, print, and write the table if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refits", type=int, default=20)
    parser.add_argument("--k", type=int, nargs="+", default=[3, 4, 5, 6])
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    tables = {"sample": []} | ({"telecom": ["data=telecom", f"data.path={path}"]} if (path := telecom_csv()) else {})
    lines = [
        (
            "| table, space | k | refits on | adjusted Rand, median (least) | of these ≥ 0.9 "
            "| all numbers kept | all names kept | segments renamed |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    renamed: Counter[str] = Counter()
    unsaid, total, kept = 0, Counter[str](), Counter[str]()
    begun = time.process_time()
    for table, words in tables.items():
        for scaling in SPACES:
            for k in asked.k:
                for kind, tally in refits_of([*words, "features=value", f"scaling={scaling}"], k, asked.refits).items():
                    lines.append(lines_of(f"{table}, value · {scaling}", k, kind, tally))
                    print(lines[-1], flush=True)
                    for text, count in tally.renamed.items():
                        renamed[f"{table}, {scaling}, k = {k}, {kind}: {text}"] += count
                    total["alike"] += tally.alike
                    kept["numbers"] += tally.numbers
                    kept["names"] += tally.names
                    unsaid += tally.unsaid
    seconds = time.process_time() - begun
    lines += [
        "",
        f"Of {total['alike']} refits with an adjusted Rand index of at least 0.9, {kept['numbers']} kept every number "
        f"and {kept['names']} every name. Names lost without a word: {unsaid}. "
        + (
            "Renamed, since what the name says falls short of the `lasting` part of its threshold in the refit:"
            if renamed
            else "No segment was renamed."
        ),
        *([""] if renamed else []),
        *(f"- {text} ({count} ×)" for text, count in sorted(renamed.items())),
    ]
    print("\n".join(lines[-len(renamed) - 3 :]))
    print(f"{seconds:.0f} CPU s")
    if asked.write:
        write_part("identity", "\n".join(lines))


if __name__ == "__main__":
    main()
