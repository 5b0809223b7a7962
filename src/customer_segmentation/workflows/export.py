"""A model in a form that needs no Python: one SELECT, or rules to read."""

from __future__ import annotations

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
    model = loaded(store, settings.model, settings.run_id)
    dialect = next(known for known in DIALECTS if known == settings.dialect)
    headers = {str(name): str(header) for name, header in (settings.headers or {}).items()}
    if settings.format == "rules":
        if not model.model.rules:
            raise StudyError(f"{model.label} has no rules; sweep again, or take format=sql.")
        told = "".join(f"-- {line}".rstrip() + "\n" for line in rules_text(model.model).splitlines())
        case = rules_case(model.model, dialect=dialect, headers=headers)
        return f"{SIGNATURE}{_told(model)}\n{told}{case}\n"
    statement = labelling_select(model.model, dialect=dialect, table=settings.table, headers=headers, key=settings.id)
    return f"{SIGNATURE}{_told(model)}\n{statement};\n"


def _told(model: LoadedModel) -> str:
    return " ".join(f"{model.label} ({model.model_id or model.uri})".split())
