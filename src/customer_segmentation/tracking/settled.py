"""How MLflow behaves in a process: for good in that of a command, while a call lasts in a Python session."""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from customer_segmentation.errors import debugging
from customer_segmentation.secrets import redact
from customer_segmentation.settings.call_variables import (
    in_environment,
    own_variables,
    set_variables,
    variables_of_call,
)
from customer_segmentation.tracking.store_errors import PATIENCE, be_patient

LOGGERS = ("mlflow", "alembic")
#: Loggers of libraries that write whole addresses, where a session asks for what they do: with the secrets in them.
ADDRESSES_LOGGED = ("urllib3.connectionpool", "urllib3.util.retry", "sqlalchemy.engine.Engine", "sqlalchemy.pool")
#: Matplotlib takes its settings from the current folder first; pictures look as they do everywhere.
STYLE = "matplotlibrc"
#: No word to anybody about who uses MLflow, and no two lines for every run of a server.
#: And processes that are started from here find no module in the current folder: with ``python -m`` and ``python -c``
#: a project's own joblib.py or mlflow.py would go before the installed one.
VARIABLES = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "PYTHONSAFEPATH": "1",
}


def settle() -> None:
    """Settle MLflow for this process; what the user has set in the environment stands.

    Its notes, and the tracebacks that it logs, are kept out of the output: the exceptions reach us.
    """
    set_variables(VARIABLES, missing=True)
    be_patient()
    _CALLS.settled = True
    for name in ADDRESSES_LOGGED:
        logging.getLogger(name).addFilter(redacted)  # of one that is there already: nothing
    silence()
    if os.path.lexists(STYLE) and not _CALLS.under_way:
        if "matplotlib" not in sys.modules:  # which waits for a pipe of that name, and fails on what is no text
            with contextlib.chdir("/"):
                import matplotlib
        import matplotlib

        matplotlib.rcdefaults()  # a stranger's text.usetex would run LaTeX
        matplotlib.use("agg")


def redacted(record: logging.LogRecord) -> bool:
    """Hide what is secret in a line of a log; it is written.

    >>> line = logging.LogRecord("", 10, "", 0, "GET /x.csv?code=%s", ("abcdef",), None)
    >>> redacted(line), line.getMessage()
    (True, 'GET /x.csv?code=***')
    """
    with contextlib.suppress(Exception):  # a line that cannot be formatted is told by logging itself
        record.msg, record.args = redact(record.getMessage()), ()
    return True


def quiet_libraries() -> None:
    """Keep two warnings of libraries off the terminal of a command: a fit and a figure take account of them themselves.

    Clusters that are fewer than asked for are counted after each fit; a sign that the font lacks is a box.
    """
    for message in ("Number of distinct clusters", r"Glyph \d+ .*missing from"):
        warnings.filterwarnings("ignore", message=message)


def silence() -> None:
    """Silence MLflow's loggers, where that was asked for: once it is imported, which sets their levels itself."""
    if not _CALLS.settled or "mlflow" not in sys.modules:
        return
    level = logging.ERROR if debugging() else logging.CRITICAL
    for name in LOGGERS:
        logger = logging.getLogger(name)
        _CALLS.levels.setdefault(name, logger.level)
        logger.setLevel(level)


class _Calls:
    """How many calls are under way in this process, and what they found when the first of them began."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.settled = self.forever = self.under_way = False
        self.levels: dict[str, int] = {}
        self.autolog: Any = None
        self.style: dict[str, Any] = {}

    def set_style(self) -> None:
        """Set the style that the current folder gives aside while calls last; the backend is the session's own."""
        if self.forever or not os.path.lexists(STYLE):
            return
        import matplotlib

        self.style = dict(matplotlib.rcParams)
        matplotlib.rcdefaults()

    def restore(self) -> None:
        """Leave the process as the first call found it."""
        self.settled = False
        for name, level in self.levels.items():
            logging.getLogger(name).setLevel(level)
        self.levels = {}
        if self.style:
            sys.modules["matplotlib"].rcParams.update(self.style)
            self.style = {}


_CALLS = _Calls()


@contextlib.contextmanager
def settled() -> Iterator[None]:
    """Settle MLflow while a call from Python lasts; afterwards it is as the session had it.

    ``mlflow.autolog`` pauses meanwhile: it would open a run for each of hundreds of fits. Calls of several threads
    share one settling, which ends with the last of them; the variables are each call's own.
    """
    with own_variables():
        set_variables(VARIABLES, missing=True)
        be_patient()
        with _settled_for_all():
            yield


@contextlib.contextmanager
def _settled_for_all() -> Iterator[None]:
    """Settle what a process has once: loggers, the style of figures, autolog."""
    calls = _CALLS
    with calls.lock:
        if calls.count == 0:
            calls.forever = calls.settled
            calls.under_way = not calls.forever
            settle()
            calls.set_style()
            calls.autolog = contextlib.ExitStack()
            module = sys.modules.get("mlflow.utils.autologging_utils")
            if module is not None:  # else nobody has asked for it
                calls.autolog.enter_context(module.disable_autologging())
            _import_mlflow()
        calls.count += 1
    try:
        yield
    finally:
        with calls.lock:
            calls.count -= 1
            if calls.count == 0:
                calls.autolog.close()
                calls.under_way = False
                if not calls.forever:  # else the process is a command's own
                    calls.restore()


def _import_mlflow() -> None:
    """Import MLflow as a whole, and let it ask the call of a thread before the environment.

    Its modules import one another: two threads that begin at different ones both find halves of them.
    """
    quiet = "MLFLOW_DISABLE_TELEMETRY"
    if "mlflow" not in sys.modules and quiet in variables_of_call():
        with in_environment({quiet: "true"}):  # read while it is imported, when nothing can be told otherwise yet
            importlib.import_module("mlflow.tracking")
    importlib.import_module("mlflow.tracking")
    _ask_calls_first()


@functools.cache
def _ask_calls_first() -> None:
    from mlflow import environment_variables

    for name in (*VARIABLES, *PATIENCE):
        setting = getattr(environment_variables, name, None)
        if setting is not None:  # MLflow reads each by the method of one object
            setting.get = functools.partial(_setting, setting, setting.get)


def _setting(setting: Any, usual: Callable[[], Any]) -> Any:
    own = variables_of_call().get(setting.name)
    return usual() if own is None else setting.type(own)


#: What MLflow takes for its own default in this thread.
_ONLY: ContextVar[str | None] = ContextVar("only_store", default=None)


@contextlib.contextmanager
def only_store(uri: str) -> Iterator[None]:
    """Let a store be the one that a client without an address is of, in this thread alone.

    The registry of a database makes such a client to look up the logged model that is a version's source, and cannot
    be told its address otherwise. The session's own default would be of all its threads.

    Parameters
    ----------
    uri : of the store
    """
    _ask_for_the_only_store()
    token = _ONLY.set(uri)
    try:
        yield
    finally:
        _ONLY.reset(token)


@functools.cache
def _ask_for_the_only_store() -> None:
    from mlflow.tracking._tracking_service import utils

    usual: Any = utils._resolve_tracking_uri
    utils._resolve_tracking_uri = lambda tracking_uri=None: tracking_uri or _ONLY.get() or usual()
