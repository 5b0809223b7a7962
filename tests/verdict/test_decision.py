"""The rule as a whole, with figures that are given instead of measured."""

import json

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.verdict.constraints import Limits, size_violations
from customer_segmentation.verdict.decision import Budget, Evaluator, decide
from customer_segmentation.verdict.other_k import compared_k
from customer_segmentation.verdict.record import verdict_record
from customer_segmentation.verdict.selection import Rule
from customer_segmentation.verdict.structure import StudyStructure, across
from customer_segmentation.verdict.text import wording


def switching(share, low, high):
    return {"switching": share, "switching_low": low, "switching_high": high}


STEADY = {
    "rand": 0.98,
    "rand_worst": 0.95,
    "switching": 0.0,
    "switching_low": 0.0,
    "switching_high": 0.11,
    "prediction_strength": 0.93,
}
FLIPPING = {
    "rand": 0.94,
    "rand_worst": 0.55,
    "switching": 0.4,
    "switching_low": 0.25,
    "switching_high": 0.58,
    "prediction_strength": 0.85,
}


def board(*rows):
    """Rows of study, k, sizes and yardstick."""
    frame = pd.DataFrame(rows, columns=["study", "k", "sizes", "yardstick"])
    sizes = [[int(size) for size in text.split(", ")] for text in frame["sizes"]]
    return frame.assign(
        smallest_share=[min(found) / sum(found) for found in sizes],
        silhouette=0.4,
        value_explained=0.5,
        natural=False,
        verdict="qualified",
        value_circular=True,
        run_id=[f"run{number}" for number in range(len(frame))],
    )


def evaluator(separation=None, first=None, confirmed=None, asked=None):
    """Figures by index label; steady and equally separated where none are given."""

    def measured(given, prefix, name):
        def of(index):
            if asked is not None:
                asked.append((name, index))
            return {f"{prefix}_{key}": value for key, value in (given or {}).get(index, STEADY).items()}

        return of

    return Evaluator(
        separation=lambda indices: {i: (separation or {}).get(i, 0.4) for i in indices},
        explained=lambda index: (0.97, ["tenure", "revenue"]),
        screening=lambda indices: {i: measured(first, "screening", "first look")(i) for i in indices},
        confirm=measured(confirmed, "stability", "confirmed"),
    )


ROWS = (
    ("a · standard", 3, "500, 300, 200", 1.0),
    ("a · standard", 4, "400, 300, 200, 100", 1.0),
    ("b · minmax", 4, "900, 80, 15, 5", 0.99),
    ("b · minmax", 2, "600, 400", 0.7),
)


def told(decision, rule, structures=()):
    words = wording(decision, rule, structures, value="Revenue")
    return words, verdict_record(decision, rule, words, structures, value="Revenue")


def test_constraints_then_yardstick_then_separation():
    decision = decide(board(*ROWS), Rule(), evaluator(separation={1: 0.5}), Budget())
    assert (decision.chosen, decision.runner_up) == (1, 0)
    assert decision.ruled_out[2].code == "small_segment"
    assert (
        "segments 2 and 3 have 15 and 5 of 1,000 customers (1.5\u00a0% and 0.5\u00a0%)"
        in decision.ruled_out[2].sentence
    )
    words, verdict = told(decision, Rule())
    assert verdict["decided_by"] == "separation"
    assert verdict["tie"] == "clear"
    assert verdict["ruled_out"]["counts"] == {"small_segment": 1}
    assert any(reason.startswith("Ruled out: 1 of 4 candidates, 1 for a segment too small") for reason in words.reasons)
    assert any("circular" in reason for reason in words.reasons)
    json.dumps(verdict, allow_nan=False)


def test_a_flip_rules_out_at_the_screening_or_at_the_confirmation():
    for given in ({"first": {1: FLIPPING}}, {"confirmed": {1: FLIPPING}}):
        decision = decide(board(*ROWS), Rule(), evaluator(separation={1: 0.5}, **given), Budget())
        assert decision.chosen == 0
        assert decision.ruled_out[1].code == "unstable"
        assert "switches" in decision.ruled_out[1].sentence
        words, _ = told(decision, Rule())
        assert any("a · standard · k=4: it switches" in reason for reason in words.reasons)


def test_stability_is_spent_on_the_short_list_alone():
    asked = []
    decide(board(*ROWS), Rule(), evaluator(asked=asked), Budget(short_list=2, confirmed=1))
    assert [name for name, _ in asked].count("first look") == 2
    assert [name for name, _ in asked].count("confirmed") == 1


def test_near_ties_are_said():
    decision = decide(board(*ROWS), Rule(), evaluator(), Budget())
    words, verdict = told(decision, Rule())
    assert decision.chosen == 0  # fewer segments
    assert verdict["tie"] == "near_tie"
    assert verdict["near_ties"] == ["a · standard · k=4"]
    assert words.of_tie.startswith("A near tie")
    assert words.of_tie in words.reasons


def test_natural_structure_goes_first_unless_it_is_worth_little():
    rows = board(*ROWS)
    rows.loc[3, "natural"] = True
    assert decide(rows, Rule(), evaluator(), Budget()).chosen == 3
    assert decide(rows, Rule(natural_min_yardstick_share=0.8), evaluator(), Budget()).chosen == 0


def test_where_nothing_is_stable_the_steadiest_is_offered_under_reserve():
    worse = {
        "rand": 0.7,
        "rand_worst": 0.4,
        "switching": 1.0,
        "switching_low": 0.9,
        "switching_high": 1.0,
        "prediction_strength": 0.5,
    }
    decision = decide(board(*ROWS), Rule(), evaluator(first={0: FLIPPING, 1: worse, 3: worse}), Budget())
    assert decision.chosen == 0
    assert not decision.steady
    words, verdict = told(decision, Rule())
    assert verdict["chosen"]["violations"][0]["code"] == "unstable"
    assert verdict["certainty"]["word"] == "low"
    assert any("with reservations" in reason for reason in words.reasons)
    assert "Stability alone decides, because no candidate is stable." in words.reasons
    assert not any("near ties" in reason for reason in words.reasons), "yardsticks were not asked"
    beside = [reason for reason in words.reasons if reason.startswith("Why ")]
    assert beside
    assert all("no candidate is stable, and" in reason for reason in beside)


def test_where_nobody_qualifies_nobody_is_chosen():
    rule = Rule(limits=Limits(smallest_share=0.5))
    decision = decide(board(*ROWS), rule, evaluator(), Budget())
    words, verdict = told(decision, rule)
    assert verdict["chosen"] is None
    assert verdict["structure"] == "no choice"
    assert "nearest miss is b · minmax · k=2" in words.reasons[0]


def test_a_fixed_k_keeps_its_choice_and_says_what_speaks_against_it():
    rule = Rule(rule="fixed", k=4, enforce=False)
    decision = decide(board(ROWS[2]), rule, evaluator(confirmed={0: FLIPPING}), Budget())
    assert decision.chosen == 0
    assert [violation.code for violation in decision.violations] == ["small_segment", "unstable"]
    words, _ = told(decision, rule)
    assert any("is not a valid choice" in reason and "15 and 5" in reason for reason in words.reasons)


@pytest.mark.parametrize("name", ["silhouette", "elbow"])
def test_the_naive_rules_say_that_they_are_naive(name):
    rows = board(*ROWS).assign(knee=[4.0, 4.0, 2.0, 2.0])
    rows.loc[3, "silhouette"] = 0.9
    rule = Rule(rule=name, enforce=False)
    decision = decide(rows, rule, evaluator(), Budget())
    assert decision.chosen == 3
    words, _ = told(decision, rule)
    assert any("naive" in reason for reason in words.reasons)


@pytest.mark.parametrize(
    "rows",
    [
        board(("a", 1, "10", np.nan)),
        board(("a", 2, "6, 4", np.nan), ("a", 3, "4, 3, 3", np.nan)),
    ],
)
@pytest.mark.parametrize("rule", [Rule(), Rule(rule="silhouette", enforce=False), Rule(rule="elbow", enforce=False)])
def test_little_is_known(rows, rule):
    _, verdict = told(decide(rows, rule, evaluator(), Budget()), rule)
    json.dumps(verdict, allow_nan=False)
    assert (verdict["chosen"] is None) == (len(rows) == 1 or rule.rule == "elbow")


def test_sizes_at_the_limit_are_no_violation():
    assert size_violations([90, 10], Limits()) == []
    assert size_violations([950, 50], Limits()) == []


def structure(study, word, k_star=1):
    return StudyStructure(study, word, k_star, k_star, k_star, 4, (k_star, k_star), "sure", 0.97, "Text.", {})


def test_structure_survives_the_tags_and_is_told_across_studies():
    from customer_segmentation.verdict.structure import from_tags

    one = structure("a", "natural", 3)
    tags = {name: str(value) for name, value in one.tags().items() if value is not None}
    assert from_tags("a", tags) == one
    assert from_tags("a", {}) is None
    assert across([structure("a", "none"), structure("b", "none")]).endswith("no natural structure in all.")
    assert "natural structure in 1: a (3)" in across([one, structure("b", "none")])


def test_why_this_k_and_not_the_next_is_told_in_figures():
    rows = (("a · standard", 3, "500, 300, 200", 1.0), ("a · standard", 4, "400, 300, 200, 100", 0.995))
    tied = decide(board(*rows), Rule(), evaluator(), Budget())
    assert tied.chosen == 0
    sentences = told(tied, Rule())[0].reasons
    assert any(sentence.endswith("Fewer segments decide: 3 against 4.") for sentence in sentences)
    beside = next(sentence for sentence in sentences if sentence.startswith("Why 3 and not 4 in the same space"))
    assert "near ties (within 0.01) in every criterion, and of near ties fewer segments decide" in beside
    assert "Yardstick 0.995 against 1.000" in beside
    assert "smallest share 0.100 against 0.200" in beside
    clear = decide(board(*rows), Rule(), evaluator(separation={1: 0.5}, confirmed={0: FLIPPING}), Budget())
    assert clear.chosen == 1
    sentences = told(clear, Rule())[0].reasons
    assert not any("Fewer segments" in sentence for sentence in sentences)
    beside = next(sentence for sentence in sentences if sentence.startswith("Why 4 and not 3 in the same space"))
    assert "3 is ruled out, because" in beside
    behind = decide(board(*rows), Rule(), evaluator(separation={0: 0.5, 1: 0.45}), Budget())
    words = told(behind, Rule())[0]
    beside = words.of_other_k[4]
    assert beside in words.reasons
    assert beside.startswith("Why 3 and not 4")
    assert "in separation in the reference space 4 is more than 0.01 behind the best, 0.500" in beside


@pytest.mark.parametrize(
    ("ks", "out", "chosen", "compared"),
    [
        ((2, 3, 4, 5, 6), (), 4, [2, 4, 6]),
        ((2, 3, 4, 5, 6), (), 2, [2, 4, 6]),
        ((2, 3, 4, 5, 6), (5,), 3, [2, 3, 4]),
        ((2, 3, 4, 5, 6), (2, 6), 4, [3, 4, 5]),
        ((3,), (), 3, [3]),
    ],
)
def test_beside_the_chosen_k_stand_a_coarser_and_a_finer_one_that_qualify(ks, out, chosen, compared):
    found = board(*(("a", k, "500, 500", 1.0) for k in ks), ("b", chosen, "500, 500", 1.0))
    found.loc[found["k"].isin(out), "verdict"] = "ruled_out:small_segment"
    picked = compared_k(found, int(found.index[found["k"] == chosen][0]))
    assert [int(found["k"][index]) for index in picked] == compared
    assert set(found["study"][picked]) == {"a"}


def test_two_segments_that_are_not_natural_give_way_to_finer_ones_that_explain_more():
    rows = board(("a", 2, "600, 400", 0.96), ("a", 4, "400, 300, 200, 100", 0.93)).assign(value_explained=[0.4, 0.7])
    finer = decide(rows, Rule(), evaluator(), Budget())
    assert (finer.chosen, finer.instead_of, finer.runner_up) == (1, 0, 0)
    reason = next(text for text in told(finer, Rule())[0].reasons if text.startswith("Two segments ranked first"))
    assert "70.0 % of the value against 40.0 %" in reason.replace("\u00a0", " ")
    assert decide(rows.assign(natural=[True, False]), Rule(), evaluator(), Budget()).chosen == 0
    assert decide(rows.assign(value_explained=[0.4, 0.45]), Rule(), evaluator(), Budget()).chosen == 0
    assert decide(rows, Rule(), evaluator(confirmed={1: FLIPPING}), Budget()).chosen == 0
    assert decide(rows, Rule(finer_within=0.01), evaluator(), Budget()).chosen == 0
    assert decide(rows, Rule(finer_gain=None), evaluator(), Budget()).chosen == 0


def test_finer_ones_that_the_budget_left_waiting_are_confirmed_before_two_segments_are_taken():
    even = [("a", 2, "600, 400", 0.98), ("b", 2, "600, 400", 0.97), ("c", 2, "600, 400", 0.96)]
    finer = [("a", 4, "400, 300, 200, 100", 0.94), ("b", 5, "300, 300, 200, 100, 100", 0.94)]
    rows = board(*even, *finer).assign(value_explained=[0.4, 0.4, 0.4, 0.7, 0.7])
    small = Budget(confirmed=2)
    found = decide(rows, Rule(), evaluator(), small)
    assert (found.chosen, found.instead_of) == (3, 0)
    assert found.confirmed == [0, 1, 3]
    other = decide(rows, Rule(), evaluator(confirmed={3: FLIPPING}), small)
    assert (other.chosen, other.confirmed) == (4, [0, 1, 3, 4])
    assert 3 in other.ruled_out
    none = decide(rows, Rule(), evaluator(confirmed={3: FLIPPING, 4: FLIPPING}), small)
    assert (none.chosen, none.instead_of) == (0, None)


@pytest.mark.parametrize(
    ("k_star", "said", "unsaid"),
    [
        (2, "the structure test finds 2 clusters in this space, not 3", "does not take"),
        (3, "the structure test does not take these segments for natural groups", "not 3"),
    ],
)
def test_where_the_clusters_are_as_many_as_the_segments_no_other_number_is_told(k_star, said, unsaid):
    rows = board(("a · standard", 3, "500, 300, 200", 1.0)).assign(natural=[False])
    decision = decide(rows, Rule(), evaluator(), Budget())
    words, _ = told(decision, Rule(), [structure("a · standard", "natural", k_star)])
    assert said in words.headline
    assert unsaid not in words.headline
