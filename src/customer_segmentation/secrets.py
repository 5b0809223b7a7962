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
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from customer_segmentation.paths import typed_path

HIDDEN = "***"

#: Shorter ones are hidden by their place alone: everywhere else they could be any word or number.
SHORTEST = 5

_NAMES = (
    r"(?:(?:[\w.-]*[_.-])?(?:pass|pwd)|[\w.-]*(?:passwd|password|passphrase|passcode|token|secret|"
    r"credentials?(?:[_-](?:base64|info|json))?|jwt|api[_-]?key|(?:access|account|private)[_-]?key|authorization|signature))"
)
#: ``scheme://user:password@``. The password ends at the last @ of the word; a port is none; a user may hold an @.
_USER = r"(?:\$\{[^}\s]*\}|\$(?!\{)|[^\s:/@?#'\"`<>$])"
_USER_INFO = re.compile(rf"([A-Za-z][\w+.-]*://(?:{_USER}|@)*)(?::|%3[Aa])(?!\d+(?:[/?#]|$))([^\s'\"`<>]*)@")
#: ``https://TOKEN@``: as long as no name of a user is.
_TOKEN_AS_USER = re.compile(r"([A-Za-z][\w+.-]*://)([^\s:/@?#'\"`<>]{20,})@")
#: ``s3://KEY:SECRET@``: the user of an object store is half of its credentials.
_STORE_USER = re.compile(rf"((?:s3[an]?|gs|gcs|r2|oss)://)({_USER}+)(?=(?::[^\s'\"`<>]*)?@)")
#: The same where a text is one address: there a password may hold any sign.
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://(?:\$\{[^}]*\}|\$(?!\{)|[^:/$])*:(?!\d+(?:[/?#]|$))(.*)@", re.DOTALL)
_PARAMETER = re.compile(
    rf"(?i)([?&;](?:{_NAMES}|key|sig|auth|code|pin|pw|tok|otp|ticket|session|sid|access|bearer|hash|hmac|sas|"
    r"[\w.-]+[_-](?:key|sig)|(?:auth|rl|resource|app|consumer|subscription|pass|client|shared|storage|account|host|function|"
    r"master|service|user)key|(?:user|db|login|ftp)pass)(?:\[\]|%5[Bb]%5[Dd])?=)([^&;#\s'\"`<>]+)"
)
_SOME = r"[\w.-]{1,60}[_.-](?:password|pwd|token|secret|access[_-]?key|secret[._-]key)"
_WORDS = rf"(?:pass|pwd|passwd|(?:pg)?password|passphrase|token|secret|api[_-]?key|(?:account|sharedaccess)key|{_SOME})"
#: ``PWD=...;`` of an ODBC string, ``password=...`` of a DSN, also with the equals sign and the semicolon encoded.
_ASSIGNED = re.compile(
    rf"(?i)((?:\b|(?<=%3B)){_WORDS}\s?(?:=|%3D))"
    r"(\$?\{[^}\s]*\}|'[^'\n]*'|\"[^\"\n]*\"|(?:(?!%3B|\\+['\"])[^\s;&,'\"<>)\]}`])+)"
)
#: ``password => 'x'`` and ``OPTIONS (password 'x')`` of SQL, ``"password": "x"`` of JSON: in quotes, or it is any word.
_QUOTED = re.compile(
    rf"(?i)(\b(?:{_WORDS}\\*[\"'`]*\s?(?:=>|:=|=)|(?:passwd|password|secret|identified\s+by)(?=\s+')|"
    r"(?:[\w-]{1,60}[_-])?(?:pwd|passwd|password|passphrase|api[_-]?key|secret[_-]access[_-]key)\\*[\"']\s?:)\s*"
    r"(?:\\*[\"'])+)([^\"'\\\n]+)"
)
#: The same behind a semicolon, as in an ODBC string, where it may hold blanks and ends at the next semicolon.
_OF_STRING = re.compile(r"(;\s*(?:pwd|password)\s?=\s?)([^;&\n'\"`<>]+)", re.IGNORECASE)
_HEADER = re.compile(r"(\b(?:Basic|Bearer)\s+)([A-Za-z0-9+/=._~-]{12,})")
_FORMS = re.compile(
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}|dapi[0-9a-f]{32}|"
    r"sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
)
#: Found at once where they are not: a page is long, and most of what is redacted has nothing to hide.
_AT = re.compile(r"://[^\s'\"`<>]*@")
_CUES = ("pass", "pwd", "token", "secret", "key", "identified")  # one of them is in every name of these two
_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
#: An address without a secret wherever it comes from: a host, or a file of this machine.
_PLACE = re.compile(r"[A-Za-z][\w+.-]*://[\w.-]*(?::\d+)?/?|(?:file|sqlite)://[^?]*")
#: ``https://host/d/TOKEN/file``: who has the link has the file. A run id or a checksum has no capital letters.
_LINK = re.compile(r"https?://[^\s'\"`<>]+")
_IN_PATH = re.compile(
    r"(?<=/)(?=[^/?#]*[A-Z])(?=[^/?#]*[a-z])(?=(?:[A-Za-z_-]+[0-9]+){3}|[0-9]+(?:[A-Za-z_-]+[0-9]+){2})"
    r"[A-Za-z0-9_-]{20,}(?=[/?#]|$)"
)
#: Pictures inside a page: long, and no text.
_PICTURE = re.compile(r"(data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+)")
#: Names of environment variables that libraries of ours take credentials from.
VARIABLE = re.compile(rf"{_NAMES}$|(?:^|_)KEY$", re.IGNORECASE)
_NO_SECRETS = frozenset(["true", "false", "none", "null", "default"])
_REFERENCE = re.compile(r"\$\{[^}]*\}")

#: Remembered secret -> what stands in its place.
_known: dict[str, str] = {}
_pattern: re.Pattern[str] | None = None
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
    global _pattern
    secret = secret.strip()
    if secret.lower() in _NO_SECRETS or "${oc.env:" in secret:
        return
    for spelling in _spellings(secret):
        if len(spelling) >= SHORTEST and HIDDEN not in spelling:
            if shown != HIDDEN or spelling not in _known:
                _known[spelling] = shown
            _pattern = None


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
        for secret in _secrets_in(value):
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


def _secrets_in(text: str) -> Iterator[str]:
    for pattern in (_USER_INFO, _TOKEN_AS_USER, _PARAMETER, _ASSIGNED, _QUOTED):
        for match in pattern.finditer(text):
            secret = match[2].strip("'\"")
            yield secret
            yield re.split(r"[/?#]", secret)[0]  # as far as an address is read that holds such a sign
    if text.count("://") == 1:  # in one address a value may hold any sign that ends it in a sentence
        for match in _PARAMETER.finditer(text):
            for end in (r"[&;#\s]", r"&|;(?=\w+=)"):  # the second as SQLAlchemy reads it
                yield re.split(end, text[match.start(2) :])[0].rstrip("'\"`)]}>,")  # not quotes of an override
    whole = _ADDRESS.search(text) if text.count("://") == 1 else None
    if whole is not None:  # to the last @ as the standard library reads it; SQLAlchemy's first begins the host
        first, _, rest = whole[1].partition("@")
        yield from (whole[1], first, rest, re.split(r"[/?#:]", rest)[0])
    for link in _LINK.findall(text):
        yield from _IN_PATH.findall(link)


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


def remember_environment() -> None:
    """Remember the credentials that libraries find in the environment by themselves."""
    global _environment_read
    _environment_read = True
    for name, value in os.environ.items():
        if "://" in value:
            remember_in(value)
        elif VARIABLE.search(name) and not os.path.exists(value):
            remember(value)


def forget() -> None:
    """Forget what was remembered: for tests."""
    global _pattern, _environment_read
    _known.clear()
    _pattern, _environment_read = None, False


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
        False: only what was remembered, for texts that are a user's own data.

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
    return _REFERENCE.sub(HIDDEN, redact(text))


def _redact(text: str, *, forms: bool) -> str:
    global _pattern
    if _known:
        if _pattern is None:
            _pattern = _alternatives(_known)
        text = _pattern.sub(lambda match: _known[match[0]], text)
    if not forms:
        return text
    if _AT.search(text):
        text = _USER_INFO.sub(_kept_reference("@", ":"), text)
        text = _TOKEN_AS_USER.sub(_kept_reference("@"), text)
        text = _STORE_USER.sub(_kept_reference(), text)
    if "=" in text or "%3" in text:
        text = _OF_STRING.sub(lambda found: found[0] if _REFERENCE.fullmatch(found[2]) else found[1] + HIDDEN, text)
        text = _PARAMETER.sub(_kept_reference(), text)
    lower = text.lower() if any(sign in text for sign in ("=", "%3", "'", '"')) else ""
    if any(cue in lower for cue in _CUES):
        text = _ASSIGNED.sub(_unless_a_column, _QUOTED.sub(_kept_reference(), text))
    if "://" in text:
        text = _LINK.sub(lambda link: _IN_PATH.sub(HIDDEN, link[0]), text)
    if "Basic" in text or "Bearer" in text:
        text = _HEADER.sub(_kept_reference(), text)
    text = _FORMS.sub(HIDDEN, text)
    return _PRIVATE_KEY.sub(HIDDEN, text) if "PRIVATE KEY" in text else text


def _kept_reference(after: str = "", before: str = "") -> Callable[[re.Match[str]], str]:
    """How a match is replaced: its second group is hidden, unless it only names an environment variable."""

    def replaced(match: re.Match[str]) -> str:
        if re.fullmatch(r"\*{3}\W*", match[2]):
            return match[0]
        secret = match[2] if match[2] and _REFERENCE.fullmatch(match[2]) else HIDDEN
        return f"{match[1]}{before}{secret}{after}"

    return replaced


def _unless_a_column(match: re.Match[str]) -> str:
    """What `_ASSIGNED` found, hidden unless a query joins two columns by it: ``a.token = b.token``."""
    joined = re.fullmatch(r"(?i)[a-z_]\w{0,30}\.(\w+)\s?=[a-z_]\w{0,30}\.\1", match[0])
    return match[0] if joined else _kept_reference()(match)


def _alternatives(known: Mapping[str, str]) -> re.Pattern[str]:
    """Pattern of all remembered secrets, the longest first; a plain word or number is hidden as a whole word only."""
    parts = []
    for secret in sorted(known, key=len, reverse=True):
        plain = secret.isdigit() or (secret.isalpha() and (secret.islower() or secret.isupper()))
        parts.append(rf"(?<![A-Za-z0-9]){secret}(?![A-Za-z0-9])" if plain else re.escape(secret))
    return re.compile("|".join(parts))


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
