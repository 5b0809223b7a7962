"""Page one of the report of the real table: every number of it recomputed with pandas from the file itself."""

import re

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.formatting import percent
from customer_segmentation.segments.stakes import about

K = 4
FEATURES = ["Number of Referrals", "Tenure in Months", "Total Revenue"]


@pytest.fixture(scope="module")
def swept(run_here, telecom, tmp_path_factory):
    words = (
        "sweep",
        "data=telecom",
        f"data.path={telecom}",
        "features=value",
        "scaling=minmax",
        f"k={K}",
        "quiet=true",
    )
    ran = run_here(*words, folder=tmp_path_factory.mktemp("front"))
    assert ran.code == 0, ran.error
    return ran


@pytest.fixture(scope="module")
def page(swept):
    html = swept.artifact(swept.runs("sweep")[0], "report.html").read_text(encoding="utf-8")
    return re.search(r'<section id="front".*?</section>', html, re.S)[0]


@pytest.fixture(scope="module")
def people(swept, telecom):
    """All customers of the file with their segment: as logged, and those who left by the nearest centre."""
    table = pd.read_csv(telecom)
    stayed = table[table["Customer Status"] != "Churned"].copy()
    study = swept.runs("study")[0].info.run_id
    labels = pd.read_parquet(swept.store.client.download_artifacts(study, "labels.parquet"))
    stayed["segment"] = labels[f"k{K}"].to_numpy()
    left = table[table["Customer Status"] == "Churned"].copy()
    low, high = stayed[FEATURES].min(), stayed[FEATURES].max()
    centres = ((stayed[FEATURES] - low) / (high - low)).groupby(stayed["segment"]).mean().to_numpy()
    points = ((left[FEATURES] - low) / (high - low)).to_numpy()
    left["segment"] = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    both = pd.concat([stayed, left])
    charge = both["Monthly Charge"]
    both["Monthly Charge"] = charge.where(charge >= 0, both["Total Charges"] / both["Tenure in Months"])
    return both


def _tiles(page):
    return re.findall(r'<a class="tile".*?</a>', page, re.S)


def _facts(tile):
    found = re.findall(r'<span class="fact"><b>(.*?)</b> <small>(.*?)</small>', tile)
    return {label: text for text, label in found}


def test_every_number_of_a_tile_is_one_of_the_file(page, people):
    current = people[people["Customer Status"] != "Churned"]
    total = 0.0
    assert len(_tiles(page)) == K
    for segment, tile in enumerate(_tiles(page)):
        mine, all_mine = current[current["segment"] == segment], people[people["segment"] == segment]
        rate = (all_mine["Customer Status"] == "Churned").mean()
        at_stake = mine["Monthly Charge"].sum() * rate
        total += at_stake
        assert _facts(tile) == {
            "customers": f"{len(mine):,} ({percent(len(mine) / len(current))})",
            "of Total Revenue": percent(mine["Total Revenue"].sum() / current["Total Revenue"].sum()),
            "churn rate": percent(rate),
            "of monthly value at stake": about(at_stake, "$"),
        }
        assert re.search(r"First action</small> \w", tile)
    assert f"together {about(total, '$')} of monthly value" in page.replace("\n", " ")
    assert "observed over a quarter" in page


def test_who_is_worth_keeping_is_counted_in_the_file(page, people):
    current = people[people["Customer Status"] != "Churned"]
    means = current.groupby("segment")["Total Revenue"].mean()
    worth = means[means > current["Total Revenue"].mean()].sort_values(ascending=False).index
    kept = current[current["segment"].isin(worth)]
    share = percent(kept["Total Revenue"].sum() / current["Total Revenue"].sum())
    assert f"These {len(kept):,} customers ({percent(len(kept) / len(current))} of all) account for {share}" in page
    assert "segments/customers.csv" in page


def test_the_first_page_has_no_number_that_is_not_checked(page, people):
    text = re.sub(r"<[^>]*>", " ", page)
    numbers = set(re.findall(r"\$[\d,]+|[\d.]+\u00a0%|\d{1,3}(?:,\d{3})+", text))
    told = " ".join(" ".join(_facts(tile).values()) for tile in _tiles(page))
    rest = {number for number in numbers if number not in told}
    current = people[people["Customer Status"] != "Churned"]
    assert f"{len(current):,}" in rest
    assert len(rest) <= 8  # all customers; the customers worth keeping, two shares; the sum, its interval
    assert np.isfinite(current["Monthly Charge"]).all()
