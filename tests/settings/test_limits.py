from dataclasses import dataclass, field, fields, is_dataclass

import pytest
from omegaconf import OmegaConf

from customer_segmentation.config.schemas import SCHEMAS
from customer_segmentation.errors import SettingsError
from customer_segmentation.settings.limits import KEY, check_limits, limited
from customer_segmentation.settings.promotion import RollbackSettings


@dataclass
class Inner:
    share: float = limited(0.5, at_least=0, below=1, such_as="0.05")
    level: float = limited(0.9, above=0, below=1)
    names: list[str] = limited(["a"], choices=("a", "b"), filled=True)
    pair: list[float] = limited([1.0, 2.0], pair=True)


@dataclass
class Outer:
    inner: Inner = field(default_factory=Inner)
    count: int = limited(3, at_least=1)
    most: int | None = limited(None, at_least=1)
    word: str = limited("x", choices=("x", "y"), needs={"y": ("reason", "which is kept")})
    reason: str | None = None
    name: str = limited("n", filled=True, without="/:")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["count=0"], "count=0: expected a whole number of at least 1."),
        (["most=0"], "most=0: expected a whole number of at least 1."),
        (["inner.share=1"], "inner.share=1: expected a number from 0 up to 1, such as 0.05."),
        (["inner.share=.nan"], "inner.share=nan: expected a number from 0 up to 1, such as 0.05."),
        (["inner.share=-.inf"], "inner.share=-inf: expected a number from 0 up to 1, such as 0.05."),
        (["inner.level=0"], "inner.level=0: expected a number between 0 and 1."),
        (["inner.names=[]"], "inner.names is empty; name one or more of a, b."),
        (["inner.names=[a,c]"], "inner.names holds c: expected some of a, b."),
        (["inner.pair=[2,1]"], "inner.pair=[2.0, 1.0]: expected two thresholds, [watch, refit], the second not lower."),
        (["word=z"], "word=z: expected one of x, y."),
        (["word=y"], "word=y needs reason, which is kept."),
        (["name=a/b"], "name=a/b: expected a name without / :."),
        (["name=' '"], "name= : expected a name without / :."),
    ],
)
def test_a_value_outside_its_limits_is_one_sentence_with_the_whole_key(changes, said):
    settings = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(Outer), OmegaConf.from_dotlist(changes)))
    with pytest.raises(SettingsError) as refused:
        check_limits(settings)
    assert str(refused.value) == said


def test_what_is_within_the_limits_passes():
    check_limits(Outer(inner=Inner(share=0.0, names=["b", "a"], pair=[1.0, 1.0]), most=1, word="y", reason="why"))


def test_lists_are_not_shared_between_settings():
    first, second = Inner(), Inner()
    first.names.append("b")
    assert second.names == ["a"]


@pytest.mark.parametrize("command", SCHEMAS)
def test_the_defaults_of_every_command_are_within_their_limits(command):
    settings = SCHEMAS[command]()
    for item in fields(settings):
        if item.metadata.get(KEY) and item.metadata[KEY].required:
            setattr(settings, item.name, "given")
    check_limits(settings)


def test_what_must_be_given_says_so():
    with pytest.raises(SettingsError, match="a rollback needs reason=TEXT"):
        check_limits(RollbackSettings(reason="  "))


def test_every_need_names_a_setting_that_exists():
    left, seen = [schema() for schema in SCHEMAS.values()], 0
    while left:
        node = left.pop()
        names = {item.name for item in fields(node)}
        left += [value for name in names if is_dataclass(value := getattr(node, name))]
        for item in fields(node):
            for other, _ in ((item.metadata[KEY].needs or {}) if KEY in item.metadata else {}).values():
                assert other in names
                seen += 1
    assert seen
