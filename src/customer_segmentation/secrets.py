"""What a secret is, and its removal from every text that leaves the process.

A secret is known by its place (the password of an address, a query parameter such as ``token=``, the part of a link
that cannot be guessed), by its form (the keys of cloud providers, JSON web tokens) or because it was remembered: the
passwords of the addresses in the settings, and the value of every environment variable that ``${oc.env:NAME}`` put into
them. Terminal, errors, runs, models, reports and logs pass through `redact`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import html
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from customer_segmentation.paths import typed_path
from customer_segmentation.secret_forms import HIDDEN, REFERENCE, VARIABLE, secrets_in, without_secrets

#: Shorter ones are hidden by their place alone: everywhere else they could be any word or number.
SHORTEST = 5

#: An address without a secret wherever it comes from: a host, or a file of this machine.
_PLACE = re.compile(r"[A-Za-z][\w+.-]*://[\w.-]*(?::\d+)?/?|(?:file|sqlite)://[^?]*")
#: Pictures inside a page: long, and no text.
_PICTURE = re.compile(r"(data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+)")
_NO_SECRETS = frozenset(["true", "false", "none", "null", "default"])
#: What was hidden before, and signs.
_IS_HIDDEN = re.compile(r"\*{3}(?!\w)")

#: Remembered secret -> what stands in its place.
_known: dict[str, str] = {}
#: Names of columns, in small letters.
_public: set[str] = set()
#: Whether of all that is remembered, or of what is no plain word or number -> of which version, and the pattern.
_patterns: dict[bool, tuple[int, re.Pattern[str]]] = dict.fromkeys((True, False), (0, re.compile(r"(?!)")))
_versions = itertools.count(1)
_version = 0
_environment_read = False


def remember(secret: str, *, shown: str = HIDDEN) -> None:
    """Hide a text wherever it turns up, in any of the spellings of an address.

    Parameters
    ----------
    secret : str
        One of less than `SHORTEST` characters is hidden by its place alone.
    shown : str
        What stands in its place, such as ``${oc.env:NAME}``.
    """
    secret = secret.strip()
    if secret.lower() in _NO_SECRETS | _public or "${oc.env:" in secret:
        return
    for spelling in _spellings(secret):
        if len(spelling) >= SHORTEST and not _IS_HIDDEN.match(spelling) and (shown != HIDDEN or spelling not in _known):
            _known[spelling] = shown
    _changed()


def allow(names: Iterable[str]) -> None:
    """Hide no names of columns: a variable of the environment may hold such a word, and no config is read without it.

    Parameters
    ----------
    names : of columns
    """
    for name in names:
        _public.add(name.lower())
        _known.pop(name, None)
    _changed()


def _changed() -> None:
    """Let the patterns be made again; after the change, as another thread may make one at the same time."""
    global _version
    _version = next(_versions)


def _spellings(secret: str) -> set[str]:
    """A secret as addresses, YAML, JSON, a shell, HTML and markdown write it."""
    plain = {secret, unquote(secret), unquote_plus(secret)}
    spelt = set(plain)
    for text in plain:
        spelt |= {quote(text, safe=""), quote(text), quote_plus(text), html.escape(text), json.dumps(text)[1:-1]}
        spelt |= {json.dumps(text, ensure_ascii=False)[1:-1], text.replace("'", "''"), text.replace("'", "'\"'\"'")}
        spelt |= {repr(text)[1:-1], re.sub(r"([\\`*_\[\]|#~])", r"\\\1", html.escape(text, quote=False))}
    return spelt


def remember_in(value: Any) -> None:
    """Remember what is a secret by its place or form in a text, or in the texts of settings, a mapping or a list."""
    if isinstance(value, str):
        for secret in secrets_in(value):
            remember(secret)
    elif dataclasses.is_dataclass(value):
        for name, item in vars(value).items():
            if isinstance(item, str) and VARIABLE.search(name) and "${" not in item:
                remember(item)
            remember_in(item)
    elif isinstance(value, Mapping):  # its keys are the user's, such as a column named ``token``
        for item in value.values():
            remember_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            remember_in(item)


def remember_words(words: Iterable[str]) -> None:
    """Remember what is a secret in the words of a command, also by its key, before anything is said of them.

    Parameters
    ----------
    words : such as ``tracking.customers_key=X``
    """
    for word in words:
        remember_in(word)
        for key, value in re.findall(r"([\w.]+)\s*[=: ]\s*([^\s={}][^{}]*)", word):
            if VARIABLE.search(key) and "${" not in value:
                remember(value.strip("'\" "))


def remember_variable(name: str, value: str) -> None:
    """Remember the value of an environment variable that the settings took in.

    A path that exists is no secret, nor is an address that names nothing but a host or a file of this machine.

    Parameters
    ----------
    name : of the variable
    value : what it holds
    """
    shown = f"${{oc.env:{name}}}"
    if "://" in value:
        remember_in(value)
        if is_secret(value) or not _PLACE.fullmatch(value):
            remember(value, shown=shown)
            if re.search(r"[/?]", path := value.partition("://")[2].partition("/")[2]):  # a library's message tells it
                remember(path)
        return
    with contextlib.suppress(OSError, ValueError):
        if typed_path(value).exists():
            return
    remember(value, shown=shown)


def environment() -> dict[str, str]:
    """What the environment holds now: another thread may take a variable away while it is read."""
    return {name: value for name in os.environ if (value := os.environ.get(name)) is not None}


def remember_environment() -> None:
    """Remember the credentials that libraries find in the environment by themselves."""
    global _environment_read
    _environment_read = True
    for name, value in environment().items():
        if "://" in value:
            remember_in(value)
        elif VARIABLE.search(name) and not os.path.exists(value):
            remember(value)


def forget() -> None:
    """Forget what was remembered: for tests."""
    global _environment_read
    _known.clear()
    _public.clear()
    _changed()
    _environment_read = False


def is_secret(text: str) -> bool:
    """Whether a text holds a secret."""
    return redact(text) != text


def is_redacted(address: str) -> bool:
    """Whether an address has lost its password: it was copied from a screen.

    >>> is_redacted("postgresql://reader:***@host/crm")
    True
    """
    return any(part in address for part in (f":{HIDDEN}@", f"={HIDDEN}", f"/{HIDDEN}"))


def redact(text: str, *, forms: bool = True) -> str:
    """Text without its secrets.

    Parameters
    ----------
    text : str
        Any: an address, a message, a page.
    forms : bool
        False: only what was remembered and is no plain word or number, for texts that are a user's own data.

    Examples
    --------
    >>> redact("mysql://reader:hunter22@host/crm?ssl_key=k123")
    'mysql://reader:***@host/crm?ssl_key=***'
    >>> redact("http://127.0.0.1:5000/#/experiments/1?mail=a@b")
    'http://127.0.0.1:5000/#/experiments/1?mail=a@b'
    """
    if not _environment_read:
        remember_environment()
    if "base64," in text:
        parts = _PICTURE.split(text)
        return "".join(part if at % 2 else _redact(part, forms=forms) for at, part in enumerate(parts))
    return _redact(text, forms=forms)


def redact_words(text: str) -> str:
    """Words of a config without secrets, nor the variable's name in their place: braces and $ mean something there."""
    return REFERENCE.sub(HIDDEN, redact(text))


class HidesSecrets:
    """A dataclass that holds addresses or words of a command line: written out, in a notebook say, without secrets."""

    def __repr__(self) -> str:
        """All fields."""
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.repr}  # type: ignore[arg-type]  # each one is a dataclass
        shown = (
            f"{name}={redact(value)!r}" if isinstance(value, str) else f"{name}={redact(repr(value))}"
            for name, value in values.items()
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _redact(text: str, *, forms: bool) -> str:
    version, (of, pattern) = _version, _patterns[forms]
    if of != version:
        pattern = _alternatives([one for one in list(_known) if forms or not _is_plain(one)])
        _patterns[forms] = version, pattern
    text = pattern.sub(lambda match: _known.get(match[0], HIDDEN), text)
    return without_secrets(text) if forms else text


def _alternatives(known: Iterable[str]) -> re.Pattern[str]:
    """Pattern of remembered secrets, the longest first; a plain word or number is hidden as a whole word only."""
    parts = [
        rf"(?<![A-Za-z0-9])(?<!\d[.,]){secret}(?![A-Za-z0-9]|[.,]\d)" if _is_plain(secret) else re.escape(secret)
        for secret in sorted(known, key=len, reverse=True)
    ]
    return re.compile("|".join(parts) or r"(?!)")


def _is_plain(secret: str) -> bool:
    """Whether it is a number, or a word in one kind of letters but the first: it may be anybody's."""
    return secret.isdigit() or (secret.isalpha() and (secret[1:].islower() or secret.isupper()))


#: Files that are texts of ours; of tables, which may hold a user's own cells, only what was remembered is hidden.
_TEXTS = frozenset([".yaml", ".yml", ".json", ".md", ".html", ".txt"])
_TABLES = frozenset([".csv"])


def redact_files(folder: Path) -> None:
    """Remove the secrets from the texts of a folder, before its files go elsewhere."""
    for path in folder.rglob("*"):
        ending = path.suffix.lower()
        if ending not in _TEXTS | _TABLES or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8")
        if (clean := redact(text, forms=ending in _TEXTS)) != text:
            path.write_bytes(clean.encode())


#: Control characters and turns of the writing direction; not line ends, tabs, colours, the cursor of a progress bar.
_ORDERS = re.compile(r"\x1b(?!\[[0-9;?]*[mKABCDGhl])|[\0-\7\v\f\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class RedactedStream:
    """A text stream, such as standard output, that no secret passes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text without its secrets, and without what a cell of a table would tell the terminal to do."""
        self._stream.write(_ORDERS.sub("", redact(text)))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts without their secrets."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)


def guard_streams() -> Callable[[], None]:
    """Let nothing secret pass standard output and standard error; return what undoes it."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (one if isinstance(one, RedactedStream) else RedactedStream(one) for one in before)

    def undo() -> None:
        sys.stdout, sys.stderr = before

    return undo
