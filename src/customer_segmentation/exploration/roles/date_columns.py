"""Columns of dates as features: days, or for a birth date years, before the day on which the table was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from customer_segmentation.exploration.roles.column_guesses import Guess
from customer_segmentation.exploration.roles.facts import ColumnFacts
from customer_segmentation.exploration.roles.meanings import Meaning
from customer_segmentation.formatting import listed, percent
from customer_segmentation.settings.data import ColumnSpec, ColumnType, Role
from customer_segmentation.sources.parsing.dates import date_forms, days_of, either_way, read_dates, reads_one_way

_READ = 0.98  # share of the cells that must be dates


def with_dates(guesses: Sequence[Guess], reference_date: str | None) -> tuple[list[Guess], str | None]:
    """Make the columns of dates numbers, which count from one day for all of them.

    Parameters
    ----------
    guesses : sequence of Guess
    reference_date : str or None
        YYYY-MM-DD, where it is declared; None: the latest date of the table, but for dates that lie ahead by their
        name, such as the end of a contract.

    Returns
    -------
    guesses : list of Guess
    reference_date : str or None
        None where no column holds dates that can be read in one way.
    """
    read = {guess.header: found for guess in guesses if (found := _read(guess)) is not None}
    if not read:
        return [_undecided(guess) for guess in guesses], None
    ahead = {guess.header for guess in guesses if guess.facts is not None and "ahead" in guess.facts.words}
    past = [header for header in read if header not in ahead] or list(read)
    latest = max(float(np.nanmax(read[header][0])) for header in past)
    reference = reference_date or str(np.datetime64(int(latest), "D"))
    last = float(np.datetime64(reference, "D").astype(int))
    made = []
    for guess in guesses:
        if guess.header not in read:
            made.append(_undecided(guess))
            continue
        days, date_format = read[guess.header]
        made.append(_dated(guess, last - days, date_format, reference))
    return made, reference


def _read(guess: Guess) -> tuple[np.ndarray, str | None] | None:
    """Days of the cells since 1970, and the declared form; None where they are no dates, or undecided."""
    facts = guess.facts
    if guess.meaning is not Meaning.date or facts is None or not facts.is_date or len(_forms(facts)) > 1:
        return None
    date_format = next(iter(_forms(facts)), None)
    dates, _ = read_dates(facts.distinct.astype("str"), date_format)
    days = np.append(days_of(dates), np.nan)[facts.codes]
    read = np.isfinite(days)
    return (days, date_format) if facts.filled.any() and read.sum() >= _READ * facts.filled.sum() else None


def _forms(facts: ColumnFacts) -> list[str]:
    """Forms in which its dates may be written; several where day, month and year cannot be told apart."""
    if facts.date_form is None or reads_one_way(facts.date_form):
        return []
    return date_forms(facts.distinct.astype("str"))


def _undecided(guess: Guess) -> Guess:
    facts = guess.facts
    if guess.meaning is not Meaning.date or facts is None or not facts.is_date or len(forms := _forms(facts)) < 2:
        return guess
    why = (
        f"dates such as {facts.distinct.iloc[0]} could be {either_way(forms)}, not used; declare type: date, role: "
        f"numeric and date_format: '{forms[0]}' or '{forms[1]}'"
    )
    return replace(guess, why=why)


def _dated(guess: Guess, days: np.ndarray, date_format: str | None, reference: str) -> Guess:
    later = float((days < 0).mean())
    spec = ColumnSpec(
        ColumnType.date,
        Role.numeric,
        date_format=date_format,
        future=later > 0,
        reference_date=reference,
    )
    told = [f"a date, counted in days to {reference}"]
    if later:
        told.append(f"{percent(later)} lie after it")
    gone = float(np.isnan(days).mean())
    if gone:
        told.append(f"{percent(gone)} without one")
    return replace(guess, spec=spec, why=listed(told), usable=np.isfinite(days), numbers=days)
