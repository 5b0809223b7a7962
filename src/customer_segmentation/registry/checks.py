"""The tests of the gate: each takes figures and a threshold, and says in one sentence whether it is passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from customer_segmentation.clustering.stability import Stability
from customer_segmentation.formatting import NBSP, apart, listed, percent

Result = Literal["pass", "fail", "not asked", "no champion"]

#: Failures that no reason outweighs: what answers under the alias would not be the model that was looked at.
NEVER_FORCED = ("refit", "artifact", "own_labels", "loads_back")


@dataclass(frozen=True)
class Check:
    """One test of the gate and its result.

    Attributes
    ----------
    name : str
        As it is declared in ``conf/promotion/`` and tagged.
    result : {"pass", "fail", "not asked", "no champion"}
        No champion: there is nothing to compare with yet.
    sentence : str
        With the figure and the threshold.
    """

    name: str
    result: Result
    sentence: str

    @property
    def failed(self) -> bool:
        """It stands against the candidate."""
        return self.result == "fail"

    @property
    def title(self) -> str:
        """Name as it is read."""
        return self.name.replace("_", " ")


def checked(name: str, passed: bool, sentence: str) -> Check:
    """Result of a test that was carried out.

    Parameters
    ----------
    name : of the test
    passed : whether it did
    sentence : what was measured, and what is asked for
    """
    return Check(name, "pass" if passed else "fail", sentence)


def smallest_segment(sizes: Sequence[int], least: float | None) -> Check:
    """No segment is smaller than a share of the customers; and there are at least two.

    Parameters
    ----------
    sizes : customers of each segment
    least : share of the customers, 0 to 1; None: not asked
    """
    if len(sizes) < 2:
        return checked("smallest_segment", False, "one segment separates no customers")
    if least is None:
        return Check("smallest_segment", "not asked", "the smallest segment may have any size")
    count, total = min(sizes), sum(sizes)
    passed = count / total >= least
    shown, asked = apart(count / total, least, share=True)
    return checked(
        "smallest_segment",
        passed,
        f"the smallest segment has {count:,} of {total:,} customers ({shown}); at least {asked} "
        + ("is asked for" if passed else "was asked for"),
    )


def stability(found: Stability | None, least: float | None, half: float, most: float | None) -> Check:
    """The segments are reproduced on random half-samples; the share that ends elsewhere shows what a mean hides.

    Parameters
    ----------
    found : measured on half-samples; None where it was not
    least : adjusted Rand index, the mean of all halves; None: not asked
    half : adjusted Rand index under which a half ends elsewhere
    most : share of halves that may; None: not asked
    """
    if found is None or (least is None and most is None):
        return Check("stability", "not asked", "the segments need not be reproduced on half-samples")
    share, low, high = found.switching(half)
    few = most is None or share <= most
    alike = least is None or found.rand >= least
    mean, asked = apart(found.rand, least or 0.0)
    shown, allowed = apart(share, most or 0.0, share=True)
    shown = shown if share else percent(share)
    parts = [f"an adjusted Rand index of {mean} on average"]
    parts[0] += "" if least is None else f" (at least {asked} {'is' if alike else 'was'} asked for)"
    switched = f"{shown} of them agree by less than {half:g} (95{NBSP}% interval {percent(low)} to {percent(high)}"
    parts.append(switched + ("" if most is None else f"; at most {allowed} {'may' if few else 'might'}") + ")")
    return checked(
        "stability",
        few and alike,
        f"on {2 * found.resamples} random half-samples the segments are reproduced with {listed(parts)}",
    )


def yardstick(own: float, champion: float | None, margin: float | None) -> Check:
    """The reference space is explained as well as by the champion, on the same customers.

    Parameters
    ----------
    own : share of what is attainable of the reference space, 0 to 1
    champion : the champion's share; None where there is none
    margin : by how much the candidate's may be less; None: not asked
    """
    explains = f"explains {percent(own)} of what is attainable of the reference space"
    if margin is None:
        return Check("yardstick", "not asked", f"explains {percent(own)} of what is attainable of the reference space")
    if champion is None:
        return Check(
            "yardstick", "no champion", f"explains {percent(own)} of what is attainable of the reference space"
        )
    behind = round(champion - own, 9)  # a difference of 0.02 is not 0.020000000000000018
    less, allowed = (text.removesuffix(f"{NBSP}%") for text in apart(behind, margin, share=True))
    return checked(
        "yardstick",
        bool(behind <= margin),
        f"{explains}, the champion {percent(champion)} on the same customers"
        + (f": {less} points less" if behind > 0 else "")
        + f"; up to {allowed} points less is allowed",
    )


def agreement(found: float | None, least: float | None, customers: int) -> Check:
    """The segments are much the same as the champion's.

    Parameters
    ----------
    found : adjusted Rand index with the champion; None where there is none
    least : the smallest allowed; None: not asked
    customers : how many were compared
    """
    if least is None:
        known = "" if found is None else f"; the adjusted Rand index is {found:.2f}"
        return Check("agreement", "not asked", f"the segments may be others than the champion's{known}")
    if found is None:
        return Check("agreement", "no champion", "nothing to agree with yet")
    shown, asked = apart(found, least)
    return checked(
        "agreement",
        found >= least,
        f"the adjusted Rand index with the champion's segments of the same {customers:,} customers is {shown}; at "
        f"least {asked} {'is' if found >= least else 'was'} asked for",
    )


def data_contract(
    own: Mapping[str, Any], champions: Mapping[str, Mapping[str, Any]] | None, needed: Sequence[str], source: str
) -> Check:
    """The candidate comes from a table of the champion's kind: what the champion reads is in it, under the same types.

    Parameters
    ----------
    own : mapping of str to dict
        Plain contract of the candidate's table.
    champions : mapping of str to dict, or None
        Plain contract of the columns that the champion's model reads; None while there is no champion.
    needed : sequence of str
        Columns without which the champion labels nobody.
    source : str
        Name of the candidate's table.
    """
    if champions is None:
        return Check("data_contract", "no champion", f"{source} sets the contract: {listed(own, most=6)}")
    lacking = [name for name in needed if name not in own]
    if lacking:
        return checked(
            "data_contract",
            False,
            f"the champion reads {listed(lacking, most=4)}, which {source} does not have: the candidate comes "
            "from another kind of table",
        )
    for name, spec in champions.items():
        if name not in own:
            continue
        for part in ("type", "unit"):
            before, now = spec.get(part) or "none", own[name].get(part) or "none"
            if before != now:
                return checked(
                    "data_contract", False, f"the {part} of {name} is {now} in {source}, {before} for the champion"
                )
    shared = [name for name in champions if name in own]
    return checked("data_contract", True, f"{source} has the columns that the champion reads: {listed(shared, most=6)}")


def labelled(known: np.ndarray, most: float | None, example: str) -> Check | None:
    """The champion labels the candidate's customers; None where it labels all, or enough, of them.

    Parameters
    ----------
    known : whether the champion labels each customer, shape (n_customers,)
    most : largest share without a label, 0 to 1; None: not asked
    example : why the first one gets none
    """
    missing = int((~known).sum())
    if most is None or missing <= most * len(known):
        return None
    shown, allowed = apart(missing / len(known), most, share=True)
    return checked(
        "data_contract",
        False,
        f"the champion labels only {len(known) - missing:,} of the candidate's {len(known):,} customers ({example}): "
        f"{shown} are without a label, and at most {allowed} may be",
    )


def own_labels(moved: int, customers: int) -> Check:
    """The model gives the customers of its fit the segments that its study logged.

    Parameters
    ----------
    moved : customers whose segment differs from the logged one
    customers : all of the fit
    """
    return checked(
        "own_labels",
        moved == 0,
        f"the model gives all {customers:,} customers of its fit the segments that were logged"
        if moved == 0
        else f"the model gives {moved:,} of the {customers:,} customers of its fit other segments than were logged",
    )
