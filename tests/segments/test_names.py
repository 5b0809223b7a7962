from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from customer_segmentation.config.paths import shipped_root
from customer_segmentation.config.playbook_file import _read
from customer_segmentation.segments.names import AVERAGE, carry_names, name_segments
from customer_segmentation.segments.profile import profile_segments
from customer_segmentation.segments.recommendations import AVERAGE as AS_AVERAGE
from customer_segmentation.segments.recommendations import recommend
from customer_segmentation.segments.variables import describe_columns
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.settings.playbook import ActionSettings, NameSettings, PlaybookSettings, TraitSettings

TELECOM = {
    "Tenure in Months": ColumnSpec(type=ColumnType.integer, role=Role.numeric, unit="months"),
    "Number of Referrals": ColumnSpec(type=ColumnType.integer, role=Role.numeric, unit="referrals"),
    "Monthly Charge": ColumnSpec(type=ColumnType.number, role=Role.numeric, unit="$/month"),
    "Total Revenue": ColumnSpec(type=ColumnType.number, role=Role.value, unit="$"),
    "Contract": ColumnSpec(
        type=ColumnType.category, role=Role.categorical, values=["Month-to-Month", "One Year", "Two Year"]
    ),
    "Customer Status": ColumnSpec(type=ColumnType.category, role=Role.outcome, event_values=["Churned"]),
}


def draw(seed: int, k: int):
    """Customers and segments of any kind: each column leans by segment as much as chance has it."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 300, k)
    labels = np.repeat(np.arange(k), sizes)
    n = len(labels)

    def lean(scale):
        return (rng.normal(0, scale, k))[labels]

    frame = pd.DataFrame(
        {
            "Tenure in Months": np.clip(np.round(35 + 20 * lean(0.8) + rng.normal(0, 10, n)), 1, 72),
            "Number of Referrals": rng.poisson(np.exp(lean(1.0))).astype(float),
            "Monthly Charge": np.clip(65 + 20 * lean(0.7) + rng.normal(0, 15, n), 18, 120),
            "Total Revenue": np.exp(7 + lean(0.8) + rng.normal(0, 0.5, n)),
            "Contract": rng.choice(["Month-to-Month", "One Year", "Two Year"], n),
            "Customer Status": np.where(rng.random(n) < 1 / (1 + np.exp(1 - lean(1.2))), "Churned", "Stayed"),
        }
    )
    frame.loc[rng.random(n) < 0.02, "Total Revenue"] = np.nan
    return frame, labels


def profiled(frame, labels):
    return profile_segments(describe_columns(frame, frame.head(0), TELECOM), labels)


def test_where_few_have_most_of_the_value_its_multiple_counts():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 400)
    frame, _ = draw(0, 2)
    frame = pd.concat([frame] * (800 // len(frame) + 1), ignore_index=True).head(800)
    frame["Total Revenue"] = np.exp(rng.normal(np.where(labels == 1, 6.0, 4.6), 1.4))
    mean = frame["Total Revenue"].groupby(labels).mean()
    assert (mean[1] - mean[0]) / 2 < 0.5 * frame["Total Revenue"].std()
    names = name_segments(profiled(frame, labels), _read("generic"))
    assert "modest value" in names[0].name.lower()
    assert "high value" in names[1].name.lower()


def figures(frame, labels, segment, claim):
    """Mean or share of the segment and of all, from the frame alone."""
    column = frame[claim.variable]
    known = column.notna().to_numpy()
    values = column[known].astype(float) if claim.measure == "mean" else (column[known] == claim.level).astype(float)
    inside = labels[known] == segment
    return values[inside].mean(), values.mean(), values.std(ddof=0)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("playbook", ["telecom", "generic"])
def test_every_claim_is_what_the_customers_show(seed, playbook):
    frame, labels = draw(seed, 2 + seed % 6)
    profiles, book = profiled(frame, labels), _read(playbook)
    names = name_segments(profiles, book)
    assert len({name.name for name in names}) == profiles.k
    said = [(name.segment, claim) for name in names for claim in name.claims]
    said += [(item.segment, claim) for item in recommend(profiles, book) for claim in item.because]
    for segment, claim in said:
        value, overall, spread = figures(frame, labels, segment, claim)
        assert claim.value == pytest.approx(value)
        if not claim.told_from:
            assert claim.against == pytest.approx(overall)
            assert claim.direction == ("above" if value > overall else "below")
            trait = book.traits.get(claim.trait)
            distance = (value - overall) / (spread if claim.measure == "mean" else 1)
            if trait is not None and trait.above is not None:
                assert distance >= trait.above - 1e-9 or (trait.times and value >= trait.times * overall)
                assert claim.effect_low > 0
            if trait is not None and trait.below is not None:
                assert distance <= -trait.below + 1e-9 or (trait.times and value <= overall / trait.times)
                assert claim.effect_high < 0
            if trait is not None and trait.at_most is not None:
                assert value <= trait.at_most
        else:
            others = [figures(frame, labels, other, claim)[0] for other in claim.told_from]
            assert all(value > other if claim.direction == "above" else value < other for other in others)
    for name in names:
        rule = next((rule for rule in book.names if rule.name == name.rule), None)
        if rule is not None:
            assert name.name.startswith(rule.name)
            assert {claim.trait for claim in name.claims} >= set(rule.when)
        if name.name == AVERAGE:
            assert not name.traits


@pytest.mark.parametrize("seed", range(6))
def test_names_follow_the_customers_not_the_numbers_or_the_order(seed):
    frame, labels = draw(seed, 5)
    book = _read("telecom")
    before = name_segments(profiled(frame, labels), book)
    actions = recommend(profiled(frame, labels), book)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        order, numbers = rng.permutation(len(frame)), rng.permutation(5)
        profiles = profiled(frame.iloc[order].reset_index(drop=True), numbers[labels[order]])
        again = name_segments(profiles, book)
        assert [again[numbers[name.segment]].name for name in before] == [name.name for name in before]
        found = {(item.segment, item.action) for item in recommend(profiles, book)}
        assert found == {(numbers[item.segment], item.action) for item in actions}


def test_segments_of_one_name_are_told_apart_by_what_differs_most():
    book = PlaybookSettings(
        traits={"rich": TraitSettings(role="value", above=0.1)}, names=[NameSettings("Rich", when=["rich"])]
    )
    frame, _ = draw(0, 4)
    labels = np.arange(len(frame)) % 4
    frame["Total Revenue"] = np.where(labels < 2, 5000.0, 100.0) + np.arange(len(frame)) % 7
    frame["Tenure in Months"] = np.where(labels == 0, 60.0, 20.0) + np.arange(len(frame)) % 5
    names = name_segments(profiled(frame, labels), book)
    assert names[0].name == "Rich, higher Tenure in Months"
    assert names[1].name == "Rich, lower Tenure in Months"
    assert names[0].claims[-1].told_from == (1,)
    assert "against 22.0 of the other “Rich”" in names[0].claims[-1].text


def test_twins_get_names_of_their_own():
    frame = pd.DataFrame({"Total Revenue": np.tile([1.0, 2.0, 3.0], 8)})
    labels = np.repeat(np.arange(4), 6)
    profiles = profile_segments(
        describe_columns(frame, frame.head(0), {"Total Revenue": TELECOM["Total Revenue"]}), labels
    )
    names = name_segments(profiles, _read("generic"))
    assert len({name.name for name in names}) == 4
    assert all(name.name.startswith(AVERAGE) for name in names)


def test_a_name_is_carried_while_it_holds_and_else_changed_with_the_reason():
    frame, labels = draw(3, 4)
    book = _read("telecom")
    before = name_segments(profiled(frame, labels), book)
    numbers = np.array([2, 3, 1, 0])
    same, changes = carry_names(before, {int(numbers[s]): s for s in range(4)}, profiled(frame, numbers[labels]), book)
    assert [same[numbers[name.segment]].name for name in before] == [name.name for name in before]
    assert not changes

    named = next(name for name in before if any(claim.variable == "Total Revenue" for claim in name.claims))
    later = frame.copy()
    inside = labels == named.segment
    later.loc[inside, "Total Revenue"] = frame["Total Revenue"].mean()
    names, changes = carry_names(before, {s: s for s in range(4)}, profiled(later, labels), book)
    assert [change.segment for change in changes] == [named.segment]
    assert changes[0].before == named.name != changes[0].after == names[named.segment].name
    assert "no longer holds: Total Revenue" in changes[0].why
    assert len({name.name for name in names}) == 4


def test_a_name_that_a_changed_playbook_takes_away_is_not_blamed_on_the_data():
    frame, labels = draw(3, 4)
    book, profiles = _read("telecom"), profiled(frame, labels)
    before = name_segments(profiles, book)
    named = next(name for name in before if any(claim.trait in book.traits for claim in name.claims))
    trait = next(claim.trait for claim in named.claims if claim.trait in book.traits)
    asks_more = replace(book, traits={**book.traits, trait: replace(book.traits[trait], above=90.0, at_least=None)})
    has_none = replace(book, traits={key: value for key, value in book.traits.items() if key != trait}, names=[])
    for changed, why in ((asks_more, "the playbook asks for more to say"), (has_none, "the playbook no longer has")):
        _, changes = carry_names(before, {s: s for s in range(4)}, profiles, changed)
        (change,) = [item for item in changes if item.segment == named.segment]
        assert change.why.startswith(why)
        assert "no longer holds" not in change.why


def test_a_name_lasts_while_the_figures_reach_a_part_of_its_rule_or_the_interval_all_of_it():
    frame, labels = draw(3, 4)
    profiles = profiled(frame, labels)
    row = max((row for row in profiles.table.itertuples() if row.measure == "mean"), key=lambda row: row.effect)

    def book(above, lasting):
        trait = TraitSettings(column=row.variable, above=above)
        return PlaybookSettings(traits={"much": trait}, names=[NameSettings("Much", when=["much"])], lasting=lasting)

    before = name_segments(profiles, book(row.effect - 0.01, 1.0))
    assert before[row.segment].name == "Much"
    same = {s: s for s in range(4)}
    edge = (row.effect + row.effect_high) / 2
    assert name_segments(profiles, book(edge, 0.6))[row.segment].name != "Much"
    for asked in (book(edge, 1.0), book((row.effect - 0.01) / 0.6, 0.6)):
        names, changes = carry_names(before, same, profiles, asked)
        assert (names[row.segment].name, changes) == ("Much", ())
    for asked in (book(row.effect_high + 0.01, 1.0), book((row.effect_high + 0.01) / 0.6, 0.6)):
        names, changes = carry_names(before, same, profiles, asked)
        assert names[row.segment].name != "Much"
        assert [change.segment for change in changes] == [row.segment]


def test_a_new_segment_takes_no_name_that_another_keeps():
    frame, labels = draw(5, 3)
    book = PlaybookSettings(
        traits={"any": TraitSettings(role="value", at_least=0.0)}, names=[NameSettings("Buyers", when=["any"])]
    )
    profiles = profiled(frame, labels)
    first = name_segments(profiled(frame, np.minimum(labels, 0)), book)
    names, changes = carry_names(first, {1: 0}, profiles, book)
    assert names[1].name == "Buyers"
    assert len({name.name for name in names}) == 3
    assert not changes


def test_nothing_is_recommended_that_the_profile_does_not_support():
    frame, _ = draw(1, 2)
    alike = np.arange(len(frame)) % 2
    book = _read("telecom")
    profiles = profiled(frame, alike)
    supported = {action for action in book.actions if not book.actions[action].when}
    assert {item.action for item in recommend(profiles, book)} <= supported | {"long_term_contract", AS_AVERAGE}
    assert not supported


def test_every_segment_has_an_action_and_twins_say_in_what_they_differ():
    frame, labels = draw(2, 4)
    book = PlaybookSettings(
        traits={"any": TraitSettings(role="outcome", at_least=0.0)}, actions={"all": ActionSettings("Do", when=["any"])}
    )
    firsts = recommend(profiled(frame, labels), book)
    assert [item.segment for item in firsts] == list(range(labels.max() + 1))
    assert all(item.differs.startswith("as for segment") for item in firsts)
    nothing = recommend(profiled(frame, labels), PlaybookSettings())
    assert {item.action for item in nothing} == {AS_AVERAGE}
    assert not any(item.because for item in nothing)


def test_shipped_playbooks_are_those_of_the_folder():
    for path in (shipped_root() / "conf" / "playbook").glob("*.yaml"):
        assert OmegaConf.load(path).traits
        assert _read(path.stem).traits


def test_a_name_says_what_customers_do_before_what_became_of_them_and_a_column_once():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 400)
    frame = pd.DataFrame(
        {
            "order_count": rng.poisson(np.where(labels == 0, 2, 12)).astype(float),
            "plan": np.where(labels == 0, "starter", rng.choice(["team", "max"], 800)),
            "still_here": np.where(rng.random(800) < np.where(labels == 0, 0.5, 0.9), "yes", "no"),
        }
    )
    columns = {
        "order_count": ColumnSpec(type=ColumnType.integer, role=Role.numeric),
        "plan": ColumnSpec(type=ColumnType.category, role=Role.categorical, values=["starter", "team", "max"]),
        "still_here": ColumnSpec(type=ColumnType.yes_no, role=Role.outcome, event_values=["No"]),
    }
    described = [
        replace(item, variable=replace(item.variable, feature=item.variable.name, shapes=True))
        if item.variable.name != "still_here"
        else item
        for item in describe_columns(frame.assign(still_here=frame["still_here"] == "yes"), frame.head(0), columns)
    ]
    names = name_segments(profile_segments(described, labels), _read("generic"))
    for name in names:
        told = [claim.variable for claim in name.claims]
        assert told[-1] == "still_here"
        assert len(set(told)) == len(told)
        assert name.name.endswith(("often still here", "rarely still here"))
