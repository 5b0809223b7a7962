"""A model of the built-in sample, its customers as a file would have them, and a way to score a file of any kind."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from customer_segmentation.config.checks import check_plan
from customer_segmentation.config.compose import plan
from customer_segmentation.model.build import segment_model_of
from customer_segmentation.model.segment_model import SegmentModel
from customer_segmentation.scoring.columns import contract_of
from customer_segmentation.scoring.outputs import Output
from customer_segmentation.scoring.score import Comparison, Scored, score
from customer_segmentation.settings.data import DataSettings
from customer_segmentation.sources.open import open_source
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.workflows.study import compute
from customer_segmentation.workflows.study_spec import spec_of

FEATURES = ["features=value", "+features.columns.contract=Contract"]


@dataclass
class Result:
    done: Scored
    labels: pd.DataFrame
    rejects: pd.DataFrame
    comparison: Comparison


@pytest.fixture(scope="session")
def raw() -> pd.DataFrame:
    """All customers of the sample, those who churned too, every cell as text."""
    return draw_customers(800, seed=2022).astype(str).replace("nan", "")


@pytest.fixture(scope="session")
def model() -> SegmentModel:
    asked = plan("sweep", ["data.customers=800", "k=[4]", *FEATURES])
    spec = spec_of(asked.compose_job(asked.jobs[0], 0), ())
    made = compute(spec, check_plan(asked))
    return segment_model_of(
        made.study.candidates[0],
        made.space,
        made.customers.table,
        study=spec.name,
        data=spec.settings.data,
        selection=spec.settings.selection,
    )


@pytest.fixture
def score_file(model, tmp_path):
    def run(path, *, output: str = "labels.csv", columns: str = "id", size: int = 100, **settings) -> Result:
        headers = settings.pop("headers", {})
        specs = contract_of(model.contract, headers)
        source = open_source(DataSettings(path=str(path), columns=specs, **settings))
        target, rejects = tmp_path / output, tmp_path / "rejects.csv"
        for earlier in (target, rejects):
            earlier.unlink(missing_ok=True)
        comparison = Comparison(model)
        done = score(
            model,
            source,
            Output(target, overwrite=False),
            Output(rejects, overwrite=False, key="rejects"),
            comparison,
            specs=specs,
            headers=headers,
            columns=columns,
            size=size,
        )
        assert not list(Path(tmp_path).glob(".*.part")), "nothing is left aside"
        return Result(
            done,
            read(target) if done.scored else pd.DataFrame(columns=["Customer ID", "segment"]),
            read(rejects) if rejects.exists() else pd.DataFrame(),
            comparison,
        )

    return run


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".xlsx":
        return pd.read_excel(path, engine="openpyxl")
    return pd.read_csv(path, dtype={"Customer ID": str}, keep_default_na=False)
