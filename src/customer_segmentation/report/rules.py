"""The part of a report that tells the segments as a few rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from customer_segmentation.figures.rules import rules_tree
from customer_segmentation.formatting import percent
from customer_segmentation.model.rules import agreement_text, rules_in_words
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Block, Gallery, Grid, Paragraph, Picture
from customer_segmentation.report.pictures import vectors


def rules_picture(rules: Mapping[str, Any], names: Sequence[str]) -> Picture:
    """Draw the tree.

    Parameters
    ----------
    rules : mapping
        See `customer_segmentation.model.rules.learn_rules`.
    names : sequence of str
        Of the segments.
    """
    title = "The segments as questions"
    return vectors(
        rules_tree(rules, names, title),
        "rules",
        title=title,
        caption="From left to right; beside each segment the share of customers that the rule is for, and for how many "
        "of them it is right.",
        alt="A tree of questions that ends in segments; the table holds the same rules in words.",
    )


def rules_blocks(data: ReportData) -> tuple[Block, ...]:
    """How far a few rules tell the segments: measured agreement, the rules in words, the tree as a picture."""
    candidate, insights = data.candidate, data.insights
    if candidate is None or insights is None or not candidate.rules:
        return (Paragraph("No segments were described."),)
    rules = rules_in_words(candidate.rules)
    grid = Grid(
        f"The {len(rules)} rules" if len(rules) > 1 else "One rule",
        ("customers with", "segment", "of customers", "right for"),
        tuple(
            (rule.conditions, insights.titled(rule.cluster), percent(rule.share), percent(rule.right)) for rule in rules
        ),
        (False, False, True, True),
    )
    told = Paragraph(
        f"{agreement_text(candidate.rules)} The tree explains the segments and does not make them: the model takes the "
        f"nearest centre. As SQL: {data.sweep.line('export', 'format=rules', f'run_id={candidate.run_id}')}"
    )
    return told, grid, *([Gallery(shown)] if (shown := data.pictures_of("rules")) else [])
