"""Errors whose message is one sentence a data scientist can act on.

Commands print the message alone and end with a non-zero exit code; a traceback is shown only with
``SEGMENT_DEBUG=1``. A message says what was expected, what was found, where (file, column, row, key) and what to do.
"""

import os


class SegmentError(Exception):
    """Base of every error that is the user's to mend."""


class SettingsError(SegmentError):
    """A config, an override or a combination of them that cannot be used."""


class DataError(SegmentError):
    """A customer table that cannot be read or does not keep its contract."""


class MissingColumnsError(DataError):
    """A customer table without columns that are read; they are ``names``."""

    names: tuple[str, ...] = ()


class EngineGoneError(DataError):
    """The engine that reads the table no longer answers: no study can go on."""


class StudyError(SegmentError):
    """A space that cannot be segmented as asked."""


class OtherTableError(StudyError):
    """A table that is not the one that a run was made of."""


class ModelError(SegmentError):
    """A model that labels nobody: it is broken, or the program is."""


class ArgumentError(SettingsError, ValueError):
    """An argument of a function for any matrix, which scikit-learn would refuse with a ValueError as well."""


class StoreError(SegmentError):
    """A tracking store that cannot be reached or written."""


class RefusedError(SegmentError):
    """A candidate that the gate of the registry turned down."""


def chain_of(error: BaseException) -> list[BaseException]:
    """An exception and those that it came from, the last one first; a chain that comes back to itself has an end."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and not any(current is known for known in chain):
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def interrupt_behind(error: BaseException) -> KeyboardInterrupt | None:
    """The Ctrl-C behind an error: a library may fail while it cleans up after one, with an error of its own."""
    return next((cause for cause in chain_of(error) if isinstance(cause, KeyboardInterrupt)), None)


def debugging() -> bool:
    """Whether the user asks for tracebacks, with ``SEGMENT_DEBUG=1``."""
    return bool(os.environ.get("SEGMENT_DEBUG"))
