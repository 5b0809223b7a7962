"""Texts of a table or a store as rich shows them."""

from __future__ import annotations

from rich import markup

from customer_segmentation.console.lines import ESCAPE


def escape(text: str) -> str:
    r"""A text as it stands: no markup, and no order to the terminal.

    >>> escape("[bold]a\x1b[2K")
    '\\[bold]a[2K'

    Parameters
    ----------
    text : of whomever
    """
    return markup.escape(text.replace(ESCAPE, ""))
