"""How a call from Python is made: settled for its time, with the words and in the store that a command would have.

The same words make the same plan, and so the same runs: a call and a command differ in who asks and who is told.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from customer_segmentation.errors import SegmentError, SettingsError
from customer_segmentation.secret_forms import HIDDEN, VARIABLE
from customer_segmentation.secrets import redact, remember_environment, remember_in, remember_words

if TYPE_CHECKING:
    from customer_segmentation.config.compose import Plan
    from customer_segmentation.sources.memory import MemoryTable
    from customer_segmentation.tracking.store import Store

#: Settings that a command alone reads, by command: the value that a call has anyway, and what to do instead of another.
_QUIET = {"quiet": ("true", "a call prints nothing")}
_COMMAND_ONLY: Mapping[str, Mapping[str, tuple[str | None, str]]] = {
    "sweep": {"quiet": ("true", "a call prints nothing; progress=True tells what is done")},
    "explore": _QUIET,
    "promote": _QUIET,
    "score": {
        **_QUIET,
        "output": (None, "the labels are returned; write result.labels to a file"),
        "table": (None, "the labels are returned; write result.labels to the table"),
        "rejects": (None, "rows without a label are result.rejected"),
        "columns": ("id", "result.labels has the rows of the table in their order; join it with them"),
        "overwrite": ("false", "no file is written"),
        "spreadsheet_safe_ids": ("false", "no file is written"),
        "fail_on_drift": ("never", "look at result.drift.word"),
        "engine": ("local", "Spark leaves the labels where it writes them; use the command `segment score`"),
    },
}
_SHOWN = 200  # characters of an argument in the words by which a call can be repeated


@contextlib.contextmanager
def call(given: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Settle the session for a call, and leave it as it was; what fails is one sentence.

    Parameters
    ----------
    given : arguments of the call, whose secrets nothing may tell
    """  # noqa: DOC501 - raised again
    from customer_segmentation.execution.shared_data import forget
    from customer_segmentation.sources.remote import forget_copies
    from customer_segmentation.tracking.settled import settled
    from customer_segmentation.tracking.store_errors import store_error_of

    remember_environment()  # a notebook may set a variable between two calls
    for value in (given or {}).values():
        remember_in(str(value) if isinstance(value, os.PathLike) else value)
    remember_words(word for word in (given or {}).get("overrides") or () if isinstance(word, str))
    with settled():
        forget()  # a file may have changed since the last call, and so may what is at an address
        forget_copies()
        try:
            yield
        except SegmentError as error:
            _hide_secrets(error)
            raise
        except Exception as error:
            found = store_error_of(error)
            _hide_secrets(error)
            if found is None:
                raise
            raise found from error
        finally:
            forget()
            forget_copies()


def _hide_secrets(error: BaseException) -> None:
    """Take the secrets out of an error and its causes, which a notebook keeps.

    Libraries hang connections, requests and their headers on their errors: of those nothing but plain values stays.
    """
    seen: list[BaseException] = []
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or any(one is known for known in seen):
            continue
        seen.append(one)
        if isinstance(one, SegmentError) and one.__suppress_context__ and one.__cause__ is None:
            one.__context__ = None  # which nobody is to see: a server may have cut a secret in two
        held = vars(one)
        inside = [*one.args, *held.values(), *getattr(one, "exceptions", ())]
        left += [one.__cause__, one.__context__, *(part for part in inside if isinstance(part, BaseException))]
        ours = isinstance(one, SegmentError)
        one.args = tuple(_without_secrets(part, ours=ours) for part in one.args)
        held.update({name: _without_secrets(value, name, ours=ours) for name, value in held.items()})
        for name in ("filename", "filename2"):  # no part of what ``vars`` gives
            value = getattr(one, name, None)
            if isinstance(value, str):
                with contextlib.suppress(AttributeError):
                    setattr(one, name, redact(value))


def _without_secrets(value: Any, name: Any = "", *, ours: bool) -> Any:
    """What of an error's part may stay: texts without secrets, numbers, errors, and lists of these."""
    if isinstance(value, str):
        return HIDDEN if not ours and VARIABLE.search(str(name)) else redact(value)
    if value is None or isinstance(value, bool | int | float | type | BaseException):
        return value
    if type(value) in (list, tuple, set):
        return type(value)(_without_secrets(part, ours=ours) for part in value)
    if type(value) is dict:
        return {key: _without_secrets(part, key, ours=ours) for key, part in value.items()}
    return value if ours else None


def words_of(**given: Any) -> list[str]:
    """Overrides for plain arguments; None is left out, a list is one value of each, and a free text stays one text.

    Parameters
    ----------
    **given
        Key, with ``__`` for a dot, to value.
    """
    from customer_segmentation.config.quoting import FREE_TEXT, literal

    words = []
    for key, value in given.items():
        if value is not None:
            value = value.tolist() if hasattr(value, "tolist") else value  # an array
            text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            named = key.replace("__", ".")
            words.append(f"{named}={literal(named, text) if isinstance(value, str) and named in FREE_TEXT else text}")
    return words


def planned(
    command: str, words: Sequence[str], overrides: Sequence[str] = (), *, taken: Mapping[str, str] | None = None
) -> Plan:
    """Plan of a call: the settings that a command of the same words has.

    Parameters
    ----------
    command : the word after ``segment``
    words : overrides of the call itself
    overrides : those that the user gives
    taken : keys that the call gives otherwise than by words, with what it gives

    Raises
    ------
    SettingsError
        An override cannot be used, contradicts the call, or would change nothing.
    """
    from customer_segmentation.config.compose import plan
    from customer_segmentation.config.folder_files import tell_taken

    if isinstance(overrides, str):
        raise SettingsError(f"overrides is the text {overrides!r}; expected a list, such as overrides=['seed=1'].")
    if not isinstance(overrides, Iterable):
        raise SettingsError(f"overrides is of type {type(overrides).__name__}; expected a list, such as ['seed=1'].")
    overrides = list(overrides)
    wrong = next((word for word in overrides if not isinstance(word, str) or word[:1] == "-" or "=" not in word), None)
    if wrong is not None:
        raise SettingsError(f"overrides holds {wrong!r}; expected texts of the form key=value, such as 'seed=1'.")
    _refuse(command, overrides, taken or {})
    words = [*words, *overrides]
    made = plan(command, [*words, *(["launcher=in_process"] if command == "sweep" and _beside(words) else [])])
    tell_taken(made, called=True)
    for key, values in made.swept.items() if command != "sweep" else ():
        raise SettingsError(f"{key} has {len(values)} values; {command} takes one, so call it once for each.")
    return made


def _refuse(command: str, overrides: Sequence[str], taken: Mapping[str, str]) -> None:
    """Refuse overrides of what the call gives itself, and of what only a command reads.

    Raises
    ------
    SettingsError
        Names the first of them.
    """
    for word in overrides:
        key, _, value = (part.strip() for part in word.lstrip("+~").partition("="))
        if key in taken:
            raise SettingsError(f"{key} is given twice, as {taken[key]} and as {redact(word)}; give it once.")
        usual, instead = _COMMAND_ONLY.get(command, {}).get(re.split(r"[./@]", key)[0], ("", ""))
        if instead and value.strip("'\"").lower() != usual:
            raise SettingsError(f"{redact(word)} has no effect in Python: {instead}.")


def _beside(words: Sequence[str]) -> bool:
    """Whether this thread is not the main one, whose sweeps alone may start processes unasked."""
    named = any(word.startswith(("launcher=", "launcher.")) for word in words)
    return not named and threading.current_thread() is not threading.main_thread()


def store_for(plan: Plan, *, existing: bool = False, model: str | None = None) -> Store:
    """Open the store of a call; its runs stand under the run that the session has open there.

    Parameters
    ----------
    plan : of the call
    existing : refuse a store that is not there
    model : address of a model, which may need no store
    """
    from customer_segmentation.tracking.active_run import beside_active_run
    from customer_segmentation.tracking.store import existing_store, store_of_settings

    tracking = plan.settings[0].tracking
    opened = (
        existing_store(tracking, model=model, makes_runs=plan.command == "score")
        if existing
        else store_of_settings(tracking)
    )
    named = any(word.lstrip("+").startswith("tracking.experiment=") for word in plan.overrides)
    return beside_active_run(opened, experiment_given=named)


def text_id(run_id: Any, *, argument: str = "run_id") -> str:
    """The id of a run, as it was given.

    Parameters
    ----------
    run_id : what was given
    argument : its name

    Raises
    ------
    SettingsError
        It is no text.
    """
    if not isinstance(run_id, str):
        raise SettingsError(f"{argument} is of type {type(run_id).__name__}; expected the id of a run, as a text.")
    return run_id


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
        if isinstance(value, os.PathLike):
            value = str(value)
        if name == "progress" or value is parameter.default or (not is_frame and value == parameter.default):
            continue
        shown = "frame" if is_frame else redact(repr(value))  # before it is cut: half a secret is not known for one
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
