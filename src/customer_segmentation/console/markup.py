"""Texts of a table or a store as rich shows them."""

from __future__ import annotations

from rich import markup

from customer_segmentation.console.lines import ESCAPE
from customer_segmentation.secrets import redact


def escape(text: str) -> str:
    r"""A text as it stands: no markup, no order to the terminal, and no secret.

    >>> escape("[bold]a\x1b[2K")
    '\\[bold]a[2K'
    >>> escape("http://me:word-1@host/x.csv")
    'http://me:***@host/x.csv'

    Parameters
    ----------
    text : of whomever
    """
    return markup.escape(redact(text.replace(ESCAPE, "")))  # before it is cut to fit: of a part nothing is known
