"""Small tables with everything that is wrong with tables, as text and as frames: each is read by both engines."""

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np
import pandas as pd

HEADER = "id,spend,state,note"


def lines(rows=60):
    """A header and customers."""
    return [HEADER, *(f"C{at},{at * 3.25 + 1},{'here' if at % 7 else 'gone'},x" for at in range(rows))]


def changed(**cells):
    """The lines, some of which are others, by number."""
    found = lines()
    for at, line in cells.items():
        found[int(at.lstrip("_"))] = line
    return found


def joined(found, end="\n", encoding="utf-8"):
    return (end.join(found) + end).encode(encoding)


def zipped(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("customers.csv", content)
    return packed.getvalue()


def texts():
    """Name to the files of a table."""
    plain = joined(lines())
    cells = [line.split(",") for line in lines()]
    accents = [line.replace(",x", ",Zürich") for line in lines()]
    comma = ["id;spend;state;note", *(";".join([a, b.replace(".", ","), *rest]) for a, b, *rest in cells[1:])]
    other_order = [",".join([line[3], line[1], line[0], line[2]]) for line in cells]
    one = {
        "as it is": plain,
        "windows line ends": joined(lines(), "\r\n"),
        "carriage returns": joined(lines(), "\r"),
        "no line end at the end": plain.rstrip(b"\n"),
        "byte order mark": b"\xef\xbb\xbf" + plain,
        "utf-16": joined(lines(), encoding="utf-16"),
        "cp1252": joined(accents, encoding="cp1252"),
        "not utf-8 at the end": joined(lines(9000)) + b"C9999,5,here,Z\xfcrich\n",
        "semicolons and decimal commas": joined(comma),
        "tabs": joined(["\t".join(line) for line in cells]),
        "declared separator": b"sep=|\n" + joined(["|".join(line) for line in cells]),
        "everything quoted": joined([",".join(f'"{cell}"' for cell in line) for line in cells]),
        "commas and quotes in cells": joined(changed(_5='C4,7,here,"a ""big"", old one"')),
        "a line break in a cell": joined(changed(_5='C4,7,here,"old\nnew"', _9="C8,many,here,x")),
        "a quote in the midst": joined(changed(_5='C4,7,here,5" wide', _6='C5,7,here,a"b"')),
        "spaces before quotes": joined(changed(_5='C4, "7", "here",x')),
        "a quotation that never ends": joined(changed(_50='"C49,7,here,x')),
        "title above the header": b"Customers of June\n\n" + plain,
        "empty lines between": joined(lines(), "\n\n"),
        "commas only": joined([*changed(_5=",,,", _6=", ,NA,"), ",,,", ",,,"]),
        "cells missing": joined(changed(_5="C4,7", _6="C5", _59="TOTAL")),
        "cells too many": joined(changed(_5="C4,7,here,x,more", _6=",,,,")),
        "cut off in a row": plain[:-9],
        "blanks": joined(changed(_5="C4,,here,x", _6=" ,7,here,x", _7="C6,NULL,here,x", _8="C7,8,n/a,x")),
        "impossible": joined(changed(_5="C4,-3.0,here,x", _6="C5,inf,here,x", _7="C6,1e400,here,x")),
        "unreadable": joined(changed(_5="C4,many,here,x", _6="C5,1\x002,here,x", _7="C6,2022-01-05,here,x")),
        "dollars": joined(changed(_5='C4,"$1,234.50",here,x', _6="C5,unknown,here,x")),
        "unknown value": joined(changed(_5="C4,7,elsewhere,x", _6="C5,7, HERE ,x")),
        "repeated": joined([*lines(), lines()[5], "C8,1,here,x", " C9,1,here,x"]),
        "header again": joined(changed(_30=HEADER)),
        "totals": joined([*lines(), f"Total,{sum(at * 3.25 + 1 for at in range(60))},,"]),
        "long cell": joined(changed(_5=f"{'a' * 100_000},many,here,x")),
        "another order and a synonym": joined(other_order).replace(b"id", b"Customer", 1),
        "a header without a name": joined([f"{line},1" for line in lines()]).replace(b"note,1", b"note,", 1),
        "header only": b"id,spend,state,note\n",
        "empty": b"",
        "a column missing": joined([f"{line[0]},{line[2]}" for line in cells]),
        "a column twice": joined([f"{line},{line.split(',')[1]}" for line in lines()]),
        "binary": np.random.default_rng(0).bytes(5000),
        "damaged Parquet": b"PAR1" + np.random.default_rng(0).bytes(500),
        "most rows short": joined([HEADER, *["C1,2"] * 50, "C2,3,here,x"]),
    }
    packed = {
        "customers.csv.gz": gzip.compress(plain),
        "customers.bz2": bz2.compress(plain),
        "customers.csv.xz": lzma.compress(plain),
        "gzip.csv": gzip.compress(plain),
        "customers.zip": zipped(plain),
        "cut.csv.gz": gzip.compress(plain)[:100],
    }
    found = {name: {"customers (1).csv": content} for name, content in one.items()}
    found |= {name: {name: content} for name, content in packed.items()}
    found["parts"] = {
        "b.csv": plain,
        "a.csv": joined(other_order),
        "c/d.csv.gz": gzip.compress(joined(["\t".join(line) for line in cells[:9]])),
    }
    found["parts"] = {"b.csv": joined([HEADER, "D1,2,here,x", ",,,", "D2,3"]), **found["parts"], "_SUCCESS": b""}
    found["parts, one with a line break"] = {"a.csv": plain, "b.csv": b'id,spend,state,note\nD1,2,here,"x\ny"\nD2\n'}
    found["parts that differ"] = {"a.csv": plain, "b.csv": b"id,spend,state\nD1,2,here\n"}
    return found


def written(files, folder):
    """Write the files of a table; the one file, or the folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / next(iter(files)) if len(files) == 1 else folder


def frames():
    """Name to a frame."""
    plain = pd.DataFrame([line.split(",") for line in lines()[1:]], columns=HEADER.split(","))
    numbers = plain.assign(spend=pd.to_numeric(plain["spend"]))
    some = numbers["spend"].where(numbers.index % 9 != 4)
    text = plain.copy()
    text.loc[3:9, "spend"] = ["$1,234.50", "unknown", "many", "-3", "inf", None, " 12 "]
    text.loc[10:13, "state"] = [" HERE ", "elsewhere", "n/a", None]
    nobody = plain.copy()
    nobody.loc[[5, 59]] = None
    nobody.loc[6] = ["", " ", None, "NA"]
    nobody.loc[7, ["id", "spend", "state"]] = None
    return {
        "numbers": numbers,
        "text": text,
        "nulls and negatives": numbers.assign(spend=some - 20),
        "infinities": numbers.assign(spend=numbers["spend"].replace(plain.index[3] * 3.25 + 1, np.inf)),
        "decimal texts": plain.assign(spend=plain["spend"].str.replace(".", ",", regex=False)),
        "ids as numbers": numbers.assign(id=np.where(numbers.index == 4, np.nan, numbers.index.to_numpy() * 1.0)),
        "nobody": nobody,
        "repeated": pd.concat([plain, plain.loc[[4]], plain.loc[[5]].assign(spend="1")], ignore_index=True),
        "header again": pd.concat([plain, pd.DataFrame([dict(zip(plain, plain, strict=True))])], ignore_index=True),
        "categories": numbers.astype({"state": "category"}),
        "no rows": numbers.iloc[:0],
        "a column missing": numbers.drop(columns="spend"),
        "true and false": plain.assign(state=plain["state"] == "here"),
    }
