"""What a secret looks like: its place in an address, a parameter or a string of a driver, or the form of a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_plus

HIDDEN = "***"

_NAMES = (
    r"(?:(?:[\w.-]*[_.-])?(?:pass|pwd)|[\w.-]*(?:passwd|password|passphrase|passcode|token|secret|"
    r"credentials?(?:[_-](?:base64|info|json))?|jwt|api[_-]?key|(?:access|account|private)[_-]?key|authorization|signature))"
)
#: Of these a number behind the host is its port, whatever follows; a driver of databases takes it for a password.
_OF_WEB = r"(?:https?|sc|wss?)"
#: ``scheme://user:password@``. The password ends at the last @ of the word; a port is none; a user may hold an @.
_USER = r"(?:\$\{[^}\s]*\}|\$(?!\{)|[^\s:/@?#'\"`<>$])"
_PORT = r"(?!\d+(?:[/?#]|$))"
_OTHER = rf"(?<![\w+.-])(?!{_OF_WEB}:)[A-Za-z][\w+.-]*"
_COLON = rf"://(?:{_USER}|@)*(?::|%3[Aa])"
_USER_INFO = re.compile(rf"((?:{_OF_WEB}{_COLON}{_PORT}|{_OTHER}{_COLON}))([^\s'\"`<>]*)@")
#: ``https://KEY:@``: where nothing follows the colon, the user is the secret.
_KEY_AS_USER = re.compile(r"(https?://)([^\s:/@?#'\"`<>]+)(?=:(?:x-oauth-basic)?@)")
#: ``jdbc:oracle:thin:user/password@``.
_JDBC = re.compile(r"(\bjdbc:[\w:]+?:\w+/)([^\s@'\"`<>]+)(?=@)")
#: ``user:password@host:5432/name``, of which somebody has left out or misspelt the beginning.
_WITHOUT_SCHEME = re.compile(r"(?<![\w.:@-])([\w.+-]+:)([^\s@/'\"`<>${}]{3,})(?=@[\w.-]+(?::\d+)?/)")
#: ``https://TOKEN@``: as long as no name of a user is.
_TOKEN_AS_USER = re.compile(r"([A-Za-z][\w+.-]*://)([^\s:/@?#'\"`<>]{20,})@")
#: ``s3://KEY:SECRET@``: the user of an object store is half of its credentials.
_STORE_USER = re.compile(rf"((?:s3[an]?|gs|gcs|r2|oss)://)({_USER}+)(?=(?::[^\s'\"`<>]*)?@)")
_ANY = r"(?:\$\{[^}]*\}|\$(?!\{)|[^:/$])"
#: The same where a text is one address: there a password may hold any sign.
_ADDRESS = re.compile(rf"(?:{_OF_WEB}://{_ANY}*:{_PORT}|{_OTHER}://{_ANY}*:)(.*)@", re.DOTALL)
_PARAMETER = re.compile(
    rf"(?i)([?&;](?:{_NAMES}|key|sig|auth|code|pin|pw|tok|tkn|otp|ticket|session|sid|access|bearer|hash|hmac|sas|passw\w*|"
    r"kennwort|psw|pword|senha|contrase\w+|mdp|motdepasse|pass_word|sess(?:ion)?_?id|sess|cookie|oauth|assertion|creds?|"
    r"pincode|api\.key|[\w.-]+[_-](?:key|sig)|(?:auth|rl|resource|app|consumer|subscription|pass|client|shared|storage|"
    r"account|host|function|master|service|user|secret|encryption|signing|licen[cs]e)key|(?:user|db|login|ftp)pass)"
    r"(?:\[\]|%5[Bb]%5[Dd])?=)([^&;#\s'\"`<>]+)"
)
_SOME = r"[\w.-]{0,60}(?:password|passwd|passphrase|pwd|token|secret|(?:access|secret|private|account)[._-]?key)"
_WORDS = rf"(?:pass|passwort|kennwort|api[_-]?key|{_SOME})"
#: ``PWD=...;`` of an ODBC string, ``password=...`` of a DSN, also with the equals sign and the semicolon encoded.
_BRACED = r"\{(?:[^}\n]|\}\})*\}"  # a closing brace in it stands twice
_ASSIGNED = re.compile(
    rf"(?i)((?:\b|(?<=%3B)){_WORDS}\s?(?:=|%3D))"
    rf"(\$\{{[^}}\s]*\}}|{_BRACED}|%7B(?:(?!%7D)[^\s&]|%7D%7D)*%7D|"
    r"'[^'\n]*'|\"[^\"\n]*\"|(?:(?!%3B|\\+['\"])[^\s;&,'\"<>)\]}`])+)"
)
#: ``password => 'x'`` and ``OPTIONS (password 'x')`` of SQL, ``"password": "x"`` of JSON: in quotes, or it is any word.
_QUOTED = re.compile(
    rf"(?i)(\b(?:{_WORDS}\\*[\"'`]*\s?(?:=>|:=|=)|(?:passwd|password|secret|identified\s+by)(?=\s+')|"
    r"(?:[\w-]{1,60}[_-])?(?:pwd|passwd|password|passphrase|api[_-]?key|secret[_-]access[_-]key)\\*[\"']\s?:)\s*"
    r"(?:\\*[\"'])+)([^\"'\\\n]+)"
)
#: The same behind a semicolon, as in an ODBC string, where it may hold blanks and ends at the next semicolon.
_OF_STRING = re.compile(rf"(;\s*{_WORDS}\s?=\s?)({_BRACED}|[^;&\n'\"`<>]+)", re.IGNORECASE)
#: The whole of such a string behind its name, and each of its values there, in braces or not.
_ODBC = re.compile(r"(?i)\bodbc_connect=([^&\s]+(?:\s[^&]*)?)")
_VALUE = re.compile(rf"(?:^|;)\s*([^;={{}}]+?)\s*=\s*({_BRACED}|[^;]*)")
#: Whatever follows the question mark of an address, and a parameter of it.
_ASKED = re.compile(r"((?:://|\burl: /)[^\s'\"`<>?#]*\?)([^\s'\"`<>#]+)")
_PAIR = re.compile(r"(?<![^?&;])([^=&;]+=)([^&;]+)")
#: What a parameter may be called that holds no secret, whatever its value: how a table is cut, written or found.
_FOUND_BY = """
    format output gid sheet tab range version api-version api_version page per_page limit offset size count start end
    from to since until date day month year quarter file filename name path table dataset project region location lang
    locale currency tz timezone encoding charset delimiter sep header columns fields select filter where order orderby
    order_by sort by type kind mode view download dl export raw ref branch revision query q sql mail email user user_id
    uid userid login username host server port database db dbname schema catalog warehouse role account driver dsn
    authmech authenticator http_path httppath endpoint_url endpoint_override scheme uri url service sid_name
    application_name app sslmode ssl ssl_mode ssl_verify_cert encrypt trustservercertificate timeout
    login_timeout connect_timeout connection_timeout read_timeout access_mode threads memory_limit client_encoding
    options sv se st sp sr spr ss srt sdd sip x-amz-algorithm x-amz-date x-amz-expires x-amz-signedheaders
    x-goog-algorithm x-goog-date x-goog-expires x-goog-signedheaders expires experiments searchfilter compare
"""
_HARMLESS = frozenset(_FOUND_BY.split())
#: A value that is not secret whatever its name: a word, a number, a day, some of them.
_WORD = r"(?:[A-Z]?[a-z]{0,8}|[A-Z]{1,3}|[vV]?\d{1,10}|\d+(?:\.\d+){1,3}|\d{4}-\d\d(?:-\d\d)?)"
_PLAIN = re.compile(rf"{_WORD}(?:(?:,|%2[Cc]|\+|%20|_){_WORD}){{0,20}}")
_HEADER = re.compile(r"(\b(?:Basic|Bearer)\s+)([A-Za-z0-9+/=._~-]{12,})")
_FORMS = re.compile(
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}|dapi[0-9a-f]{32}|"
    r"sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
)
#: Found at once where they are not: a page is long, and most of what is redacted has nothing to hide.
_AT = re.compile(r"://[^\s'\"`<>]*@")
_CUES = ("pass", "pwd", "token", "secret", "key", "identified")  # one of them is in every name of these two
_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
#: ``https://host/d/TOKEN/file``: who has the link has the file. A run id or a checksum has no capital letters.
_LINK = re.compile(r"https?://[^\s'\"`<>]+")
_IN_PATH = re.compile(
    r"(?<=/)(?=[^/?#]*[A-Z])(?=[^/?#]*[a-z])(?=(?:[A-Za-z_-]+[0-9]+){3}|[0-9]+(?:[A-Za-z_-]+[0-9]+){2})"
    r"[A-Za-z0-9_-]{20,}(?=[/?#]|$)"
)
_BY_PLACE = (
    _USER_INFO, _KEY_AS_USER, _TOKEN_AS_USER, _WITHOUT_SCHEME, _JDBC, _PARAMETER, _ASSIGNED, _QUOTED, _OF_STRING
)  # fmt: skip
#: Names of environment variables that libraries of ours take credentials from.
VARIABLE = re.compile(rf"{_NAMES}$|(?:^|_)KEY$", re.IGNORECASE)
REFERENCE = re.compile(r"\$\{[^}]*\}")


def is_reference(text: str) -> bool:
    """Whether a text only names an environment variable, without a value for where it is not set.

    >>> is_reference("${oc.env:PASSWORD}"), is_reference("${oc.env:PASSWORD,hunter22}")
    (True, False)

    Parameters
    ----------
    text : in place of a secret
    """
    return REFERENCE.fullmatch(text) is not None and "," not in text


def without_secrets(text: str) -> str:
    """Text with what is a secret by its place or form hidden.

    Parameters
    ----------
    text : any
    """
    if _AT.search(text):
        text = _KEY_AS_USER.sub(_kept_reference(), _USER_INFO.sub(_kept_reference("@"), text))
        text = _TOKEN_AS_USER.sub(_kept_reference("@"), text)
        text = _STORE_USER.sub(_kept_reference(), text)
    if "=" in text or "%3" in text:
        text = _OF_STRING.sub(lambda found: found[0] if is_reference(found[2]) else found[1] + HIDDEN, text)
        text = _PARAMETER.sub(_kept_reference(), text)
    if "?" in text and ("://" in text or "url: /" in text):  # as urllib3 writes it, without the host
        text = _ASKED.sub(lambda asked: asked[1] + _PAIR.sub(_unless_harmless, asked[2]), text)
    lower = text.lower() if any(sign in text for sign in ("=", "%3", "'", '"')) else ""
    if any(cue in lower for cue in _CUES):
        text = _ASSIGNED.sub(_unless_a_column, _QUOTED.sub(_kept_reference(), text))
    if "@" in text:
        text = _WITHOUT_SCHEME.sub(_kept_reference(), _JDBC.sub(_kept_reference(), text))
    if "://" in text:
        text = _LINK.sub(lambda link: _IN_PATH.sub(HIDDEN, link[0]), text)
    if "Basic" in text or "Bearer" in text:
        text = _HEADER.sub(_kept_reference(), text)
    text = _FORMS.sub(HIDDEN, text)
    return _PRIVATE_KEY.sub(HIDDEN, text) if "PRIVATE KEY" in text else text


def secrets_in(text: str) -> Iterator[str]:
    """Secrets of a text by their place, also as a driver reads them.

    Parameters
    ----------
    text : a setting, most often
    """
    for pattern in (
        _USER_INFO,
        _KEY_AS_USER,
        _TOKEN_AS_USER,
        _PARAMETER,
        _ASSIGNED,
        _QUOTED,
        _OF_STRING,
        _JDBC,
        _WITHOUT_SCHEME,
    ):
        for match in pattern.finditer(text):
            secret = match[2].strip("'\"")
            yield secret
            yield _bare(unquote_plus(secret))
            yield from _as_far_as_read(secret)
    if text.count("://") == 1:  # in one address a value may hold any sign that ends it in a sentence
        for match in _PARAMETER.finditer(text):
            for end in (r"[&;#\s]", r"&|;(?=\w+=)"):  # the second as SQLAlchemy reads it
                yield re.split(end, text[match.start(2) :])[0].rstrip("'\"`)]}>,")  # not quotes of an override
    for string in _ODBC.findall(text):
        pairs = _VALUE.findall(_decoded(string))
        yield from (_bare(value) for name, value in pairs if not _is_harmless(name, value))
    for asked in _ASKED.findall(text):
        pairs = _PAIR.findall(asked[1])
        yield from (value for name, value in pairs if _is_guarded(value) and not _is_harmless(name[:-1], value))
    whole = _ADDRESS.search(text) if text.count("://") == 1 else None
    if whole is not None:  # to the last @ as the standard library reads it; SQLAlchemy's first begins the host
        first, _, rest = whole[1].partition("@")
        yield from (whole[1], first, rest, re.split(r"[/?#:]", rest)[0], *_as_far_as_read(first))
    for link in _LINK.findall(text):
        yield from _IN_PATH.findall(link)


def _as_far_as_read(secret: str) -> Iterator[str]:
    """Beginnings of a password that holds a sign at which somebody ends the part of an address that it is in."""
    for signs in (r"[/?#]", r"[?#]", "#"):
        yield re.split(signs, secret)[0]


def _bare(secret: str) -> str:
    """A password of an ODBC string without the braces round it, in which a closing one stands twice."""
    return secret[1:-1].replace("}}", "}") if secret.startswith("{") and secret.endswith("}") else secret


def _kept_reference(after: str = "") -> Callable[[re.Match[str]], str]:
    """How a match is replaced: its second group is hidden, unless it only names an environment variable."""

    def replaced(match: re.Match[str]) -> str:
        if re.fullmatch(r"\*{3}\W*", match[2]):
            return match[0]
        secret = match[2] if is_reference(match[2]) else HIDDEN
        return f"{match[1]}{secret}{after}"

    return replaced


def _decoded(string: str) -> str:
    """A string of a driver without the encoding of the address round it, however often it was encoded."""
    for _ in range(3):
        string = unquote_plus(string)
    return string


def _is_harmless(name: str, value: str) -> bool:
    """Whether a parameter holds no secret by its name or its value."""
    called = name.strip().lower().replace(" ", "")
    short = len(value) < 5  # it would be hidden nowhere else
    return short or called in _HARMLESS or bool(_PLAIN.fullmatch(value)) or is_reference(value)


def _is_guarded(value: str) -> bool:
    """Whether a value is hidden wherever it stands: a shorter one, or a word, may be a cell of the user's."""
    return len(value) >= 8 and any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _unless_harmless(match: re.Match[str]) -> str:
    return match[0] if _is_harmless(match[1][:-1], match[2]) else _kept_reference()(match)


def _unless_a_column(match: re.Match[str]) -> str:
    """What `_ASSIGNED` found, hidden unless a query joins two columns by it: ``a.token = b.token``."""
    joined = re.fullmatch(r"(?i)[a-z_]\w{0,30}\.(\w+)\s?=[a-z_]\w{0,30}\.\1", match[0])
    return match[0] if joined else _kept_reference()(match)
