"""Page one of the report of the real table: every number of it recomputed with pandas from the file itself."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

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
def html(swept):
    return swept.artifact(swept.runs("sweep")[0], "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html):
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


def _at_stake(customers):
    """Customers who stay, what each brings a month, the rate among all, the amount and its ends: all from the file."""
    stayed = customers[customers["Customer Status"] != "Churned"]
    left, n = len(customers) - len(stayed), len(customers)
    monthly = stayed["Monthly Charge"].sum()
    ends = binomtest(left, n).proportion_ci(method="wilson")
    return len(stayed), monthly / len(stayed), left / n, monthly * left / n, monthly * ends.low, monthly * ends.high


def test_the_interval_of_the_sum_is_that_of_the_file(page, people):
    amounts = np.array([_at_stake(people[people["segment"] == segment])[3:] for segment in range(K)])
    total = amounts[:, 0].sum()
    low = total - np.sqrt(((amounts[:, 0] - amounts[:, 1]) ** 2).sum())
    high = total + np.sqrt(((amounts[:, 2] - amounts[:, 0]) ** 2).sum())
    told = page.replace("\u00a0", " ")
    assert f"(95 % interval {about(low, '$')} to {about(high, '$')})" in told


def test_an_action_counts_the_customers_that_it_is_for(html, people):
    counted = 0
    for segment, card in enumerate(re.findall(r'<article class="card".*?</article>', html, re.S)):
        mine = people[people["segment"] == segment]
        text = re.sub(r"<[^>]*>", "", card).replace("\u00a0", " ").replace("\n", " ")
        groups = [mine]
        if "with Contract Month-to-Month" in text:
            monthly = mine[mine["Contract"] == "Month-to-Month"]
            assert f"For {_at_stake(monthly)[0]:,} customers with Contract Month-to-Month" in text
            groups.append(monthly)
        for group in groups:
            customers, each, rate, amount, low, high = _at_stake(group)
            said = (
                f"{about(amount, '$')} of monthly value (95 % interval {about(low, '$')} to {about(high, '$')}): "
                f"{customers:,} customers × ${each:,.2f} a month × churn rate {percent(rate)} of {len(group):,} "
            )
            assert said.replace("\u00a0", " ") in text
            counted += 1
    assert counted > K  # the segments, and at least one part of one


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
