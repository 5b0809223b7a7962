"""What a call from Python says of a table, as the words and files that a command would have."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.arguments import Roles, text_of
from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import listed
from customer_segmentation.secrets import is_secret, redact

if TYPE_CHECKING:
    import pandas as pd

    from customer_segmentation.settings.data import DataSettings
    from customer_segmentation.sources.memory import MemoryTable
    from customer_segmentation.workflows.describe_table import TableDescription

COLUMNS = "columns"  # name of a feature set that a call makes of columns


@dataclass(frozen=True)
class Asked:
    """What a call is about.

    Attributes
    ----------
    words : tuple of str
        Overrides, as a command would have them.
    files : mapping of str to str
        Configs that no folder holds: path to text.
    source : MemoryTable or None
        The frame; whoever keeps it can open the runs again that are made of it.
    questions : tuple of str
        What was not sure of the table's columns.
    taken : mapping of str to str
        Keys that the files settle, which no override changes, with what the call says of them.
    """

    words: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    source: MemoryTable | None = None
    questions: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)


def example(name: str) -> pd.DataFrame:
    """An invented table to try things on.

    Parameters
    ----------
    name : {"members", "newer", "new", "guests", "orders"}
        Members of a gym; the same months later; new ones; a hotel's guests; a shop's orders.

    Returns
    -------
    DataFrame

    Raises
    ------
    SettingsError
        There is no such table.

    Examples
    --------
    >>> import customer_segmentation as cs
    >>> cs.example("guests").columns[:3].tolist()
    ['Guest No', 'Last Arrival', 'Country']
    """
    import pandas as pd

    from customer_segmentation.config.paths import shipped_root

    tables = {path.stem: path for path in sorted((shipped_root() / "examples").glob("*.csv"))}
    if name not in tables:
        raise SettingsError(f"there is no example {redact(str(name))!r}; there are {listed(tables)}.")
    return pd.read_csv(tables[name])


def ask(
    data: Any,
    *,
    features: Any = None,
    roles: Roles | None = None,
    experiment: str | None = None,
    name: str | None = None,
    overrides: Sequence[str] = (),
) -> Asked:
    """Find the words and files of a table.

    Parameters
    ----------
    data : frame, path, name of a config, or None
        None: what experiment and overrides say, else the built-in sample.
    features : str, sequence of str, mapping, optional
        See `customer_segmentation.sweep`.
    roles : Roles, optional
    experiment : str, optional
        A preset: it describes the table.
    name : str, optional
        Of the run, from which that of the files is made.
    overrides : sequence of str
        Of the call: what they say of how the table is read counts here as well.

    Raises
    ------
    SettingsError
        What is said does not go together, or names what is not there.
    DataError
        The table cannot be read.
    """
    from customer_segmentation.config.errors import suggestion
    from customer_segmentation.config.paths import options_of
    from customer_segmentation.config.quoting import literal

    roles = roles or Roles()
    text_of(name, argument="name")
    path, source = (None, None) if data is None else place_of(data)
    configured = path is None or (source is None and not _exists(path) and path in options_of("data"))
    if configured or experiment is not None:
        if roles.said:
            raise SettingsError(
                "value, outcome, id, roles and table describe a table that no config describes yet; change the "
                "contract of the configured one, or leave out the config."
            )
        words = [] if path is None else [f"data={path}" if configured else f"data.path={literal('data.path', path)}"]
        return Asked((*words, *_named_sets(features)), source=source)
    if source is None and not _exists(str(path)):
        configs = list(options_of("data"))
        raise SettingsError(
            f"data={path}: there is no such file in {Path.cwd()}, and no such config in conf/data/, which has "
            f"{listed(configs)}.{suggestion(str(path), configs)}"
        )
    assert path is not None  # noqa: S101 - for the type checker
    if source is None and not roles.said and not _makes_sets(features):
        known = _known(_read_as(path, overrides))
        if known is not None:
            return Asked((f"data={known}", f"data.path={literal('data.path', path)}", *_named_sets(features)))
    return _described(_read_as(path, overrides), source, features, roles, name)


def _read_as(path: str, overrides: Sequence[str]) -> DataSettings:
    """Settings by which a table is read: its place, and the query, sheet, delimiter and the like of the overrides."""
    from customer_segmentation.config.quoting import unquoted
    from customer_segmentation.settings.data import DataSettings
    from customer_segmentation.sources.base import READING

    words = [word.lstrip("+").partition("=") for word in overrides or () if isinstance(word, str)]
    given: dict[str, Any] = {key[5:]: unquoted(value) for key, _, value in words if key.startswith("data.")}
    return DataSettings(path=path, **{key: value for key, value in given.items() if key in READING})


def place_of(data: Any) -> tuple[str, MemoryTable | None]:
    """Address of a table and, of a frame, its source.

    Raises
    ------
    SettingsError
        It is an empty text.
    """
    from customer_segmentation.sources.memory import hold, memory_table

    if isinstance(data, str | os.PathLike):
        if not os.fspath(data):
            raise SettingsError("data is an empty text; expected a frame, the path of a table or the name of a config.")
        return str(data), None
    source = hold(memory_table(data))
    return source.address, source


def _exists(path: str) -> bool:
    return "/" in path or "." in path or Path(path).exists()


def _known(data: DataSettings) -> str | None:
    """Config that describes a table in a file."""
    from customer_segmentation.config.named_table import config_that_knows
    from customer_segmentation.sources.open import open_path

    return config_that_knows(str(data.path), list(open_path(str(data.path), data).headers))


def _described(data: DataSettings, source: MemoryTable | None, features: Any, roles: Roles, name: str | None) -> Asked:
    """Describe the table as ``segment init`` does; its files are the call's own."""
    from customer_segmentation.config.quoting import literal
    from customer_segmentation.config.starter_names import MOST_LETTERS, files_name
    from customer_segmentation.exploration.roles.vocabulary import slug
    from customer_segmentation.settings.commands import InitSettings
    from customer_segmentation.settings.data import DataSettings
    from customer_segmentation.settings.limits import check_limits
    from customer_segmentation.workflows.describe_table import describe_table

    said = roles.by_header
    path = str(data.path)
    asked = InitSettings(data=replace(data, keep=""), table=roles.table)  # who is segmented is found out
    check_limits(asked)
    called = slug(name)[:MOST_LETTERS] if name else ("frame" if source is not None else None)
    own = files_name(InitSettings(data=DataSettings(path=f"{called}.csv" if called else path)))

    def describe(known: Mapping[str, str]) -> TableDescription:
        asked.roles = [f"{header}={role}" for header, role in known.items()]
        try:
            return describe_table(asked, own)
        except SettingsError as error:
            raise SettingsError(roles.as_argument(str(error))) from error

    described = describe(said)
    wanted = _columns_of(features, described)
    unused = [header for header in wanted if _is_unused(described, header) and header not in said]
    if unused:  # whoever names a column as a feature means it
        described = describe({**said, **{header: _kind(described, header) for header in unused}})
    files, sets = _feature_sets(features, described)
    words = [f"experiments={own}", *([f"features={','.join(sets)}"] if sets else [])]
    if is_secret(path):  # which no file of `segment init` holds
        words.append(f"data.path={literal('data.path', path)}")
    questions = tuple(one.line() for one in described.reading.questions)
    told = f"data={redact(path)}" if source is None else source.name
    taken = dict.fromkeys(("data", "data.path", "data.source", "experiments"), told)
    return Asked(tuple(words), {**described.files, **files}, source, questions, taken)


def _makes_sets(features: Any) -> bool:
    """Whether features are told by columns, and not by the names of configured sets."""
    from customer_segmentation.config.paths import options_of

    if features is None:
        return False
    return isinstance(features, Mapping) or any(name not in options_of("features") for name in _texts(features))


def _texts(features: Any) -> list[str]:
    """Names, of columns or of sets.

    Raises
    ------
    SettingsError
        They are no names.
    """
    several = isinstance(features, Iterable) and not isinstance(features, str)
    names = list(features) if several else [features]
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if wrong is not None or not names:
        raise SettingsError(
            f"features={features!r}: expected names of columns, a mapping of features to expressions, or a mapping of "
            "the names of sets to their columns."
        )
    _refuse_twice(names, "holds")
    return names


def _refuse_twice(names: Sequence[str], what: str) -> None:
    """Refuse what would be taken once, or counted twice.

    Raises
    ------
    SettingsError
        Names it.
    """
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise SettingsError(f"features {what} {twice!r} twice; give each once.")


def _named_sets(features: Any) -> list[str]:
    """Words for sets that have a config.

    Raises
    ------
    SettingsError
        They are told by columns.
    """
    if features is None:
        return []
    if _makes_sets(features):
        raise SettingsError(
            "features of a configured table are the names of its sets, such as features=['value', 'usage']; make a "
            "file in conf/features/, or give the table itself to have it described."
        )
    return [f"features={','.join(_texts(features))}"]


def _columns_of(features: Any, described: TableDescription) -> list[str]:
    """Columns that features name, where the table is one of customers."""
    if features is None or described.orders is not None:
        return []
    if isinstance(features, Mapping):
        named = [column for columns in features.values() if isinstance(columns, list | tuple) for column in columns]
    else:
        named = _texts(features)
    headers = {guess.header for guess in described.reading.guesses}
    return [str(name) for name in named if name in headers]


def _is_unused(described: TableDescription, header: str) -> bool:
    from customer_segmentation.settings.data import Role

    guess = next(one for one in described.reading.guesses if one.header == header)
    return guess.spec is None or guess.role not in (Role.numeric, Role.categorical, Role.value)


def _kind(described: TableDescription, header: str) -> str:
    guess = next(one for one in described.reading.guesses if one.header == header)
    return "numeric" if guess.facts is not None and guess.facts.numbers is not None else "category"


def _feature_sets(features: Any, described: TableDescription) -> tuple[dict[str, str], list[str]]:
    """Files and names of the feature sets that a call makes or names.

    Raises
    ------
    SettingsError
        A name is that of neither a column nor a set.
    """
    from customer_segmentation.config.errors import suggestion
    from customer_segmentation.config.paths import options_of
    from customer_segmentation.config.starter_files import feature_file
    from customer_segmentation.config.starter_names import MOST_LETTERS
    from customer_segmentation.exploration.roles.vocabulary import slug

    if features is None:
        return {}, []
    guesses = {guess.header: guess for guess in described.reading.guesses} if described.orders is None else {}

    def guessed(columns: Sequence[Any]) -> list[Any]:
        missing = next((name for name in columns if name not in guesses), None)
        if missing is not None:
            raise SettingsError(
                f"features: there is no column {missing!r}; there are {listed(guesses, most=12)}."
                + suggestion(str(missing), list(guesses))
            )
        return [guesses[name] for name in columns]

    if isinstance(features, Mapping):
        if features and all(isinstance(columns, list | tuple) for columns in features.values()):
            called = [slug(str(name))[:MOST_LETTERS] or COLUMNS for name in features]
            _refuse_twice(called, "has sets whose names are both written")
            named = dict(zip(called, features.values(), strict=True))
            files: dict[str, str] = {}
            for name, columns in named.items():
                files |= feature_file(name, guessed(columns))
            return files, list(named)
        return feature_file(COLUMNS, {str(name): expression for name, expression in features.items()}), [COLUMNS]
    names = _texts(features)
    sets = [name for name in names if name not in guesses and name in options_of("features")]
    columns = [name for name in names if name not in sets]
    return (feature_file(COLUMNS, guessed(columns)), [COLUMNS, *sets]) if columns else ({}, sets)
