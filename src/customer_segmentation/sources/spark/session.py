"""A Spark session: of a cluster, of the notebook this runs in, or started on this machine for one command."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import signal
import socket
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from customer_segmentation.errors import DataError, SettingsError, interrupt_behind
from customer_segmentation.secrets import redact
from customer_segmentation.settings.engine import EngineSettings
from customer_segmentation.sources.spark import own_types
from customer_segmentation.sources.spark.local_server import start_server
from customer_segmentation.sources.spark.sentences import is_gone, spark_errors
from customer_segmentation.sources.spark.shipping import package_archive

PORT = 15002  # of a Connect server that names none
ANSWERS = 15  # seconds in which a server has to answer
CANCELS = 1.0  # seconds in which it has to end what is cancelled
BATCH = 65_536  # rows that a worker is handed at a time

#: What is asked of a session, where the server lets it be set.
_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH),
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # of 01 and 1 it would make one
    "spark.sql.variable.substitute": "false",  # ${env:NAME} in a query would be a secret of the server's
}

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Connection:
    """A session that answers.

    Attributes
    ----------
    session : pyspark.sql.SparkSession
    shown : str
        Where it is, without secrets.
    version : str
        Of Spark.
    tag : str
        Of all that is asked of it, by which Ctrl-C ends that and nothing else.
    own : bool
        Whether it was opened for this; one that the user has is left with the settings that it had.
    """

    session: Any
    shown: str
    version: str
    tag: str
    own: bool = True

    @property
    def functions(self) -> Any:
        """Spark's functions of columns that go with the session."""
        if "connect" in type(self.session).__module__:
            from pyspark.sql.connect import functions
        else:
            from pyspark.sql import functions
        return functions

    def ask(self, query: Callable[[], Answer]) -> Answer:
        """Ask for something; what fails is one sentence, and Ctrl-C ends its jobs."""  # noqa: DOC501 - raised again
        lent = contextlib.nullcontext() if self.own else _lent(self.session, self.tag)
        with spark_errors(self.shown), own_types.refused(), lent, warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pyspark")  # what it warns of is told by the error that follows
            try:
                with _impatient():
                    return query()
            except (KeyboardInterrupt, Exception) as error:
                gone = is_gone(error)
                if interrupt_behind(error):
                    cancel = threading.Thread(target=_cancel, args=(self.session, self.tag), daemon=True)
                    cancel.start()
                    cancel.join(CANCELS)
                    gone = gone or cancel.is_alive()
                if gone and self.own:
                    _leave(self)
                raise


def _leave(connection: Connection) -> None:
    """Ask nothing more of a server that is gone: what pyspark asks at the end of Python would wait for it, too."""
    for remote in [remote for remote, known in _OPEN.items() if known is connection]:
        del _OPEN[remote]
    connection.session._client._channel.close()


def _cancel(session: Any, tag: str) -> None:
    with contextlib.suppress(Exception):
        session.interruptTag(tag)


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """Repeat Ctrl-C after a while: pyspark answers it by a call, and waits on and on for a server that is gone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = ((number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM))
    before = {number: handler for number, handler in asked if callable(handler)}
    repeats: list[threading.Timer] = []

    def stop(number: int, frame: FrameType | None) -> None:
        repeats.append(threading.Timer(CANCELS, os.kill, [os.getpid(), number]))
        repeats[-1].daemon = True
        repeats[-1].start()
        before[signal.Signals(number)](number, frame)

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for repeat in repeats:
            repeat.cancel()


_OPEN: dict[str, Connection] = {}


def is_connected(engine: EngineSettings) -> bool:
    """Whether this process is connected there already, as its user has asked for."""
    return engine.remote in _OPEN


def connect(engine: EngineSettings) -> Connection:
    """The session that the settings name, opened once a process.

    Raises
    ------
    SettingsError
        The extra or Java is missing, or the address is not one of Spark's.
    DataError
        Nothing answers there.
    """
    known = _OPEN.get(engine.remote)
    if known is not None and (_answers(engine.remote, known) if known.own else known.session is _active()):
        return known
    _OPEN.pop(engine.remote, None)
    if importlib.util.find_spec("pyspark") is None or importlib.util.find_spec("grpc") is None:
        raise SettingsError(
            "engine=spark needs a package that is not installed; install it with `pip install "
            "'customer-segmentation[spark]'` (in a checkout: `pip install -e '.[spark]'`)."
        )
    shown = redact(engine.remote)
    if engine.remote == "session":
        session = _running()
    elif engine.remote == "local":
        session = _opened(start_server(threads=engine.threads, memory=engine.memory), "Spark on this machine")
    else:
        _reach(engine.remote, shown)
        session = _opened(engine.remote, shown)
    tag = f"segment-{uuid.uuid4().hex[:12]}"
    with spark_errors(shown):
        version = _in_time(lambda: str(session.version), shown)
        if own := engine.remote != "session":
            session.addTag(tag)
            _set(session, _CONF)
        if engine.remote != "local":  # workers elsewhere do not have this package
            _ship(session)
    connection = Connection(session, shown, version, tag, own)
    _OPEN[engine.remote] = connection
    return connection


def _answers(remote: str, known: Connection) -> bool:
    """Whether a session of an earlier call is still there: its server may have ended, or begun again, since."""
    if remote != "local":
        _reach(remote, known.shown)
    try:
        _in_time(lambda: known.session.version, known.shown)
    except Exception:  # noqa: BLE001 - whatever it is, another session is opened, which tells what is wrong
        return False
    return True


def _active() -> Any:
    """The session that is active in this thread, or None."""
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


def _set(session: Any, conf: Mapping[str, str]) -> None:
    for key, value in conf.items():
        with contextlib.suppress(Exception):  # a server that does not let it be set has its own
            session.conf.set(key, value)


@contextlib.contextmanager
def _lent(session: Any, tag: str) -> Iterator[None]:
    """Have a session of the user's as it is needed, and leave it as it was."""
    before = {key: session.conf.get(key) for key in _CONF}
    _set(session, _CONF)
    session.addTag(tag)
    try:
        yield
    finally:
        session.removeTag(tag)
        _set(session, before)


def _running() -> Any:
    """The session of this process.

    Raises
    ------
    SettingsError
        There is none.
    """
    session = _active()
    if session is None:
        raise SettingsError(
            "engine.remote=session needs a Spark session that runs in this process, as in a notebook of a cluster; "
            "give engine.remote=sc://HOST:15002, or engine.remote=local."
        )
    return session


def _reach(remote: str, shown: str) -> None:
    """Refuse what is not an address, or one where no server answers: Spark's own client would try for ten minutes.

    Raises
    ------
    SettingsError
        It is not an address.
    DataError
        No server answers there.
    """
    try:
        parsed = urlsplit(remote)
        scheme, host, port = parsed.scheme, parsed.hostname, parsed.port or PORT
    except ValueError:
        scheme, host, port = "", None, 0
    if scheme != "sc" or not host:
        raise SettingsError(
            f"engine.remote={shown}: expected sc://HOST:15002, the address of a Spark Connect server, session or local."
        )
    try:
        socket.create_connection((host, port), timeout=ANSWERS / 2).close()
    except OSError as error:
        reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise DataError(
            f"No Spark Connect server answers at {shown} ({reason}); start one there, or give another engine.remote."
        ) from None
    _shake_hands(remote, shown)


def _shake_hands(remote: str, shown: str) -> None:
    """Refuse a server that speaks otherwise before there is a session, which would try on when the command has ended.

    Raises
    ------
    DataError
        It does not speak as the address says, with or without TLS.
    """  # noqa: DOC501 - _no_spark makes a DataError
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what fails is told in one sentence, by us
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    with spark_errors(shown), DefaultChannelBuilder(remote).toChannel() as channel:
        ready = grpc.channel_ready_future(channel)
        try:
            ready.result(timeout=ANSWERS / 2)
        except grpc.FutureTimeoutError:
            ready.cancel()
            raise _no_spark(shown) from None


def _no_spark(shown: str) -> DataError:
    return DataError(
        f"What listens at {shown} does not answer as a Spark Connect server in time; check the host "
        "and port of engine.remote, and whether the server needs TLS (;use_ssl=true) or a token, which TLS goes with."
    )


def _opened(address: str, shown: str) -> Any:
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    def opened() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return SparkSession.builder.remote(address).create()

    with spark_errors(shown):
        session = _in_time(opened, shown)
        # A server that is gone is told after half a minute, not after ten, and not by other threads as well.
        warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")
        session._client.set_retry_policies([DefaultPolicy(max_retries=8, max_backoff=6_000)])
    return session


def _in_time(query: Callable[[], Answer], shown: str) -> Answer:
    """What a query answers.

    Raises
    ------
    DataError
        It does not answer in time.
    """  # noqa: DOC501 - _no_spark makes a DataError
    found: list[Answer] = []
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            found.append(query())
        except BaseException as error:  # noqa: BLE001 - raised in the other thread
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ANSWERS)
    if failed:
        raise failed[0]
    if not found:
        raise _no_spark(shown)
    return found[0]


def _ship(session: Any) -> None:
    """Send this package to the workers, which then need its dependencies alone."""
    with contextlib.ExitStack() as held:
        archive = held.enter_context(package_archive())
        add = getattr(session, "addArtifacts", None) or session.addArtifact
        with contextlib.suppress(Exception):  # a server that takes none has to have the package itself
            add(str(archive), pyfile=True)
        if "connect" not in type(session).__module__:  # workers fetch it from here for each job, the user's own too
            atexit.register(held.pop_all().close)
