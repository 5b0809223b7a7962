"""What the structure test says of one study, as words and figures that its run holds and the verdict reads back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from customer_segmentation.clustering.sampling import stratified_rows
from customer_segmentation.clustering.silhouette import intersect
from customer_segmentation.clustering.space import Space
from customer_segmentation.clustering.structure_test import StructureResult, valley_test
from customer_segmentation.clustering.study import Study
from customer_segmentation.formatting import listed
from customer_segmentation.settings.sweep import LargeSettings
from customer_segmentation.verdict.alternative_k import alternative_k

WORDS = {
    "natural": "natural structure in {}",
    "none": "no natural structure in {}",
    "doubtful": "doubtful in {}",
    "undecidable": "not decidable in {}",
}


@dataclass(frozen=True)
class StudyStructure:
    """The structure of one study's space, see `customer_segmentation.clustering.structure_test.StructureResult`.

    ``word`` is one of `WORDS`; ``k`` the candidate that shows the structure (1: none does), ``k_star`` its clusters
    without the tiny ones; ``opinions`` are the answers of other rules for k, by their names.
    """

    study: str
    word: str
    k: int
    k_star: int
    k_valley: int
    k_silhouette: int
    levels: tuple[int, int]
    certainty: str
    right: float | None
    sentence: str
    opinions: Mapping[str, int]

    def tags(self) -> dict[str, Any]:
        """Words under which it is kept on the study's run; `from_tags` reads them back."""
        return {
            "structure": self.word,
            "structure_k": self.k,
            "structure_k_star": self.k_star,
            "structure_k_valley": self.k_valley,
            "structure_k_silhouette": self.k_silhouette,
            "structure_levels": ",".join(map(str, self.levels)),
            "structure_certainty": self.certainty,
            "structure_right": self.right,
            "structure_sentence": self.sentence,
            "opinions": json.dumps(dict(self.opinions)) if self.opinions else None,
        }

    def plain(self) -> dict[str, Any]:
        """For ``verdict.json``."""
        return {
            "study": self.study,
            "structure": self.word,
            "k": self.k,
            "k_star": self.k_star,
            "k_valley": self.k_valley,
            "k_silhouette": self.k_silhouette,
            "levels": list(self.levels),
            "certainty": self.certainty,
            "right": self.right,
            "sentence": self.sentence,
            "opinions": dict(self.opinions),
        }


def study_structure(study: str, result: StructureResult, opinions: Mapping[str, int]) -> StudyStructure:
    """Words and figures of a structure test.

    Parameters
    ----------
    study : the study's name
    result : the test over all k
    opinions : k by the second opinions that were asked for
    """
    word = "natural" if result.natural else result.reason
    right = result.certainty.right
    return StudyStructure(
        study=study,
        word=word if word in WORDS else "none",
        k=result.chosen if result.natural else 1,
        k_star=result.k_star if result.natural else 1,
        k_valley=result.k_valley,
        k_silhouette=result.k_silhouette,
        levels=result.levels,
        certainty=result.certainty.word,
        right=None if np.isnan(right) else right,
        sentence=result.sentence,
        opinions=opinions,
    )


def from_tags(study: str, tags: Mapping[str, str]) -> StudyStructure | None:
    """Read back what `StudyStructure.tags` wrote; None where a run has no such words.

    Parameters
    ----------
    study : the study's name
    tags : tags of its run
    """
    if tags.get("structure") not in WORDS:
        return None
    coarse, fine = (int(part) for part in tags["structure_levels"].split(","))
    return StudyStructure(
        study=study,
        word=tags["structure"],
        k=int(tags["structure_k"]),
        k_star=int(tags["structure_k_star"]),
        k_valley=int(tags["structure_k_valley"]),
        k_silhouette=int(tags["structure_k_silhouette"]),
        levels=(coarse, fine),
        certainty=tags["structure_certainty"],
        right=float(tags["structure_right"]) if "structure_right" in tags else None,
        sentence=tags["structure_sentence"],
        opinions=json.loads(tags.get("opinions", "{}")),
    )


def structure_record(result: StructureResult, structure: StudyStructure) -> dict[str, Any]:
    """``structure.json`` of a study: what `StudyStructure.plain` has, and every pair of neighbours for every k.

    ``tests`` maps k to ``share`` (of separated pairs, weighted by customers), ``tiny`` clusters and their customers,
    and ``pairs``: clusters ``i`` and ``j``, customers ``at_i``, ``between`` and ``at_j``, valley ``ratio``, ``p``,
    ``separated``, ``used``.

    Parameters
    ----------
    result : the test over all k
    structure : its words and figures
    """
    tests = {
        str(k): {
            "share": valleys.share,
            "all_separated": valleys.all_separated,
            "tiny": list(valleys.tiny),
            "tiny_customers": valleys.tiny_rows,
            "pairs": [
                {
                    "i": pair.i,
                    "j": pair.j,
                    "at_i": pair.at_i,
                    "between": pair.between,
                    "at_j": pair.at_j,
                    "ratio": round(pair.ratio, 6),
                    "p": pair.p,
                    "separated": bool(pair.separated),
                    "used": bool(pair.used),
                }
                for pair in valleys.pairs
            ],
        }
        for k, valleys in result.tests.items()
    }
    return {**structure.plain(), "reason": result.reason, "tests": tests}


def across(structures: Sequence[StudyStructure]) -> str:
    """Sentence on all studies: where there is natural structure, where none, where it cannot be told."""
    counts = Counter(structure.word for structure in structures)
    total = len(structures)
    if not total:
        return ""
    if len(counts) == 1:
        word = WORDS[next(iter(counts))].format("all" if total > 1 else "the only study")
        return f"Structure test of {total} stud{'ies' if total > 1 else 'y'}: {word}."
    parts = []
    for word in WORDS:
        if not counts[word]:
            continue
        named = [f"{s.study} ({s.k_star})" if word == "natural" else s.study for s in structures if s.word == word]
        parts.append(WORDS[word].format(f"{counts[word]}" + (f": {listed(named)}" if len(named) <= 3 else "")))
    return f"Structure test of {total} studies: " + "; ".join(parts) + "."


def structure_of_chosen(verdict: Mapping[str, Any]) -> tuple[str, str]:
    """Word and sentence of the structure test on the chosen candidate's own space, from ``verdict.json``.

    The word is one of `WORDS`, or "chosen" where the chosen segments are themselves the natural groups.

    Parameters
    ----------
    verdict : as the sweep logged it; without a chosen candidate there is no word
    """
    chosen = verdict.get("chosen") or {}
    found = [item for item in verdict.get("structure_by_study") or () if item.get("study") == chosen.get("study")]
    if not found or not chosen:
        return "", ""
    word = "chosen" if verdict.get("natural") else str(found[0].get("structure", ""))
    return word, str(found[0].get("sentence", ""))


def structure_of_study(
    name: str, study: Study, space: Space, *, opinions: Sequence[str], large: LargeSettings, seed: int
) -> tuple[StructureResult, StudyStructure]:
    """Test a study for natural structure, ask the second opinions, and give each candidate its valleys as a score.

    Parameters
    ----------
    name : str
        Of the study.
    study : Study
        Its candidates' scores get ``valley_share``.
    space : Space
    opinions : sequence of str
        Other rules for k that are asked.
    large : LargeSettings
        From how many customers on a sample is tested, and how large it is.
    seed : int
    """
    several = [candidate for candidate in study.candidates if candidate.k > 1]
    matrix, labels = space.matrix, {candidate.k: candidate.labels for candidate in several}
    n = len(matrix)
    if n > large.threshold and several:
        labelings = list(labels.values())
        rows = stratified_rows(intersect(labelings), labelings, size=large.eval_sample, seed=seed)
        matrix, labels = matrix[rows], {k: found[rows] for k, found in labels.items()}
    result = valley_test(
        matrix,
        labels,
        {candidate.k: candidate.scores["silhouette"] for candidate in several},
        seed=seed,
    )
    for candidate in several:
        if candidate.k in result.tests:
            candidate.scores["valley_share"] = result.tests[candidate.k].share
    asked = alternative_k(
        opinions,
        matrix,
        {
            # Inertia is a sum over customers; of a sample it is smaller in proportion.
            candidate.k: {**candidate.scores, "inertia": candidate.scores["inertia"] * (len(matrix) / n)}
            for candidate in study.candidates
        },
        knee=study.knee,
        seed=seed,
    )
    return result, study_structure(name, result, asked)
