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


def is_text(name: str) -> bool:
    """Whether a name can be written in UTF-8: on Linux a file's may be any bytes, which Python holds as surrogates.

    Parameters
    ----------
    name : of a file, or with one in it
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
