"""What `segment score` and `segment serve` say to what cannot work, before any work."""

import pytest

from customer_segmentation.errors import DataError, SettingsError
from customer_segmentation.scoring.columns import contract_of, positions_of

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
        ((*BOTH, "rejects=r.xlsx"), "expected a name that ends in .csv"),
        ((*BOTH, "k=4"), "unknown key 'k'"),
        ((*BOTH, "run_id=1,2"), "there is no store at"),
        ((*BOTH, "model=customer-segmentation"), "Did you mean models:/customer-segmentation@champion?"),
        ((*BOTH, "model=customer-segmentation/v2"), "Did you mean models:/customer-segmentation/2?"),
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
