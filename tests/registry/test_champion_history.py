import json

from customer_segmentation.registry.champion_history import (
    Event,
    event_tag,
    line_of_champions,
    moves,
    previous_champion,
    read_event,
)


def events(*steps):
    return [Event(at, action, before, after, "me", "") for at, (action, before, after) in enumerate(steps)]


def test_a_move_that_was_cut_off_is_told_from_one_that_took_place():
    found = events(("promote", None, 1), ("promote", 1, 2), ("promote", 1, 2))
    assert [move.state for move in moves(found, 2)] == ["done", "interrupted", "done"]
    assert [move.state for move in moves(found, 1)] == ["done", "interrupted", "interrupted"]
    assert [move.state for move in moves(found, 7)] == ["done", "interrupted", "moved by hand"]


def test_rolling_back_twice_goes_back_two_champions():
    found = events(("promote", None, 1), ("promote", 1, 2), ("promote", 2, 3))
    assert previous_champion(found, 3) == 2
    found += [Event(9, "rollback", 3, 2, "me", "")]
    assert previous_champion(found, 2) == 1
    found += [Event(10, "promote", 2, 4, "me", "")]
    assert (previous_champion(found, 4), line_of_champions(found, 4)) == (2, [1, 2, 4])


def test_the_first_champion_replaced_nobody_and_an_interrupted_one_never_was():
    assert previous_champion(events(("promote", None, 1)), 1) is None
    assert previous_champion([], None) is None
    assert previous_champion(events(("promote", None, 1), ("promote", 1, 2)), 1) is None


def test_an_event_is_kept_whole_and_read_back_and_one_that_was_edited_is_none():
    for event in (
        Event(1795535029900, "rollback", 2, 1, "ann b", "worse: the lists,\nby far, by me: no → yes"),
        Event(1795535029901, "promote", None, 1, "ann", ""),
        Event(1795535029902, "force", 12, 13, "CORP\\ann, by x", "why, by ann: so", (0, 7), moved=True),
    ):
        key, value = event_tag(event, event.at * 1_000_000)
        assert read_event(value) == event
        assert key.startswith("history.2026-11-24 ")
    assert event.words == "promoted by force: version 12 → version 13"
    kept = json.loads(value)
    edits = [{"action": "sold"}, {"after": "13"}, {"after": True}, {"before": 1.5}, {"by": None}, {"at": -1}]
    edits += [{"segments": 3}, {"segments": ["3"]}]
    forged = [json.dumps(kept | edit) for edit in edits] + [json.dumps({**kept, "after": None}), "[" * 100_000]
    for edited in ("", "{", "{}", "[]", "3", "promoted: no champion → version 1, by me", *forged):
        assert read_event(edited) is None, edited[:80]


def test_a_long_reason_fits_into_a_tag():
    _, value = event_tag(Event(1, "force", 1, 2, "me", "→" * 9000), 1)
    assert len(value) < 5000
    assert read_event(value).reason == "→" * 2000
