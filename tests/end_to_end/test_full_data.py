"""Of a Parquet file beyond the limit a sample is fitted, and everybody is assigned: recomputed from file and model."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from batches import stream_customers
from sklearn.metrics import calinski_harabasz_score

from customer_segmentation.commands.main import main
from customer_segmentation.data.load import load_customers
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.settings.data import ColumnSpec, ColumnType, DataSettings, Population, Role
from customer_segmentation.sources.samples.telecom import draw_customers
from customer_segmentation.tracking.machine_facts import whole
from customer_segmentation.tracking.read import full_profile_of
from customer_segmentation.tracking.store import connect


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    frame = draw_customers(5_000, seed=3)
    frame.loc[frame.index % 500 == 7, "Tenure in Months"] = -4  # impossible: rejected
    path = tmp_path_factory.mktemp("everybody") / "customers.parquet"
    frame.to_parquet(path, index=False, row_group_size=900)
    return path, frame


def test_batches_keep_the_rules_of_the_loader(tmp_path):
    frame = pd.DataFrame({"id": [f"C{i}" for i in range(2_500)], "spend": np.arange(2_500.0), "state": "here"})
    frame.loc[::10, "spend"] = -1.0
    frame.loc[::7, "state"] = "gone"
    path = tmp_path / "table.parquet"
    frame.to_parquet(path, row_group_size=400)
    settings = DataSettings(
        path=str(path),
        keep="kept",
        populations={"kept": Population(column="state", exclude=["gone"])},
        max_rejected_share=0.5,
        columns={
            "id": ColumnSpec(role=Role.id, type=ColumnType.text),
            "spend": ColumnSpec(role=Role.numeric, type=ColumnType.number, minimum=0.0),
            "state": ColumnSpec(type=ColumnType.category),
        },
    )
    whole = load_customers(settings, needed=["spend"])
    batches = list(stream_customers(settings, needed=["spend"], batch_rows=300))
    assert len(batches) == 9
    for name, count in whole.accounting().items():
        assert sum(batch.accounting()[name] for batch in batches) == count
    assert pd.concat([batch.customers for batch in batches])["id"].tolist() == whole.customers["id"].tolist()
    aside = pd.concat([batch.rejected for batch in batches])
    assert aside["row"].tolist() == whole.rejected["row"].tolist()


def test_sizes_inertia_and_account_are_those_of_all_rows(orders, tmp_path, monkeypatch, capsys):
    path, frame = orders
    monkeypatch.chdir(tmp_path)
    arguments = ["sweep", "data=telecom", f"data.path={path}", "data.max_rows=1500", "large.batch_rows=700"]
    arguments += ["exploration=none", "hypotheses=none", "tracking.figures=false"]
    code = main([*arguments, "features=value", "scaling=minmax", "k=[2,3]", "selection=fixed", "selection.k=3"])
    assert code == 0
    client = mlflow.MlflowClient("sqlite:///mlflow.db")
    experiment = client.get_experiment_by_name("customer-segmentation").experiment_id
    runs = client.search_runs([experiment])
    study = next(run for run in runs if run.data.tags["level"] == "study")
    candidates = [whole(run) for run in runs if run.data.tags["level"] == "candidate"]
    chosen = next(run for run in candidates if run.data.params["k"] == "3")

    bad = frame["Tenure in Months"] < 0
    kept = frame[~bad & (frame["Customer Status"] != "Churned")]
    counts = {
        name.partition("/")[2]: value for name, value in study.data.metrics.items() if name.startswith("full_data/r")
    }
    assert counts == {
        "rows_read": 5_000,
        "rows_used": len(kept),
        "rows_rejected": int(bad.sum()),
        "rows_not_selected": 5_000 - len(kept) - int(bad.sum()),
    }

    model = load_segment_model(f"runs:/{chosen.info.run_id}/model").model
    labelled = model.predict(kept)
    sizes = labelled.table["segment"].value_counts().sort_index()
    own = pd.read_csv(client.download_artifacts(study.info.run_id, "full_data.csv"))
    own = own[own["k"] == 3]
    assert own["customers"].tolist() == sizes.tolist()
    assert own["share"].sum() == pytest.approx(1)
    page = next(tmp_path.glob("mlartifacts/**/report.html")).read_text(encoding="utf-8")
    assert f"The segments among all {len(kept):,} rows" in page
    assert all(f">{size:,}<" in page for size in sizes)
    worth = kept["Total Revenue"].to_numpy(dtype=float)
    segment = labelled.table["segment"].to_numpy(dtype=int)
    assert own["value"].tolist() == pytest.approx([worth[segment == number].sum() for number in range(3)])
    assert chosen.data.metrics["full_data/inertia"] == pytest.approx(float((labelled.table["distance"] ** 2).sum()))
    means = np.array([worth[segment == number].mean() for number in range(3)])
    explained = 1 - np.square(worth - means[segment]).sum() / np.square(worth - worth.mean()).sum()
    assert chosen.data.metrics["full_data/value_explained"] == pytest.approx(explained)
    assert "All 5,000 rows" in capsys.readouterr().out

    pipeline = load_segment_model(f"runs:/{chosen.info.run_id}/model").model.pipeline
    matrix = np.asarray(pipeline[:-1].transform(kept))
    logged = chosen.data.metrics["full_data/calinski_harabasz"]
    assert logged == pytest.approx(calinski_harabasz_score(matrix, segment), rel=1e-9)
    store = connect("sqlite:///mlflow.db", "customer-segmentation", experiment)
    profile = full_profile_of(store, study.info.run_id)
    profile = profile[profile["k"] == 3].set_index(["variable", "level", "segment"])["value"].sort_index()
    months = kept["Tenure in Months"].groupby(segment).mean()
    assert profile["Tenure in Months", ""].tolist() == pytest.approx(months.tolist(), rel=1e-12)
    contract = kept["Contract"].eq("Two Year").groupby(segment).mean()
    assert profile["Contract", "Two Year"].tolist() == pytest.approx(contract.tolist(), rel=1e-12)
    everybody = frame[~bad]
    churned = (
        everybody["Customer Status"].eq("Churned").groupby(model.predict(everybody).table["segment"].to_numpy(int))
    )
    assert profile["Customer Status", "Churned"].tolist() == pytest.approx(churned.mean().tolist(), rel=1e-12)
    assert "Means and shares among all rows" in page
