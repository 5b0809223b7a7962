from customer_segmentation.registry.history import line_of_champions, moves, previous_champion
from customer_segmentation.registry.versions import Event


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
