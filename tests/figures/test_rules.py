"""The drawn tree says what the rules say."""

import numpy as np
import pandas as pd

from customer_segmentation.figures.rules import rules_tree
from customer_segmentation.formatting import percent
from customer_segmentation.model.rules import agreement_text, learn_rules, rules_in_words

NAMES = ["Newer customers", "A name that is longer than all room that a picture has for it, and then some", "C <b> 🦄"]


def learnt(depth, leaves):
    rng = np.random.default_rng(3)
    features = pd.DataFrame(
        {"a long name of a feature, in full": rng.normal(size=900), "plan": rng.choice(["x", "y"], 900)}
    )
    numbers = features.iloc[:, 0].to_numpy()
    return learn_rules(features, np.digitize(numbers + (features["plan"] == "x"), [0, 1]), depth=depth, leaves=leaves)


def test_every_rule_ends_in_its_segment_with_its_share(texts, tidy):
    for depth, leaves in ((1, 2), (4, 16)):
        rules = learnt(depth, leaves)
        figure = rules_tree(rules, NAMES, "The segments as questions")
        tidy(figure)
        written = texts(figure)
        assert sum("right for" in text for text in written) == rules["leaves"] == len(rules_in_words(rules))
        for rule in rules_in_words(rules):
            told = f"{percent(rule.share)}, right for {percent(rule.right)}".replace("\u00a0", " ")
            assert told in written
        assert agreement_text(rules).replace("\u00a0", " ") in " ".join(written)
        assert written.count("yes") == written.count("no") == rules["leaves"] - 1


def test_a_tree_without_a_question_is_drawn_too(tidy):
    tidy(rules_tree(learn_rules(pd.DataFrame({"a": [1.0, 1.0]}), np.array([0, 0])), ["All"], "One"))


def test_bounds_of_one_number_are_told_once():
    rules = learnt(4, 16)
    for rule in rules_in_words(rules):
        assert rule.conditions.count("a long name of a feature, in full") <= 1
        assert rule.conditions.count("plan is") <= 1
