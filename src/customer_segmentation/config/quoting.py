"""What a user types, made fit for Hydra's grammar.

Hydra parses ``data.path=Telecom (1).csv`` as a function call, splits ``a,b.csv`` into two jobs and reads the run id
``1e456...`` as infinity. Values of keys that hold free text are therefore quoted before Hydra sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from customer_segmentation.errors import SettingsError
from customer_segmentation.paths import is_text
from customer_segmentation.secrets import redact

#: Hashes the ids of customers, as it stands: 007 is another key than 7.
KEY = "tracking.customers_key"
#: keys whose value is text as it stands: paths, addresses, queries, ids, names, reasons
FREE_TEXT = frozenset(
    {
        "data.path",
        "data.query",
        "data.sheet",
        "data.table",
        "data.delimiter",
        "data.encoding",
        "data.decimal",
        "data.download.url",
        "data.transactions.customer",
        "data.transactions.date",
        "data.transactions.amount",
        "data.transactions.order",
        "data.transactions.quantity",
        "data.transactions.reference_date",
        "data.transactions.date_format",
        "clustering.init",
        "engine.remote",
        "tracking.uri",
        "tracking.experiment",
        "tracking.artifacts",
        KEY,
        "run_id",
        "other",
        "model",
        "input",
        "output",
        "rejects",
        "query",
        "table",
        "sheet",
        "delimiter",
        "encoding",
        "decimal",
        "reason",
        "name",
    }
)

#: Of these, the ones that no file is named by, in which `${oc.env:NAME}` is resolved wherever it stands.
_NO_FILES = frozenset({KEY, "data.query", "query"})
#: Of these, the ones that may take a credential from the environment: `${oc.env:NAME}` in them is resolved.
ADDRESSES = _NO_FILES | {
    *("data.path", "data.download.url", "engine.remote", "tracking.uri", "tracking.artifacts", "input", "output")
}
#: Of these, the ones that may be swept: commas divide their texts.
SWEPT = frozenset({"clustering.init"})
_FROM_ENVIRONMENT = re.compile(r"(\$\{oc\.env:\w+\})")

OVERRIDE = re.compile(r"^(?P<prefix>\+{0,2})(?P<key>[^=~\s]+)=(?P<value>.*)$", re.DOTALL)


def quote(argument: str) -> str:
    r"""Quote the value of a free-text key; anything else is returned as it is.

    >>> quote("data.path=Telecom (1).csv")
    "data.path='Telecom (1).csv'"
    >>> quote("k=[2,3]")
    'k=[2,3]'
    >>> quote("clustering.init=null,models:/segments/3")
    "clustering.init=null,'models:/segments/3'"
    >>> quote("data.path=mysql://me:${oc.env:PASSWORD}@host/${x}") == (
    ...     r"data.path='mysql://me:${oc.env:PASSWORD}@host/\${x}'"
    ... )
    True

    Raises
    ------
    SettingsError
        The value is empty.
    """
    match = OVERRIDE.match(argument)
    if match is None or match["key"] not in FREE_TEXT:
        return argument
    value = match["value"]
    if value in ("", "''", '""'):
        raise SettingsError(
            f"{match['key']} is empty, as of a variable that is not set; give a value, or leave it out."
        )
    if value == "null" or (len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""):
        return argument
    texts = value.split(",") if match["key"] in SWEPT else [value]
    values = (text if text == "null" else literal(match["key"], text) for text in texts)
    return f"{match['prefix']}{match['key']}={','.join(values)}"


def literal(key: str, text: str) -> str:
    r"""Quote one text for a free-text key, whatever it says; an address may still take a part from the environment.

    >>> literal("name", "null"), literal("tracking.uri", "mysql://me:${oc.env:PASSWORD}@host")
    ("'null'", "'mysql://me:${oc.env:PASSWORD}@host'")
    >>> literal("data.query", "SELECT * FROM crm WHERE tenant = ${oc.env:TENANT}")
    "'SELECT * FROM crm WHERE tenant = ${oc.env:TENANT}'"
    >>> print(literal("data.path", "x ${oc.env:HOME}.csv"))
    'x \${oc.env:HOME}.csv'

    Parameters
    ----------
    key : one of `FREE_TEXT`
    text : its value
    """
    whole = "://" in text or text.startswith("${") or key in _NO_FILES  # of a file: its name as it stands
    if key not in ADDRESSES or not whole:
        return quoted(text)
    parts = _FROM_ENVIRONMENT.split(text)
    return f"'{''.join(part if at % 2 else quoted(part)[1:-1] for at, part in enumerate(parts))}'"


def quoted(value: str) -> str:
    r"""Put a text into quotes for Hydra's command line.

    >>> quoted("it's")
    "'it\\'s'"
    """
    # Inside quotes Hydra's grammar knows two escapes only, a backslash run before a quote and an interpolation.
    value = re.sub(r"(\\*)'", lambda found: found[1] * 2 + "\\'", value)
    value = re.sub(r"(\\+)$", lambda found: found[1] * 2, value)
    return f"'{escaped(value)}'"


def unquoted(value: str) -> str:
    r"""Take what `quote` would leave as it is out of its quotes.

    >>> unquoted("'it\\'s'"), unquoted("a,b")
    ("it's", 'a,b')

    Parameters
    ----------
    value : of an override
    """
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1].replace("\\" + value[0], value[0])
    return value


def escaped(value: Any) -> Any:
    r"""Texts of a value as OmegaConf reads them as they stand: what comes from a table or a call is no reference.

    >>> print(escaped({"a": ["Total ${oc.env:HOME}"]})["a"][0])
    Total \${oc.env:HOME}
    """
    if isinstance(value, str):
        return re.sub(r"(\\*)\$\{", lambda found: found[1] * 2 + "\\${", value)
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list | tuple) else value


def split_flags(arguments: Iterable[str]) -> tuple[list[str], list[str]]:
    """Separate Hydra's own flags (``--cfg job``, ``--info``) from the overrides.

    Returns
    -------
    flags, overrides : lists of str

    Raises
    ------
    SettingsError
        A word is no text.
    """
    arguments = [*arguments]
    _refuse_bytes(arguments)
    flags: list[str] = []
    overrides: list[str] = []
    takes_value = False
    for argument in arguments:
        if takes_value:
            flags.append(argument)
            takes_value = False
        elif argument.startswith("-") and "=" not in argument.split(" ")[0]:
            flags.append(argument)
            takes_value = argument in {"--cfg", "-c", "--config-dir", "-cd", "--package", "-p", "--config-name", "-cn"}
        elif argument.startswith("--"):
            flags.append(argument)
        else:
            overrides.append(quote(argument))
    return flags, overrides


def init_words(arguments: Iterable[str]) -> list[str]:
    """Words of ``segment init`` as Hydra takes them: a header may hold what no key of its grammar may.

    Raises
    ------
    SettingsError
        A named table is to be described, or a column gets two roles.

    Examples
    --------
    >>> init_words(["roles.Total (EUR)=value", "force=true"])
    ['force=true', "roles=['Total (EUR)=value']"]
    """
    words = list(arguments)
    if any(word.startswith("data=") for word in words):
        raise SettingsError("segment init describes a file; give data.path=FILE instead of data=NAME.")
    roles = [word.removeprefix("roles.") for word in words if word.startswith("roles.") and "=" in word]
    taken: dict[str, str] = {}
    for role in roles:
        header = role.rpartition("=")[0]
        if taken.setdefault(header, role) != role:
            raise SettingsError(f"roles.{header} is given twice, as {taken[header]} and as {role}; give it once.")
    rest = [word for word in words if not (word.startswith("roles.") and "=" in word)]
    return [*rest, f"roles=[{','.join(map(quoted, roles))}]"] if roles else rest


def _refuse_bytes(arguments: Iterable[str]) -> None:
    """Refuse a word that is no text, as of a file whose name was written in another encoding: no store can hold it.

    Parameters
    ----------
    arguments : as they were typed

    Raises
    ------
    SettingsError
        Shows the bytes.
    """
    for argument in arguments:
        if not is_text(argument):
            shown = argument.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            raise SettingsError(f"{redact(shown)} holds bytes that are not UTF-8; rename the file.")
