"""The tree that explains the segments, from left to right: questions, their answers, and the segment at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from customer_segmentation.figures.labels import LINE, PLAIN, TEXT, clean, deepest, widest, wrap
from customer_segmentation.figures.theme import (
    EDGE,
    INK,
    QUIET,
    RULE,
    bare,
    compose,
    mark,
    new_figure,
    segment_colours,
)
from customer_segmentation.formatting import percent
from customer_segmentation.model.rules import agreement_text, in_words

QUESTION, GAP, ROW = 1.45, 0.42, 0.47  # inches
LEAST, MOST = 1.8, 3.6  # inches of a segment's name
SWATCH = 0.13


def rules_tree(rules: Mapping[str, Any], names: Sequence[str], title: str) -> Figure:
    """Draw the tree of a model's rules.

    Parameters
    ----------
    rules : mapping
        As `customer_segmentation.model.rules.learn_rules` makes it.
    names : sequence of str
        Name of each cluster's segment.
    title : str
    """
    deep = _depth(rules["tree"])
    leaves = int(rules["leaves"])
    leaf = min(max(widest([clean(name) for name in names], bold=True) + SWATCH + 0.12, LEAST), MOST)
    shown = ["\n".join(wrap(name, leaf - SWATCH - 0.08, TEXT, bold=True, lines=3)) for name in names]
    row = ROW + (deepest(shown) - 1) * TEXT * LINE
    width = max(deep * (QUESTION + GAP) + leaf, 6.0)
    figure = new_figure(width + 2 * EDGE, leaves * row + EDGE, nrows=1, ncols=1)
    compose(figure, title=title, caption=agreement_text(rules), top=0.0)
    axes = figure.axes[0]
    bare(axes)
    axes.set(xlim=(0, width), ylim=(leaves * row, 0))
    _Tree(axes, shown, rules["customers"], deep * (QUESTION + GAP), row).draw(rules["tree"], 0, 0)
    return figure


class _Tree:
    """Draws the nodes of a tree, each between the first and the last leaf below it."""

    def __init__(self, axes: Axes, names: Sequence[str], customers: int, end: float, row: float) -> None:
        self.axes, self.names, self.customers, self.end = axes, names, max(customers, 1), end
        self.row = row
        self.colours = segment_colours(len(names))

    def draw(self, node: Mapping[str, Any], depth: int, row: int) -> tuple[float, int]:
        """Draw a node and what is below it; return its height on the page, and the row after its last leaf."""
        if "cluster" in node:
            return self._leaf(node, row), row + 1
        left = depth * (QUESTION + GAP)
        turn = left + QUESTION + 0.08
        ends = []
        after = row
        for answer in ("yes", "no"):
            at, after = self.draw(node[answer], depth + 1, after)
            begin = self.end if "cluster" in node[answer] else left + QUESTION + GAP
            self.axes.hlines(at, turn, begin - 0.06, color=RULE, linewidth=1.2)
            self.axes.text(turn + 0.05, at - 0.03, answer, size=TEXT, color=QUIET, va="bottom", **PLAIN)
            ends.append(at)
        middle = sum(ends) / 2
        self.axes.vlines(turn, min(ends), max(ends), color=RULE, linewidth=1.2)
        self.axes.hlines(middle, left + QUESTION, turn, color=RULE, linewidth=1.2)
        lines = wrap(f"{in_words(node, answer=True)}?", QUESTION - 0.08, TEXT, lines=5)
        self.axes.text(
            left, middle, "\n".join(lines), size=TEXT, color=INK, va="center", linespacing=1.2, **PLAIN
        )  # fmt: skip
        return middle, after

    def _leaf(self, node: Mapping[str, Any], row: int) -> float:
        """A leaf: its segment, and how many customers it is for."""
        middle = (row + 0.5) * self.row
        cluster = int(node["cluster"])
        name = self.names[cluster]
        told = f"{percent(node['customers'] / self.customers)}, right for {percent(node['share'])}"
        box = Rectangle((self.end, middle - SWATCH), SWATCH, 2 * SWATCH, facecolor=self.colours[cluster])
        mark(box, cluster, [f"{' '.join(name.split())}: {told}"])
        self.axes.add_patch(box)
        lines = [*((line, "bold", INK) for line in name.split("\n")), (told, "normal", QUIET)]
        for at, (text, weight, colour) in enumerate(lines):
            self.axes.text(
                self.end + SWATCH + 0.08, middle + (at - (len(lines) - 1) / 2) * TEXT * LINE, text, size=TEXT,
                weight=weight, color=colour, va="center_baseline", **PLAIN,
            )  # fmt: skip
        return middle


def _depth(node: Mapping[str, Any]) -> int:
    return 0 if "cluster" in node else 1 + max(_depth(node["yes"]), _depth(node["no"]))
