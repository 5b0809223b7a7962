"""What `segment score` and `segment serve` say to what cannot work, before any work."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring.columns import contract_of, positions_of
from customer_segmentation.scoring.load import load_segment_model
from customer_segmentation.sources.parsing.headers import spellings_of

CONTRACT = {
    "Customer ID": {"type": "text", "role": "id"},
    "Total Revenue": {"type": "number", "role": "value", "synonyms": ["Revenue"]},
    "Tenure in Months": {"type": "integer", "role": "numeric", "synonyms": []},
}
NEEDED = ["Total Revenue", "Tenure in Months"]
BOTH = ("input=a.csv", "output=b.csv")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "input is not set"),
        (("input=a.csv",), "output is not set"),
        ((*BOTH, "columns=some"), "columns=some: expected one of id, all"),
        ((*BOTH, "fail_on_drift=yes"), "expected one of never, watch, refit"),
        ((*BOTH, "chunk=0"), "chunk=0: expected a whole number of at least 1"),
        ((*BOTH, "decimal=;"), "decimal=;"),
        ((*BOTH, "headers=x"), "expected pairs such as"),
        ((*BOTH, "drift=wild"), "there are standard, strict"),
        ((*BOTH, "drift.stability=[0.3,0.1]"), "the second not lower"),
        ((*BOTH, "rejects=b.csv"), "rejects is the same file as output"),
        (("input=a.csv", "output=./a.csv"), "output is the same file as input"),
        (("input=labels_rejected.csv", "output=labels.csv.gz"), "rejects is the same file as input"),
        (("input=t_rejected.csv", "output=sqlite:///crm.db", "table=t"), "rejects is the same file as input"),
        (("input=[b.csv,a.csv]", "output=./a.csv"), "output is one of the files of input"),
        ((*BOTH, "table=labels"), "table=labels changes nothing: output=b.csv is not a database"),
        ((*BOTH, "rejects=r.xlsx"), "expected a name that ends in .csv"),
        ((*BOTH, "k=4"), "unknown key 'k'"),
        ((*BOTH, "run_id=1,2"), "there is no store at"),
        ((*BOTH, "model=customer-segmentation"), "Did you mean models:/customer-segmentation@champion?"),
        ((*BOTH, "model=customer-segmentation/v2"), "Did you mean models:/customer-segmentation/2?"),
        ((*BOTH, "model="), "model is empty, as of a variable that is not set"),
        ((*BOTH, "model=file:///etc"), "given by its path, without file://"),
        ((*BOTH, "model=https://host/m"), "a model is not fetched from a web address"),
        (BOTH, "run `segment sweep` and `segment promote` first"),
    ],
)
def test_score_says_what_is_wrong(segment, words, said):
    assert said in segment("score", *words).sentence


def test_help_names_every_setting(segment):
    said = segment("score", "--help")
    assert said.code == 0
    for word in ("input=", "output=", "columns=all", "fail_on_drift", "drift=", "standard", "strict"):
        assert word in said.out
    assert "port=" in segment("serve", "--help").out


def test_serve_without_a_model_says_so(segment):
    assert "there is no store at" in segment("serve").sentence


def test_headers_are_matched_by_spelling_synonym_and_by_what_the_user_says():
    specs = contract_of(CONTRACT, {})
    found = positions_of(["ID", "REVENUE", "tenure_in_months"], specs, needed=NEEDED, named={}, source="t")
    assert found == {"Total Revenue": 1, "Tenure in Months": 2}
    named = {"Total Revenue": "Umsatz", "Customer ID": "Kunde"}
    specs = contract_of(CONTRACT, named)
    headers = ["Kunde", "Revenue", "Umsatz", "Tenure in Months"]
    found = positions_of(headers, specs, needed=NEEDED, named=named, source="t")
    assert found == {"Tenure in Months": 3, "Total Revenue": 2, "Customer ID": 0}


def test_an_id_that_stands_in_two_columns_is_not_replaced_by_the_number_of_the_row():
    headers = ["Customer ID", "Total Revenue", "Tenure in Months", "customer id"]
    with pytest.raises(DataError, match="2 headers for 'Customer ID'"):
        positions_of(headers, contract_of(CONTRACT, {}), needed=NEEDED, named={}, source="t")


def test_headers_that_do_not_match_are_told_with_what_comes_close():
    with pytest.raises(DataError, match=r"t lacks Total Revenue, .*'headers=\{Total Revenue: Total Revenues\}'"):
        positions_of(
            ["Total Revenues", "Tenure in Months"], contract_of(CONTRACT, {}), needed=NEEDED, named={}, source="t"
        )
    with pytest.raises(DataError, match="2 headers for 'Total Revenue'"):
        positions_of(
            ["Revenue", "total_revenue", "Tenure in Months"],
            contract_of(CONTRACT, {}),
            needed=NEEDED,
            named={},
            source="t",
        )
    with pytest.raises(SettingsError, match="did you mean 'Total Revenue'"):
        contract_of(CONTRACT, {"Total Revenu": "Umsatz"})
    named = {"Total Revenue": "Umsatz"}
    with pytest.raises(DataError, match="has no column 'Umsatz'"):
        positions_of(["a"], contract_of(CONTRACT, named), needed=NEEDED, named=named, source="t")


def test_a_column_of_the_table_is_one_of_the_model():
    def found(named, headers=("Total Revenue", "Tenure in Months", "Customer ID")):
        specs = contract_of(CONTRACT, named)
        spellings_of(specs)  # as a text is opened
        return positions_of(headers, specs, needed=NEEDED, named=named, source="t")

    revenue, tenure = "Total Revenue", "Tenure in Months"
    with pytest.raises(SettingsError, match="'Total Revenue' of t cannot be both 'Tenure in Months' and 'Total Rev"):
        found({tenure: revenue})
    with pytest.raises(SettingsError, match="'Customer ID' of t cannot be both"):
        found({tenure: "Customer ID", revenue: "Customer ID"})
    assert found({tenure: revenue, revenue: tenure}) == {tenure: 0, revenue: 1, "Customer ID": 2}
    assert found({tenure: "Customer ID"}) == {revenue: 0, tenure: 2}, "nobody needs the id"


def dated_members(n=300):
    """Members with dates in several forms; those who came lately come often."""
    generator = np.random.default_rng(3)
    day, often = pd.Timestamp("2024-06-30"), generator.random(n) < 0.5
    seen = np.where(often, generator.integers(0, 20, n), generator.integers(60, 300, n))
    seen[0] = 0
    return pd.DataFrame(
        {
            "Member": [f"M{at}" for at in range(n)],
            "Joined": (day - pd.to_timedelta(seen + generator.integers(30, 900, n), "D")).strftime("%d/%m/%Y"),
            "Last visit": (day - pd.to_timedelta(seen, "D")).strftime("%Y-%m-%d"),
            "Contract end": (day + pd.to_timedelta(generator.integers(-9, 700, n), "D")).strftime("%d %b %Y"),
            "Visits": generator.poisson(np.where(often, 30, 4)),
        }
    )


def test_dates_from_init_to_labels_on_another_day(segment):
    frame = dated_members()
    frame.to_csv("members.csv", index=False)
    said = segment("init", "data.path=members.csv")
    assert said.code == 0, said.error
    features = Path("conf/features/members.yaml").read_text(encoding="utf-8")
    for part in ("{days_since: Joined, unit: days}", "{days_since: Last visit,", "{days_until: Contract end,"):
        assert part in features
    assert 'reference_date: "2024-06-30"' in Path("conf/data/members.yaml").read_text(encoding="utf-8")
    words = (
        "scaling=standard",
        "k=[2]",
        "selection=fixed",
        "selection.k=2",
        "tracking.report=false",
        "tracking.figures=false",
        "quiet=true",
    )
    said = segment("sweep", "experiments=members", "features=members", *words)
    assert said.code == 0, said.error
    said = segment("promote", "force=true", "reason=test", "quiet=true")
    assert said.code == 0, said.error
    later = frame.assign(**{"Last visit": "2024-07-15"})
    later.to_csv("later.csv", index=False)
    said = segment("score", "input=later.csv", "output=refused.csv")
    assert said.code == 1
    assert "300 × Last visit is after 2024-06-30, the reference date" in said.out
    said = segment("score", "input=later.csv", "output=labels.csv", "reference_date=2024-07-15")
    assert said.code == 0, said.error
    model = load_segment_model("models:/customer-segmentation@champion").model
    expected = model.at("2024-07-15").predict(later).table["segment"].tolist()
    assert pd.read_csv("labels.csv")["segment"].tolist() == expected
    assert "Last visit has values that the fit did not" not in said.out, "a date is no word: its days are compared"
    assert segment("score", "input=later.csv", "output=x.csv", "reference_date=15.7.2024").sentence.endswith(
        "reference_date=15.7.2024: expected a date as YYYY-MM-DD, such as 2024-06-30."
    )
    said = segment("sweep", "data.reference_date=2024-06-30", "data=sample").sentence
    assert "is read by columns of type date alone" in said
