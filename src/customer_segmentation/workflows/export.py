"""A model in a form that needs no Python: one SELECT, or rules to read."""

from __future__ import annotations

import io
from dataclasses import replace

from customer_segmentation.errors import SettingsError, StudyError
from customer_segmentation.model.rules import rules_case, rules_text
from customer_segmentation.model.sql import labelling_select
from customer_segmentation.scoring.load import LoadedModel, loaded
from customer_segmentation.settings.export import DIALECTS, ExportSettings
from customer_segmentation.tracking.store import Store

#: With what every export begins, by which a later one knows that it may replace the file.
SIGNATURE = "-- segment export: "


def export_model(settings: ExportSettings, store: Store) -> str:
    """Text of a model in the format that is asked for.

    Parameters
    ----------
    settings : ExportSettings
    store : Store

    Raises
    ------
    SegmentError
        There is no such model, or it has no such form.
    """  # noqa: DOC501 - raised again as it came
    if settings.format == "onnx":
        raise SettingsError(
            "format=onnx: there is no exact form. ONNX computes K-means in single precision, so that customers near a "
            "border change their segment, and it reads no blanks, yes/no and categories as people write them and gives "
            "no reasons; take format=sql, or `segment score`."
        )
    model = _model_of(settings, store)
    dialect = next(known for known in DIALECTS if known == settings.dialect)
    headers = {str(name): str(header) for name, header in (settings.headers or {}).items()}
    head = _comment(f"{SIGNATURE}{_told(model)}\n", dialect)
    if settings.format == "rules":
        _with_rules(model)
        told = "".join(f"-- {line}".rstrip() + "\n" for line in rules_text(model.model).splitlines())
        case = rules_case(model.model, dialect=dialect, headers=headers)
        return _whole(f"{head}{_comment(told, dialect)}{case}\n", model)
    statement = labelling_select(model.model, dialect=dialect, table=settings.table, headers=headers, key=settings.id)
    return _whole(f"{head}{statement};\n", model)


def _whole(text: str, model: LoadedModel) -> str:
    """The text, if programs read all of it: psql and sqlite3 drop a line's end from a NUL on, and quotes with it.

    Raises
    ------
    StudyError
        A name or a category holds one: what another holds would be run as a statement.
    """
    if "\0" in text:
        raise StudyError(
            f"a name or a text of {model.label} holds the character NUL, at which psql cuts a line off and runs what "
            "is left; name its segments and categories otherwise, or label with `segment score`."
        )
    return text


def export_picture(settings: ExportSettings, store: Store) -> bytes:
    """The tree of a model's rules as an image, in the format that the name of the output ends in.

    Parameters
    ----------
    settings : ExportSettings
    store : Store

    Raises
    ------
    SegmentError
        There is no such model, or it has no rules.
    """
    from matplotlib import rc_context

    from customer_segmentation.figures.rules import rules_tree

    model = _with_rules(_model_of(settings, store))
    names = [model.model.name_of(number) for number in model.model.numbers]
    figure = rules_tree(model.model.rules, names, f"The segments of {model.label} as questions")
    kind = str(settings.output).lower().rpartition(".")[2]
    metadata = {"Description": f"{SIGNATURE}{_told(model)}", **({"Date": None} if kind == "svg" else {})}
    buffer = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "rules"}):
        figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def _model_of(settings: ExportSettings, store: Store) -> LoadedModel:
    """The model that is asked for, its dates counted to the day that is asked for."""
    model = loaded(store, settings.model, settings.run_id)
    return replace(model, model=model.model.at(settings.reference_date))


def _with_rules(model: LoadedModel) -> LoadedModel:
    """The model, if it has rules.

    Raises
    ------
    StudyError
        It has none.
    """
    if not model.model.rules:
        raise StudyError(f"{model.label} has no rules; sweep again, or take format=sql.")
    return model


def _comment(text: str, dialect: str) -> str:
    """A comment in which Spark finds no variable, whose value would stand there."""
    return text.replace("${", "$ {") if dialect == "spark" else text


def _told(model: LoadedModel) -> str:
    day = model.model.reference_date
    dates = "" if day is None else f"; dates count from {day}, reference_date={day}"
    return " ".join(f"{model.label} ({model.model_id or model.uri}){dates}".split())
