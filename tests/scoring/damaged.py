"""Forty ways in which a file of customers arrives, each with the rows that it holds and those that nobody can label."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

REVENUE, TENURE, REFERRALS = "Total Revenue", "Tenure in Months", "Number of Referrals"
BAD = [3, 50, 101, 199, 298]  # rows that are damaged, on both sides of the borders of chunks of 100


@dataclass(frozen=True)
class Damaged:
    """A file, the rows that it holds, and the positions of customers without a label (None: not looked at)."""

    content: bytes
    rows: int
    rejected: list[int] | None
    name: str = "customers.csv"
    settings: dict | None = None


def text_of(frame: pd.DataFrame, **options) -> str:
    return frame.to_csv(index=False, **{"lineterminator": "\n", **options})


def with_cells(frame: pd.DataFrame, column: str, value: str) -> Damaged:
    changed = frame.copy()
    changed.loc[BAD, column] = value
    return Damaged(text_of(changed).encode(), len(frame), BAD)


def lines(frame: pd.DataFrame, change: Callable[[list[str]], list[str]], rows: int, rejected) -> Damaged:
    return Damaged("\n".join(change(text_of(frame).splitlines())).encode() + b"\n", rows, rejected)


def edited(frame: pd.DataFrame, edit: Callable[[str], str]) -> Damaged:
    """The rows of BAD as lines of text, each changed."""

    def change(all_lines: list[str]) -> list[str]:
        for row in BAD:
            all_lines[row + 1] = edit(all_lines[row + 1])
        return all_lines

    return lines(frame, change, len(frame), BAD)


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("customers.csv", content)
    return packed.getvalue()


def damaged_files(frame: pd.DataFrame) -> dict[str, Damaged]:
    """All of them, by name."""
    n = len(frame)
    plain = text_of(frame)
    whole = plain.encode()
    full_data = list(range(n))
    shuffled = frame[np.random.default_rng(5).permutation(frame.columns)]
    accented = frame.assign(City=["Köln" if at % 7 == 0 else "São Paulo" for at in range(n)])
    german = frame.copy()
    german[REVENUE] = [f"{float(value):,.2f}".translate(str.maketrans(",.", ".,")) for value in frame[REVENUE]]
    dollars = frame.assign(**{REVENUE: [f"${float(value):,.2f}" for value in frame[REVENUE]]})
    quoted = frame.assign(City='a "big", old\ncity')
    formula = frame.assign(**{"Customer ID": [f"={name}" for name in frame["Customer ID"]]})
    some_quotes = plain.splitlines()
    return {
        "as it is": Damaged(whole, n, []),
        "windows line ends": Damaged(plain.replace("\n", "\r\n").encode(), n, []),
        "no line end at the end": Damaged(whole.rstrip(b"\n"), n, []),
        "byte order mark": Damaged(b"\xef\xbb\xbf" + whole, n, []),
        "utf-16": Damaged(plain.encode("utf-16"), n, []),
        "cp1252 accents": Damaged(text_of(accented).encode("cp1252"), n, []),
        "accents from the middle on, in latin-1": Damaged(
            whole.replace(b"Month-to-Month", b"Month-to-Month")[: len(whole) // 2]
            + whole[len(whole) // 2 :].replace(b"Los Angeles", b"Los \xc1ngeles"),
            n,
            None,
        ),
        "semicolons": Damaged(text_of(frame, sep=";").encode(), n, []),
        "tabs": Damaged(text_of(frame, sep="\t").encode(), n, [], name="customers.tsv"),
        "pipes": Damaged(text_of(frame, sep="|").encode(), n, []),
        "semicolons and decimal commas": Damaged(text_of(german, sep=";").encode(), n, []),
        "dollars with thousands": Damaged(text_of(dollars).encode(), n, []),
        "gzip": Damaged(gzip.compress(whole), n, [], name="customers.csv.gz"),
        "bzip2": Damaged(bz2.compress(whole), n, [], name="customers.bin"),
        "xz": Damaged(lzma.compress(whole), n, [], name="customers.csv.xz"),
        "zip": Damaged(zipped(whole), n, [], name="customers.zip"),
        "quotes, commas and line breaks in cells": Damaged(text_of(quoted).encode(), n, []),
        "columns in another order": Damaged(text_of(shuffled).encode(), n, []),
        "headers in snake case": Damaged(
            text_of(frame.rename(columns=lambda name: name.lower().replace(" ", "_"))).encode(), n, []
        ),
        "a column without a name in front": Damaged(frame.to_csv(lineterminator="\n").encode(), n, []),
        "two empty columns behind": lines(frame, lambda all_lines: [f"{line},," for line in all_lines], n, []),
        "a title above the header": Damaged(b"Customers of June\n\n" + whole, n, []),
        "ids that a spreadsheet would run": Damaged(text_of(formula).encode(), n, []),
        "blank cells": with_cells(frame, REVENUE, ""),
        "NULL": with_cells(frame, TENURE, "NULL"),
        "words in a number": with_cells(frame, REFERRALS, "several"),
        "a formula in a number": with_cells(frame, REVENUE, "=SUM(A1:A9)"),
        "infinity": with_cells(frame, REVENUE, "inf"),
        "a negative tenure": with_cells(frame, TENURE, "-4"),
        "a fraction of a referral": with_cells(frame, REFERRALS, "1.5"),
        "an unknown contract": with_cells(frame, "Contract", "Lifetime"),
        "an overlong cell": with_cells(frame, REVENUE, "x" * 5000),
        "a NUL byte": with_cells(frame, TENURE, "1\x002"),
        "a cell too many": edited(frame, lambda line: f"{line},more"),
        "cells missing": edited(frame, lambda line: line.rsplit(",", 3)[0]),
        "commas only": edited(frame, lambda line: "," * line.count(",")),
        "another table's line": edited(frame, lambda line: "TOTAL"),
        "repeated headers within": Damaged(
            "\n".join([*some_quotes[:200], some_quotes[0], *some_quotes[200:]]).encode() + b"\n", n + 1, None
        ),
        "empty rows at the end": Damaged(whole + ("," * (frame.shape[1] - 1) + "\n").encode() * 5, n + 5, None),
        "a row twice": Damaged(whole + some_quotes[1].encode() + b"\n", n + 1, []),
        "nobody can be labelled": Damaged(text_of(frame.assign(**{TENURE: "?"})).encode(), n, full_data),
        "a quotation that never ends": Damaged(
            "\n".join([*some_quotes[:700], '"' + some_quotes[700], *some_quotes[701:]]).encode() + b"\n", n, None
        ),
    }
