"""The model as MLflow loads it: this file is copied into every logged model and run by `mlflow.pyfunc.load_model`.

It comes with the modules that it imports (see `model.shipped_code`), so that a scorer needs the model's requirements
and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc.model import PythonModel

from customer_segmentation.model.files import modules_trusted_at_logging, read_model


class SegmentLabels(PythonModel):
    """Raw customers in, under canonical column names; segment, name, distance, margin and reason out."""

    def load_context(self, context: Any) -> None:
        """Read the model's files."""
        folder = Path(context.artifacts["segment_model"])
        # MLflow has run this file by now: who loads a model so trusts all of it
        self._model = read_model(folder, trusted_modules=modules_trusted_at_logging(folder))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002 - the signature of its kind
        """Label customers; one that cannot be labelled gets a null segment and a reason.

        Parameters
        ----------
        context : MLflow's; not read
        model_input : raw customers, one row each, under canonical column names
        params : of a model that reads dates, the ``reference_date`` from which they count
        """
        table = self._model.at((params or {}).get("reference_date")).predict(model_input).table
        # as JSON has them: None where there is nothing, whole numbers where there are
        return pd.DataFrame(
            {name: table[name].astype(object).where(table[name].notna(), None) for name in table}, index=table.index
        )


mlflow.models.set_model(SegmentLabels())
