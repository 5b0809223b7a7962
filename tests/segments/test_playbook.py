import pytest

from customer_segmentation.errors import SettingsError
from customer_segmentation.segments.playbook import check_playbook
from customer_segmentation.settings.playbook import ActionSettings, NameSettings, PlaybookSettings, TraitSettings


def book(**changes):
    plain = {
        "traits": {"rich": TraitSettings(role="value", above=0.5)},
        "names": [NameSettings("Rich", when=["rich"])],
        "actions": {"keep": ActionSettings("Keep", when=["rich"])},
    }
    return PlaybookSettings(**{**plain, **changes})


def test_a_sound_playbook_passes(columns):
    check_playbook(book(), columns, name="p")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"traits": {"rich": TraitSettings(above=0.5)}}, "traits.rich needs either role or column"),
        ({"traits": {"rich": TraitSettings(role="value")}}, "has no condition"),
        ({"traits": {"rich": TraitSettings(role="numeric", above=1)}}, "expected value or outcome"),
        ({"traits": {"rich": TraitSettings(column="Spend", above=1)}}, "did you mean Spent"),
        ({"traits": {"rich": TraitSettings(column="Plan", above=0.1)}}, "name one of them with level"),
        ({"traits": {"rich": TraitSettings(column="Plan", level="Max", above=0.1)}}, "is one of Basic, Plus, Pro"),
        ({"traits": {"rich": TraitSettings(role="value", below=-1)}}, "expected a distance"),
        ({"traits": {"rich": TraitSettings(role="value", above=1, below=1)}}, "make two traits"),
        ({"traits": {"rich": TraitSettings(role="value", above=1, times=0.5)}}, "expected more than 1"),
        ({"traits": {"rich": TraitSettings(role="value", at_least=9, times=2)}}, "beside above or below"),
        ({"traits": {"rich": TraitSettings(role="value", above=1, words="{cell}")}}, "may hold"),
        ({"traits": {"rich": TraitSettings(role="value", above=1, words="{event:>3000000000}")}}, "may hold"),
        ({"traits": {"rich": TraitSettings(role="value", above=1, words="{event.__class__}")}}, "may hold"),
        ({"names": [NameSettings("Rich", when=["ritch"])]}, "did you mean rich?"),
        ({"names": [NameSettings("Rich")]}, "must rest on a trait"),
        ({"names": [NameSettings("A", when=["rich"]), NameSettings("A", when=["rich"])]}, "two names"),
        ({"actions": {"keep": ActionSettings("Keep")}}, "must rest on a trait"),
        ({"actions": {"keep": ActionSettings("", when=["rich"])}}, "what to `do`"),
        ({"actions": {"keep": ActionSettings("K", when=["rich"], at_stake="all")}}, "none, value, outcome"),
        ({"actions": {"keep": ActionSettings("K", when=["rich"], because=["poor"])}}, "not among its `when`"),
    ],
)
def test_what_cannot_hold_is_told(columns, changes, said):
    with pytest.raises(SettingsError, match="playbook=p") as told:
        check_playbook(book(**changes), columns, name="p")
    assert said in str(told.value)
