"""What Spark raises, as one sentence."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from customer_segmentation import errors
from customer_segmentation.errors import DataError, EngineGoneError, SegmentError
from customer_segmentation.secrets import redact

#: Failures of the connection, not of the query.
_GONE = (
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
    "SESSION_CLOSED",
    "SESSION_NOT_FOUND",
    "SESSION_CHANGED",
    "RetriesExceeded",
)
#: Of a table that its catalog has not.
_UNKNOWN = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND", "REQUIRES_SINGLE_PART_NAMESPACE")
_NAME = "; give data.table= as SHOW TABLES of that session has it: TABLE, SCHEMA.TABLE or CATALOG.SCHEMA.TABLE"
_OWN = re.compile(r"customer_segmentation\.errors\.(\w+): (.+)")
#: What else a worker has said, at the end of its traceback.
_TRACEBACK = "Traceback (most recent call last)"
_RAISED = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception): .+)$", re.MULTILINE)


@contextlib.contextmanager
def spark_errors(shown: str) -> Iterator[None]:
    """Turn what Spark raises into one sentence.

    Raises
    ------
    DataError
        Spark, or the way to it, failed.
    """  # noqa: DOC501 - raised again as it came, and under the name of what it is
    try:
        yield
    except SegmentError:
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark", "grpc", "py4j")):
            raise
        raise _sentence(error, shown) from error


def is_gone(error: BaseException) -> bool:
    """Whether the server no longer answers, by what Spark's client or gRPC raises."""
    kind = type(error)
    return kind.__module__.startswith("grpc") or any(word in f"{kind.__name__} {error}" for word in _GONE)


def _sentence(error: BaseException, shown: str) -> SegmentError:
    text = str(error)
    own = _OWN.findall(text)
    if own:  # what a worker of ours has said
        kind = getattr(errors, own[-1][0], DataError)
        return kind(own[-1][1].strip()) if issubclass(kind, SegmentError) else DataError(own[-1][1])
    if is_gone(error):
        return EngineGoneError(
            f"Spark at {shown} no longer answers ({_plain(text)}); what is finished is kept: start it again and "
            "run the same command."
        )
    hint = _NAME if any(code in text for code in _UNKNOWN) else ""
    return DataError(f"Spark at {shown} failed: {_plain(text)}{hint}.")


def _plain(text: str) -> str:
    """First line of a message of Spark's, without its code and where to read about it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no word"]
    line = next((line for line in lines if not line.startswith("An error occurred while calling")), lines[0])
    if _TRACEBACK in text and (raised := _RAISED.findall(text[text.index(_TRACEBACK) :])):
        line = f"in a Python worker, {raised[-1]}"
    details = re.search(r'details = "([^"]+)"', text)
    if details:
        line = details[1]
    line = re.sub(r"\s*(SQLSTATE: \w+|See also .*)$", "", line)
    return redact(line.strip(".:; "))[:300]
