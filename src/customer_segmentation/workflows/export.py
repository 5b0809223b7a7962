"""A model in a form that needs no Python: one SELECT."""

from __future__ import annotations

from customer_segmentation.errors import SettingsError
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
    headers = {str(name): str(header) for name, header in (settings.headers or {}).items()}
    dialect = next(known for known in DIALECTS if known == settings.dialect)
    statement = labelling_select(model.model, dialect=dialect, table=settings.table, headers=headers, key=settings.id)
    return f"{SIGNATURE}{_told(model)}\n{statement};\n"


def _told(model: LoadedModel) -> str:
    return " ".join(f"{model.label} ({model.model_id or model.uri})".split())
