"""What speaks for and against each reading of a column, by its header and its cells alone."""

from __future__ import annotations

import re

import numpy as np

from customer_segmentation.exploration.roles.facts import ColumnFacts
from customer_segmentation.exploration.roles.meanings import Meaning, Weighed
from customer_segmentation.exploration.roles.vocabulary import cell_words, fold_text
from customer_segmentation.formatting import percent

MOST_KINDS = 15  # different whole numbers of a kind at most
MOST_CATEGORIES = 30
PER_CATEGORY = 5  # rows that a category needs on average
MOSTLY_BLANK = 0.5


def short(text: str, limit: int = 30) -> str:
    """A cell in quotation marks, in one line.

    Parameters
    ----------
    text : of the cell
    limit : characters at most
    """
    text = re.sub(r"\s+", " ", text)
    return repr(text if len(text) <= limit else f"{text[: limit - 1]}…")


def is_event(value: str) -> bool:
    """Whether a value says that the customer is gone."""
    return _begins(value, "event") and not _begins(value, "remain")


def _begins(value: str, words: str) -> bool:
    plain = fold_text(value).strip()
    return any(
        plain == word or (len(word) > 3 and re.match(rf"{re.escape(word)}", plain)) for word in cell_words(words)
    )


def is_ticked(facts: ColumnFacts) -> bool:
    """Whether cells are ticked or blank."""
    return facts.count == 1 and 0 < facts.share_filled < 1 and facts.answers[0] == 1


def named(facts: ColumnFacts, concept: str) -> str:
    """Say which words of the header speak for a concept.

    Parameters
    ----------
    facts : of the column
    concept : a key of the vocabulary
    """
    return "its header says " + ", ".join(repr(phrase) for phrase in facts.words.phrases(concept)[:2])


def counts_something(facts: ColumnFacts) -> bool:
    """Whether the header says that the column counts something."""
    words = facts.words
    several = [concepts for _, concepts in words.found if "counted" in concepts and "person" not in concepts]
    people = any({"counted", "person"} <= concepts for _, concepts in words.found)
    if several and "id" not in words:
        return True
    if "count" in words:  # "número de cliente" is no count, "número de pedidos" is one
        return not ("number" in words and {"person", "order", "entity"} & words.concepts and not several)
    return people and not {"id", "number"} & words.concepts


def comes_back(facts: ColumnFacts) -> bool:
    """Whether the header asks if the customer came again: what became of one, without anybody having left."""
    about = {"leaving", "staying", "entity", "counted", "count", "quantity", "worth", "money", "date", "negation"}
    return "returned" in facts.words and not about & facts.words.concepts and len(facts.words.words) <= 5


def _names(facts: ColumnFacts) -> bool:
    """Whether the header has a word for an id or a number of something."""
    return bool({"id", "number"} & facts.words.concepts) and not counts_something(facts)


def _pure(facts: ColumnFacts, *concepts: str) -> bool:
    """Whether every known word of the header speaks for one of the concepts, or for an id."""
    allowed = {*concepts, "id", "number"}
    return any(concept in facts.words for concept in concepts) and all(
        found & allowed for _, found in facts.words.found if found != {"total"}
    )


def weigh_outcome(weighed: Weighed) -> None:
    """Add the evidence that a column tells who has left."""
    facts, words = weighed.facts, weighed.facts.words
    if "negation" in words or counts_something(facts) or facts.is_date:
        return
    events = []
    if facts.numbers is None and not facts.yes_no and facts.count <= MOST_KINDS:
        events = [value for value in facts.distinct if is_event(value)]
        events = events if len(events) < facts.count else []
    answered = facts.yes_no or is_ticked(facts)
    if "leaving" in words and not {"date", "duration"} & words.concepts:
        if answered and not {"score", "percent"} & words.concepts:
            weighed.add(Meaning.outcome, 6.0, f"yes or no, and {named(facts, 'leaving')}")
        elif events:
            weighed.add(Meaning.outcome, 6.0, f"{named(facts, 'leaving')}, and {_listed(events)} tells who has left")
        else:
            weighed.add(
                Meaning.later, 5.5, "known only once a customer has left, so that it may not shape the segments"
            )
    elif "staying" in words and answered and len(words.words) <= 3:
        weighed.add(Meaning.outcome, 5.8, f"yes or no, and {named(facts, 'staying')}: No tells who has left")
    elif comes_back(facts) and answered:
        weighed.add(Meaning.outcome, 5.8, f"yes or no, and {named(facts, 'returned')}: reported, sets nobody apart")
    elif {"status", "left"} & words.concepts and (answered and "left" in words and "kind" not in words):
        weighed.add(Meaning.outcome, 5.5, f"yes or no, and {named(facts, 'left')}")
    elif events:
        stays = any(_begins(value, "remain") for value in facts.distinct)
        told = bool({"status", "left", "staying"} & words.concepts)
        weight = 6.0 if told else 4.5 if stays else 2.5
        weighed.add(Meaning.outcome, weight, f"{_listed(events)} tells who has left")


def _listed(events: list[str]) -> str:
    return ", ".join(short(event) for event in events[:3])


def weigh_key(weighed: Weighed) -> None:  # noqa: C901 - one case after the other
    """Evidence that a column names customers, or something else."""
    facts, words = weighed.facts, weighed.facts.words
    rows = len(facts.filled)
    if facts.is_bool or facts.yes_no or (facts.numbers is not None and not facts.whole):
        return
    has_id = _names(facts)
    person = _pure(facts, "person") and not counts_something(facts)
    if person:
        weighed.add(Meaning.customer, 4.5 if has_id else 3.0, named(facts, "person"))
    elif facts.is_address:
        weighed.add(Meaning.customer, 2.0, "e-mail addresses")
    elif _pure(facts, "order", "entity") and has_id:
        pass
    elif "id" in words and all(found & {"id", "number"} for _, found in words.found):
        weighed.add(Meaning.customer, 2.5, named(facts, "id"))
    elif (
        facts.unique
        and facts.share_filled == 1
        and words.concepts <= {"number"}
        and (facts.numbers is None or facts.fixed_length > 3)
    ):
        weighed.add(Meaning.customer, 1.5 if facts.coded else 0.5, "every cell differs")
    if Meaning.customer in weighed.evidence:
        if facts.unique:
            weighed.add(Meaning.customer, 1.5, "nearly every cell differs")
            if facts.one_by_one and not person:
                weighed.add(Meaning.customer, -0.5, "it may only number the rows")
        elif (rows >= 20 and facts.count <= 6) or (facts.count <= MOST_CATEGORIES and rows > 50 * facts.count):
            weighed.add(Meaning.customer, -2.0 if person and has_id else -5.0, f"it has {facts.count} different cells")
        if facts.long_text:
            weighed.add(Meaning.customer, -3.0, "its cells are sentences")
        if facts.numbers is None and not facts.coded and not facts.is_address:
            weighed.add(Meaning.customer, -1.0, "its cells are not codes")
        if facts.share_filled < MOSTLY_BLANK:
            weighed.add(Meaning.customer, -3.0, f"{percent(1 - facts.share_filled)} of its cells are blank")
        if facts.numbers is not None and (facts.values < -1).any():
            weighed.add(Meaning.customer, -4.0, "it has numbers below 0")
    if "entity" in words and has_id:
        weighed.add(Meaning.identifier, 4.5, f"{named(facts, 'entity')} beside an id")
    elif has_id and not person and not counts_something(facts):
        weighed.add(Meaning.identifier, 2.0, "its header is that of an id")
    if facts.one_by_one and facts.count > MOST_KINDS:
        weighed.add(Meaning.identifier, 4.0, "numbers its rows one by one")
    elif facts.whole and facts.unique and facts.count > MOST_KINDS and not words.known:
        weighed.add(Meaning.identifier, 1.2, "whole numbers that never repeat")


def weigh_order_number(weighed: Weighed) -> None:
    """Add the evidence that a column numbers orders."""
    facts, words = weighed.facts, weighed.facts.words
    if facts.yes_no or (facts.numbers is not None and not facts.whole) or counts_something(facts) or facts.long_text:
        return
    if "order" not in words or {"worth", "price", "kind", "status", "duration", "rate"} & words.concepts:
        return
    has_id = _names(facts)
    if has_id:
        weighed.add(Meaning.order, 5.5, f"{named(facts, 'order')} beside an id")
    elif facts.count > MOST_CATEGORIES and not {"money", "date"} & words.concepts:
        distinct_enough = facts.count > 0.1 * len(facts.filled)
        weighed.add(Meaning.order, 2.5 + distinct_enough, named(facts, "order"))
        if facts.coded and (facts.numbers is None or facts.fixed_length > 3):
            weighed.add(Meaning.order, 1.0, "its cells look like codes")


def weigh_kinds(weighed: Weighed) -> None:
    """Evidence for yes/no and categories."""
    facts, words = weighed.facts, weighed.facts.words
    if facts.yes_no:
        weighed.add(Meaning.yes_no, 4.5, "yes or no")
        return
    few = facts.count <= min(MOST_CATEGORIES, max(2, facts.filled.sum() / PER_CATEGORY))
    if facts.numbers is None:
        if few:
            weighed.add(Meaning.category, 3.0, f"{facts.count} different words")
            if "kind" in words:
                weighed.add(Meaning.category, 1.0, named(facts, "kind"))
        return
    if not facts.whole or facts.count > MOST_KINDS or not few:
        return
    kind = any("kind" in found and "extent" not in found for _, found in words.found)
    quantity = (
        counts_something(facts)
        or {"extent", "duration", "age", "worth", "money", "quantity", "percent", "total"} & words.concepts
    )
    if kind and not quantity:
        weighed.add(Meaning.category, 4.5, f"{facts.count} different whole numbers, and {named(facts, 'kind')}")
        if {"score", "ordinal"} & words.concepts:
            weighed.add(Meaning.category, -0.5, "they may be in an order")
    elif not quantity and not {"score", "rate"} & words.concepts and facts.count <= 10:
        weighed.add(Meaning.category, 1.0, f"{facts.count} different whole numbers")
        values, counts = np.unique(facts.values, return_counts=True)
        falling = bool((np.diff(counts) <= 0).mean() > 0.7) and len(values) > 2
        first = values[0] == 1 and not falling
        weighed.add(
            Meaning.category, 0.5 if first else -0.5, "from 1, none of them the rarest by its size" if first else ""
        )


def weigh_words(weighed: Weighed) -> None:
    """Evidence for text, among words."""
    facts, words = weighed.facts, weighed.facts.words
    weighed.add(Meaning.text, 1.5, f"{facts.count:,} different words")
    if "code" in words and not facts.yes_no:
        weighed.add(Meaning.code, 4.5, named(facts, "code"))
    if "text" in words and facts.count > MOST_KINDS:
        weighed.add(Meaning.text, 2.5, named(facts, "text"))
    if facts.long_text and facts.count > MOST_CATEGORIES:
        weighed.add(Meaning.text, 2.0, "sentences")
    if facts.unique and facts.count > MOST_KINDS:
        weighed.add(Meaning.text, 1.0, "nearly every cell differs")
        if facts.coded:
            weighed.add(Meaning.identifier, 2.0, "codes that never repeat")
