"""Checks of composed settings that need no data: done for every job before any work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from customer_segmentation.clustering.feature_set import columns_of_repairs, declared_features
from customer_segmentation.config.contract_file import refuse_secret_cells
from customer_segmentation.config.execution_checks import check_engine, check_launcher_keys
from customer_segmentation.config.explore_checks import asked_of
from customer_segmentation.config.extras import check_launcher
from customer_segmentation.config.instantiate import make_estimator, make_scaler, refuse_overruled
from customer_segmentation.config.kmeans_checks import check_polish, check_start
from customer_segmentation.config.playbook_file import check_playbook_of
from customer_segmentation.data.expressions import parse
from customer_segmentation.data.wanted import Needed
from customer_segmentation.errors import SettingsError
from customer_segmentation.formatting import listed
from customer_segmentation.secrets import redact
from customer_segmentation.settings.data import Role
from customer_segmentation.settings.export import ExportSettings, is_picture
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.score import ScoreSettings, rejects_of
from customer_segmentation.settings.sweep import SelectionSettings, SweepSettings
from customer_segmentation.sources.new_file import same_file
from customer_segmentation.sources.open import files_of, would_read

if TYPE_CHECKING:
    from customer_segmentation.config.compose import Plan


def check_plan(plan: Plan) -> Needed:
    """Check every job of a sweep before any work.

    Returns
    -------
    Needed
        Columns of the customer table that the studies read together.

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    first = plan.settings[0]
    check_launcher(first.launcher.kind)
    check_launcher_keys(first.launcher, first.threads, configures_hydra=plan.configures_hydra)
    check_engine(first.engine, first.launcher)
    valued: list[str] = []
    every: list[str] = []
    for settings, choices in zip(plan.settings, plan.choices_of, strict=True):
        needed = check_sweep(settings, choices["features"])
        valued += needed.valued
        every += [*needed.valued, *needed.blank]
    refuse_secret_cells(first.data)
    named = {text.partition("=")[0].lstrip("+") for text in plan.overrides}
    _check_indicators(plan, named)
    asked_of(first.exploration, first.hypotheses, first.data.columns, named)
    # Objects come last: making one imports scikit-learn.
    for settings, choices in zip(plan.settings, plan.choices_of, strict=True):
        make_scaler(settings.scaling.scaler, choices["scaling"])
        make_scaler(settings.yardstick.scaling.scaler, "of the yardstick")
        made = make_estimator(settings.clustering.estimator, choices["clustering"], 2, settings.seed)
        refuse_overruled(settings.clustering.estimator, choices["clustering"])
        check_polish(settings.engine.polish_passes, made, choices["clustering"])
        if settings.clustering.init or "clustering.init" in plan.swept:
            check_start(settings, made, choices["clustering"])
    return Needed.of(valued, every)


def _check_indicators(plan: Plan, named: set[str]) -> None:
    """Refuse a weight of 0/1 columns that no space of the sweep has beside numbers.

    Raises
    ------
    SettingsError
        Names the key.
    """
    spaces = {
        "scaling.indicators": [one.features for one in plan.settings],
        "yardstick.scaling.indicators": [one.yardstick.features for one in plan.settings],
    }
    for key in named & spaces.keys():
        columns = plan.settings[0].data.columns
        kinds = [{item.kind for item in declared_features(one, columns, key).features} for one in spaces[key]]
        if not any("numeric" in found and len(found) > 1 for found in kinds):
            raise SettingsError(
                f"{key} weighs yes/no and category columns beside numbers, and no space here has both; leave it out."
            )


def check_sweep(settings: SweepSettings, features: str) -> Needed:
    """Check the settings of one study; return the columns of the customer table that it needs.

    Parameters
    ----------
    settings : of one study
    features : name of its feature set

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    _check_k(parse_k(settings.k), settings.selection)
    _check_rule(settings.selection)
    check_playbook_of(settings)
    columns = settings.data.columns
    own = declared_features(settings.features, columns, features)
    reference = declared_features(settings.yardstick.features, columns, "of the yardstick")
    fewest, most = settings.selection.fewest_segments, settings.selection.most_segments
    if most is not None and fewest > most:
        raise SettingsError(f"selection.fewest_segments={fewest}: expected at most selection.most_segments={most}.")
    valued = columns_of_repairs(list(dict.fromkeys([*own.valued, *reference.valued])), columns)
    every = columns_of_repairs(list(dict.fromkeys([*own.columns, *reference.columns])), columns)
    return Needed.of(valued, [*valued, *every])


def _check_k(ks: Sequence[int], selection: SelectionSettings) -> None:
    """Refuse a choice among candidates of which none could be chosen, before anything is fitted.

    Raises
    ------
    SettingsError
        Says which key to change.
    """
    if max(ks) < 2:
        raise SettingsError("k holds 1 alone, which leaves nothing to choose between; give k=[2,3,4].")
    most = selection.most_segments
    if most is not None and selection.enforce and min(k for k in ks if k > 1) > most:
        raise SettingsError(
            f"k holds no number up to selection.most_segments={most}, so that no candidate could be chosen; give "
            "smaller k, or selection.most_segments=null."
        )
    if selection.rule == "fixed" and selection.k is not None and selection.k not in ks:
        shown = ", ".join(map(str, ks))
        raise SettingsError(f"selection.k={selection.k} is not among the numbers that are tried: k=[{shown}].")
    if selection.rule != "fixed" and selection.k is not None:
        raise SettingsError(
            f"selection.k={selection.k} is read by selection=fixed alone; add it, or leave selection.k out "
            f"(selection.rule={selection.rule} chooses k by itself)."
        )


#: Settings of a selection that the rule `yardstick` alone reads.
_OF_THE_YARDSTICK = (
    *("rank_by", "natural_min_yardstick_share", "finer_gain", "finer_within"),
    *("stability.short_list", "stability.screening", "stability.confirmed"),
)


def _check_rule(selection: SelectionSettings) -> None:
    """Refuse settings of a selection that its rule does not read.

    Raises
    ------
    SettingsError
        Names the first of them.
    """
    if selection.rule == "yardstick":
        return
    usual = SelectionSettings()
    for name in (*_OF_THE_YARDSTICK, *(["near_tie"] if selection.rule != "fixed" else [])):
        value = attrgetter(name)(selection)
        if value != attrgetter(name)(usual):
            raise SettingsError(
                f"selection.{name}={'null' if value is None else value} has no effect with selection={selection.rule}; "
                "leave it out, or give selection=yardstick."
            )


def never_chosen(settings: SweepSettings) -> str:
    """Sentence on the k that are fitted and can never be chosen; "" where there is none."""
    selection, most = settings.selection, settings.selection.most_segments
    beyond = [k for k in parse_k(settings.k) if most is not None and k > most]
    if not beyond or not selection.enforce or selection.rule == "fixed":
        return ""
    return (
        f"k = {listed(beyond, most=4)} cannot be chosen, because selection.most_segments is {most}; fitted for the "
        "elbow alone."
    )


def check_score(settings: ScoreSettings) -> None:
    """Check what of a scoring needs no data and shows in no single value.

    Raises
    ------
    SettingsError
        One sentence on the first thing that cannot work.
    """
    check_headers(settings.headers)
    check_engine(settings.engine)
    if settings.engine.kind != "local":
        _check_score_there(settings)
    if settings.rejects is not None and not re.search(r"\.(csv|tsv|txt)(\.(gz|zst|bz2))?$", settings.rejects.lower()):
        raise SettingsError(f"rejects={settings.rejects}: expected a name that ends in .csv.")
    places = {key: files_of(value) for key in ("input", "output", "rejects") if (value := getattr(settings, key))}
    if settings.output and settings.engine.kind == "local":
        places["rejects"] = [rejects_of(settings)]
    for key, other in (("input", "output"), ("input", "rejects"), ("output", "rejects")):
        own = places.get(other, [])
        if len(own) == 1 and any(same_file(file, own[0]) for file in places.get(key, [])):
            among = "the same file as" if len(places[key]) == 1 else "one of the files of"
            raise SettingsError(f"{other} is {among} {key}; give it another name.")
    _refuse_among_input(settings)
    output = str(settings.output)
    if settings.spreadsheet_safe_ids and ("://" in output or output.lower().endswith(".parquet")):
        raise SettingsError(
            f"spreadsheet_safe_ids has no effect with output={redact(output)}, which no spreadsheet runs; leave it out."
        )
    usual = ScoreSettings().table
    if settings.table != usual and settings.engine.kind == "local" and "://" not in str(settings.output):
        raise SettingsError(f"table={settings.table} changes nothing: output={settings.output} is not a database.")


def _refuse_among_input(settings: ScoreSettings) -> None:
    """Refuse a place among the files of the input: the next scoring would read it as customers.

    Raises
    ------
    SettingsError
        Names the key and the place.
    """
    here = settings.engine.kind == "local"
    into_database = here and "://" in str(settings.output)
    aside = str(rejects_of(settings)) if here and settings.output else ""
    for key, place in (("output", "" if into_database else settings.output), ("rejects", aside)):
        if settings.input and place and place != "catalog" and would_read(str(settings.input), place):
            raise SettingsError(
                f"{key}={place} would be part of input={settings.input}, whose next scoring would read it as "
                "customers; give it a place elsewhere."
            )


def _check_score_there(settings: ScoreSettings) -> None:
    """Refuse what an engine does not take of a scoring.

    Raises
    ------
    SettingsError
        Names the first of it.
    """
    usual = ScoreSettings()
    if settings.engine.polish_passes:
        raise SettingsError("engine.polish_passes has an effect in a sweep alone: scoring fits nothing; leave it out.")
    reasons = {
        "rejects": "rejected rows are written to the output, with the reason",
        "spreadsheet_safe_ids": "it writes Parquet, which no spreadsheet runs",
    }
    for name in ("rejects", "spreadsheet_safe_ids", "chunk", "sheet"):
        if getattr(settings, name) != getattr(usual, name):
            why = reasons.get(name, "it reads no workbook" if name == "sheet" else "Spark cuts the table")
            raise SettingsError(f"{name} has no effect with engine={settings.engine.kind}: {why}; leave it out.")
    if (settings.input == "catalog") != bool(settings.query):
        raise SettingsError(
            f"engine={settings.engine.kind} reads a query from its catalog: give input=catalog together with "
            "query=SELECT ..., or input=FOLDER alone."
        )
    if re.search(r"\.(csv|tsv|txt|xlsx|gz|zst|bz2)$", str(settings.output).lower()):
        raise SettingsError(
            f"output={settings.output}: engine={settings.engine.kind} writes a folder of Parquet files; give the name "
            "of a folder, such as output=labels."
        )
    if settings.output == "catalog" and settings.engine.remote == "local":
        raise SettingsError(
            "output=catalog with engine.remote=local: the catalog of a Spark started here ends with the command, "
            "and the table with it; give output=FOLDER, or another engine.remote."
        )
    if (settings.output == "catalog") != (settings.table != usual.table):
        raise SettingsError(
            f"engine={settings.engine.kind} writes a table to its catalog: give output=catalog together with "
            "table=NAME, or output=FOLDER alone."
        )


def check_export(settings: ExportSettings) -> None:
    """Refuse a picture of what is a text, and settings that its format does not read.

    Raises
    ------
    SettingsError
        The output is to be a picture, and the format is not that of a tree; or a setting would have no effect.
    """
    if is_picture(settings.output) and settings.format != "rules":
        raise SettingsError(
            f"output={settings.output}: format={settings.format} is a text; give format=rules for a picture of the "
            "tree, or another name."
        )
    if settings.overwrite and settings.output is None:
        raise SettingsError("overwrite=true changes nothing: no file is written; give output=FILE, or leave it out.")
    if settings.id is not None and not settings.id.strip():
        raise SettingsError("id is empty; expected the column that names the customer, or leave it out.")
    unread = ["table", "id"] if settings.format == "rules" else []
    unread += ["dialect", "headers"] if is_picture(settings.output) else []
    usual = ExportSettings()
    for name in unread:
        if getattr(settings, name) != getattr(usual, name):
            what = "a picture of the tree" if name in ("dialect", "headers") else "format=rules"
            raise SettingsError(f"{name}={getattr(settings, name)} has no effect on {what}; leave it out.")


def check_headers(headers: Any) -> None:
    """Refuse what is no mapping of the model's columns to the headers of a table.

    Raises
    ------
    SettingsError
        It is something else.
    """
    if headers is not None and not isinstance(headers, Mapping):
        raise SettingsError(f"headers={headers}: expected pairs such as 'headers={{Total Revenue: revenue}}'.")


def exploration_columns(settings: SweepSettings) -> list[str]:
    """Columns that the exploration reads and the table's contract knows; others are not missed."""
    asked = [
        *(
            column
            for name, spec in settings.exploration.correlate.items()
            for column in parse(spec, where=f"exploration.correlate.{name}").columns
        ),
        *settings.exploration.counts,
        *settings.exploration.bands,
        *(
            column
            for name, spec in settings.hypotheses.variables.items()
            for column in parse(
                {key: value for key, value in spec.items() if key not in ("unit", "about")}
                if isinstance(spec, Mapping)
                else spec,
                where=f"hypotheses.variables.{name}",
            ).columns
        ),
        *(name for test in settings.hypotheses.tests for name in (test["x"], test["y"], *_given(test))),
    ]
    usable = {name for name, spec in settings.data.columns.items() if spec.role is not Role.id}
    return [column for column in dict.fromkeys(asked) if column in usable]


def _given(test: Mapping[str, Any]) -> list[str]:
    given = test.get("given") or []
    return [given] if isinstance(given, str) else [str(name) for name in given]
