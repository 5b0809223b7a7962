"""How a call from Python is made: settled for its time, with the words and in the store that a command would have.

The same words make the same plan, and so the same runs: a call and a command differ in who asks and who is told.
"""

from __future__ import annotations

import contextlib
import inspect
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from customer_segmentation.errors import SegmentError, SettingsError

if TYPE_CHECKING:
    from customer_segmentation.config.compose import Plan
    from customer_segmentation.sources.memory import MemoryTable
    from customer_segmentation.tracking.store import Store

_SHOWN = 200  # characters of an argument in the words by which a call can be repeated


@contextlib.contextmanager
def call() -> Iterator[None]:
    """Settle the session for a call, and leave it as it was; what fails is one sentence."""  # noqa: DOC501 - raised again
    from customer_segmentation.execution.shared_data import forget
    from customer_segmentation.tracking.settled import settled
    from customer_segmentation.tracking.store_errors import store_error_of

    with settled():
        forget()  # a file may have changed since the last call
        try:
            yield
        except SegmentError:
            raise
        except Exception as error:
            found = store_error_of(error)
            if found is None:
                raise
            raise found from error
        finally:
            forget()


def words_of(**given: Any) -> list[str]:
    """Overrides for plain arguments; None is left out, and a list is one value of each.

    Parameters
    ----------
    **given
        Key, with ``__`` for a dot, to value.
    """
    words = []
    for key, value in given.items():
        if value is not None:
            value = value.tolist() if hasattr(value, "tolist") else value  # an array
            text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            words.append(f"{key.replace('__', '.')}={text}")
    return words


def planned(command: str, words: Sequence[str], overrides: Sequence[str] = ()) -> Plan:
    """Plan of a call: the settings that a command of the same words has.

    Parameters
    ----------
    command : the word after ``segment``
    words : overrides of the call itself
    overrides : those that the user gives

    Raises
    ------
    SettingsError
        An override cannot be used.
    """
    from customer_segmentation.config.compose import plan

    if isinstance(overrides, str):
        raise SettingsError(f"overrides is the text {overrides!r}; expected a list, such as overrides=['seed=1'].")
    wrong = next((word for word in overrides if not isinstance(word, str) or "=" not in word), None)
    if wrong is not None:
        raise SettingsError(f"overrides holds {wrong!r}; expected texts of the form key=value, such as 'seed=1'.")
    words = [*words, *overrides]
    return plan(command, [*words, *(["launcher=in_process"] if command == "sweep" and _beside(words) else [])])


def _beside(words: Sequence[str]) -> bool:
    """Whether this thread is not the main one, whose sweeps alone may start processes unasked."""
    named = any(word.startswith(("launcher=", "launcher.")) for word in words)
    return not named and threading.current_thread() is not threading.main_thread()


def store_for(
    settings: Any, *, existing: bool = False, experiment_given: bool = False, model: str | None = None
) -> Store:
    """Open the store of a call; its runs stand under the run that the session has open there.

    Parameters
    ----------
    settings : with ``tracking``
    existing : refuse a store that is not there
    experiment_given : whether the call names an experiment
    model : address of a model, which may need no store
    """
    from customer_segmentation.tracking.active_run import beside_active_run
    from customer_segmentation.tracking.store import existing_store, store_of_settings

    opened = existing_store(settings.tracking, model=model) if existing else store_of_settings(settings.tracking)
    return beside_active_run(opened, experiment_given=experiment_given)


def repeatable(function: Any, given: Mapping[str, Any], source: MemoryTable | None) -> str:
    """A call as it can be made again; of a frame its size and its checksum.

    Parameters
    ----------
    function : of this package
    given : its arguments
    source : the frame
    """
    parts = []
    for name, parameter in inspect.signature(function).parameters.items():
        value: Any = given.get(name)
        is_frame = name == "data" and source is not None
        as_list = getattr(value, "tolist", None)
        if as_list is not None and not is_frame:  # an array or an index of names
            value = as_list()
        if name == "progress" or value is parameter.default or (not is_frame and value == parameter.default):
            continue
        shown = "frame" if is_frame else repr(value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
        parts.append(shown if name == "data" else f"{name}={shown}")
    about = "" if source is None else f"  # {source.name}, sha256 {source.sha256}"
    return f"customer_segmentation.{function.__name__}({', '.join(parts)}){about}"


def in_notebook() -> bool:
    """Whether the session is that of a notebook, which shows progress unasked."""
    import sys

    shell = sys.modules.get("IPython")
    found = None if shell is None else shell.get_ipython()
    return found is not None and type(found).__name__ == "ZMQInteractiveShell"
