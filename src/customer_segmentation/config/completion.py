"""Shell completion: Hydra's own, behind a first word that is a command.

``eval "$(segment -sc install=bash)"`` makes a shell ask ``segment -sc query=bash`` with the line typed so far in
``COMP_LINE``. Hydra knows applications of one config; which one is meant stands here in the line's second word.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from customer_segmentation.config.hydra_app import register_schemas, register_search_path
from customer_segmentation.config.paths import shipped_root
from customer_segmentation.errors import SettingsError, debugging

ACTIONS = ("install", "uninstall", "query")

#: What a name of a file or key in the current folder may hold to be offered: nothing that a shell expands.
_WORD = re.compile(r"[\w./=,:+@-]+")


def complete(words: Sequence[str], commands: Sequence[str]) -> None:
    """Print what a shell evaluates to complete words, or the words that may come next.

    Parameters
    ----------
    words
        What follows ``segment -sc``: one of ``install=SHELL``, ``uninstall=SHELL`` and ``query=SHELL``.
    commands
        Names of the commands.

    Raises
    ------
    SettingsError
        Something else was asked for, or a shell that Hydra does not know.
    """
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.plugins import Plugins
    from hydra.plugins.completion_plugin import CompletionPlugin

    action, _, shell = (words[0] if len(words) == 1 else "").partition("=")
    register_schemas()
    register_search_path()
    found: list[Any] = list(Plugins.instance().discover(CompletionPlugin))
    plugins = {plugin.provides(): plugin for plugin in found}
    if action not in ACTIONS or shell not in plugins:
        raise SettingsError(
            f"expected {', '.join(f'{name}=SHELL' for name in ACTIONS)} after -sc, SHELL one of "
            f'{", ".join(sorted(plugins))}; to have it now: eval "$(segment -sc install=bash)".'
        )
    with initialize_config_dir(str(shipped_root() / "conf"), version_base="1.3"):
        plugin = plugins[shell](GlobalHydra.instance().config_loader())
        if action != "query":
            getattr(plugin, action)()
            return
        typed = os.environ.get("COMP_LINE", "").lstrip().partition(" ")[2].lstrip()
        command, gap, rest = typed.partition(" ")
        if not gap:
            sys.stdout.write(" ".join(name for name in commands if name.startswith(command)) + "\n")
        elif command in commands:
            os.environ["COMP_LINE"] = f"segment {rest.lstrip()}"
            with contextlib.redirect_stdout(io.StringIO()) as answer, _in_silence():
                asked = getattr(plugin, "delegate", plugin)  # zsh has bash answer
                query = asked._query  # whose answers are joined by blanks, which names of files may hold
                asked._query = lambda **given: [word for word in query(**given) if is_harmless(word)]
                plugin.query(command)
            sys.stdout.write(answer.getvalue())


@contextlib.contextmanager
def _in_silence() -> Iterator[None]:
    """Let a line that cannot be completed have none: half a quote is no error while it is typed."""  # noqa: DOC501 - raised again
    try:
        with contextlib.nullcontext() if debugging() else contextlib.redirect_stderr(io.StringIO()):
            yield
    except (Exception, SystemExit):  # Hydra's parser of flags exits
        if debugging():
            raise


def is_harmless(word: str) -> bool:
    """Whether a shell takes a word as it stands: bash runs what is in ``$(...)``, and ends a word at a blank.

    >>> [is_harmless(word) for word in ("data.path=my_table.csv", "features=$(touch PWNED)", "name=my table")]
    [True, False, False]
    """
    return _WORD.fullmatch(word) is not None
