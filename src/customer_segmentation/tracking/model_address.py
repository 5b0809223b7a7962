"""Which logged model an address leads to."""

from __future__ import annotations

import re


def model_id_in(source: str | None) -> str | None:
    """Id of the logged model in the source of a registered version: some stores keep it nowhere else.

    Examples
    --------
    >>> model_id_in("models:/m-0123456789abcdef0123456789abcdef")
    'm-0123456789abcdef0123456789abcdef'
    """
    found = re.search(r"m-[0-9a-f]{16,}", source or "")
    return found[0] if found else None
