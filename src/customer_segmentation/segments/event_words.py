"""What became of customers, in the words of a name: "often churned", "rarely came back"."""

from __future__ import annotations

from customer_segmentation.segments.header_words import in_words
from customer_segmentation.segments.variables import NO, YES, ProfileVariable

#: What has become of a customer whom a column counts by a noun.
_HAPPENED = {
    "churn": "churned",
    "attrition": "churned",
    "abwanderung": "churned",
    "lapse": "lapsed",
    "exit": "gone",
} | (dict.fromkeys(("cancellation", "cancel", "kündigung", "storno", "résiliation"), "cancelled"))

#: Of how many a thing did not happen, said of how many it did.
_TURNED = {"often": "rarely", "rarely": "often"}


def rate_of(variable: ProfileVariable) -> str:
    """What the share of an outcome is called in a name: "churn rate", "share of Churned", or a yes/no column's name."""
    if variable.event or not variable.levels:
        return variable.rate_name
    return f"share of {variable.name if variable.levels == (YES,) else variable.levels[0]}"


def worded(words: str, variable: ProfileVariable, level: str) -> str:
    """Words of a trait about a variable; what is seldom missing is said to be there often.

    Parameters
    ----------
    words : as the playbook has them, such as "often {event}"
    variable : of which the trait speaks
    level : whose share it is; "" of a number

    Examples
    --------
    >>> from customer_segmentation.settings.data import Role
    >>> back = ProfileVariable("Came Back", "share", Role.outcome, levels=("no",))
    >>> worded("often {event}", back, "no"), worded("rarely {event}", back, "no")
    ('rarely came back', 'often came back')
    >>> worded("often {event}", ProfileVariable("active", "share", Role.outcome, levels=("no",)), "no")
    'often not active'
    """
    how, _, what = words.partition(" ")
    if level == NO and how in _TURNED and what == "{event}":
        happened = in_words(variable.name, variable.unit).lower().removeprefix("is ")
        if how == "rarely" or " " in happened:  # a negation of several words reads badly, a double one worse
            return f"{_TURNED[how]} {happened}"
    return words.format(variable=variable.name, event=_event_of(variable, level), rate=rate_of(variable))


def _event_of(variable: ProfileVariable, level: str) -> str:
    """What a share counts, in a word: the level, or the column of a yes/no."""
    column = in_words(variable.name, variable.unit)
    if level in ("", YES):
        if column.casefold() in _HAPPENED:
            return _HAPPENED[column.casefold()]
        return column[:1].lower() + column[1:] if column[1:].islower() else column
    return f"not {column.removeprefix('is ')}" if level == NO else in_words(level).lower()
