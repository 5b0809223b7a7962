"""Paths as a user types them."""

import os
from pathlib import Path


def typed_path(text: str | Path) -> Path:
    """Path of a file or folder that a user names: ``~`` and ``~name`` are the homes of users who exist.

    ``Path.expanduser`` raises where there is no such user, so that a file called ``~old.csv`` could not be named.

    Parameters
    ----------
    text : as it was typed
    """
    return Path(os.path.expanduser(text))
