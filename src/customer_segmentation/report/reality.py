"""Is it real? What the data supports and what it does not, in words that can be repeated."""

from __future__ import annotations

from customer_segmentation.formatting import finite, percent, score
from customer_segmentation.report.cautions import cautions
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Beside, Block, Bullets, Paragraph, Part, Section
from customer_segmentation.report.sections_k import numbers_part


def reality_section(data: ReportData) -> Section:
    """What is confirmed, beside what is not."""
    supported = Part("What the data supports", (Bullets(tuple(supports(data))),))
    against = Part("What it does not support", (Bullets(tuple(cautions(data))),))
    blocks: tuple[Block, ...] = (Beside((supported, against)), *numbers_part(data))
    return Section("real", "Is it real?", blocks)


def supports(data: ReportData) -> list[Paragraph]:
    """What was confirmed of the candidate that is described."""
    found = []
    verdict, candidate = data.verdict, data.candidate
    certainty = verdict.get("certainty")
    if data.is_chosen and isinstance(certainty, dict) and certainty.get("sentence"):
        found.append(Paragraph(str(certainty["sentence"]), lead=f"Confidence: {certainty.get('word', '')}."))
    if candidate is None:
        return found or [Paragraph("Nothing: no candidate was chosen.")]
    stability = finite(candidate.row.get("stability"))
    if stability is not None:
        found.append(
            Paragraph(
                "The customers were split at random into halves and segmented again. On a scale where 1 is the same "
                f"segments and 0 is chance, the agreement is {score(stability, 2)} (adjusted Rand index).",
                lead="Reproduced on half-samples." if stability >= data.limits["rand"] else "Tested on half-samples.",
            )
        )
    tree = finite(candidate.row.get("explained_by_tree"))
    if tree is not None:
        over = str(candidate.row.get("explained_with") or "a few features").replace("_", " ")
        found.append(
            Paragraph(
                f"A decision tree of a few questions on {over} puts {percent(tree)} of the customers into their "
                "segment.",
                lead="Simple to explain.",
            )
        )
    if verdict.get("structure") == "natural structure" and data.is_chosen:
        found.append(Paragraph(str(verdict.get("headline", "")), lead="Natural groups."))
    mark = finite(candidate.row.get("yardstick"))
    if mark is not None:
        found.append(
            Paragraph(
                f"They keep {percent(mark)} of the differences between customers that as many segments can keep in the "
                "reference space, the one fixed set of columns in which all candidates are compared.",
                lead="Not much is lost.",
            )
        )
    return found or [Paragraph("This candidate was not tested.")]
