"""Reports of odd and hostile tables, looked at in a browser without a window, at 1440 and 390 pixels.

    python benchmarks/pages.py                      # all of them; needs a Chromium on the path
    python benchmarks/pages.py --only emoji,zeros --keep /tmp/pages

For each table: `segment init`, a small sweep, and its report. On the page no element is wider than it, no text is
cut off, no number has an exponent, nothing is "nan" or "0.0 referrals", and no panel is empty.
"""

import argparse
import contextlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np
import pandas as pd

from customer_segmentation.commands.main import main as segment

WIDTHS = (1440, 390)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: What no text of a report may hold; ids, code and commands are left out.
FORBIDDEN = {
    "an exponent": re.compile(r"(?<![\w.])\d(?:\.\d+)?e[+-]?\d+\b"),
    "nan": re.compile(r"(?<!\w)(?:nan|inf|None|NaN|-0)(?!\w)"),
    "0.0 of something": re.compile(r"(?<![\d.,])[-−]?0\.0+ (?!sd\b)[a-z]"),
}
#: What looks at the page from within.
LOOK = (Path(__file__).parent / "pages.js").read_text(encoding="utf-8")


def base(rng: np.random.Generator, n: int = 260) -> pd.DataFrame:
    """A table of a trade like any other, of which each odd one is made."""
    kind = rng.integers(0, 3, n)
    months = np.choose(kind, [rng.integers(1, 10, n), rng.integers(10, 40, n), rng.integers(30, 72, n)])
    fee = np.choose(kind, [20.0, 35.0, 60.0]) + rng.normal(0, 3, n)
    return pd.DataFrame(
        {
            "Customer": [f"C{number:05d}" for number in range(n)],
            "Months": months,
            "Visits": rng.poisson(np.choose(kind, [1, 4, 12])),
            "Total Paid": (months * fee).round(2),
            "Plan": np.choose(kind, ["basic", "plus", "gold"]),
            "Churned": np.where(rng.random(n) < np.choose(kind, [0.4, 0.2, 0.05]), "Yes", "No"),
        }
    )


def tables() -> dict[str, pd.DataFrame]:
    """The tables by name, from one seed."""
    rng = np.random.default_rng(2027)
    made: dict[str, pd.DataFrame] = {}

    def add(name: str, change=None, n: int = 260, **columns) -> None:
        frame = base(rng, n)
        for column, values in columns.items():
            frame[column.replace("__", " ")] = values(n) if callable(values) else values
        made[name] = frame if change is None else change(frame)

    long = "Average revenue per paying household member over the trailing twelve months, excluding refunds and taxes"
    script = "<script>alert('x')</script>"
    add("plain")
    add(
        "emoji",
        lambda t: t.rename(columns={"Visits": "Visits 🦄 Zoë’s ✨", "Plan": "プラン", "Months": "شهور العضوية"}),
    )
    add(
        "long_headers",
        lambda t: t.rename(columns={"Visits": long, "Total Paid": f"Total paid {long}", "Months": "W" * 120}),
    )
    add(
        "markup",
        lambda t: t.rename(columns={"Visits": f"Visits {script}", "Plan": "<b>Plan</b> & |co| `x` *y*"}).assign(
            Hint=script
        ),
    )
    add("huge", lambda t: t.assign(**{"Total Paid": t["Total Paid"] * 1e12, "Visits": t["Visits"] * 10**9}))
    add("tiny", lambda t: t.assign(**{"Total Paid": t["Total Paid"] * 1e-7, "Rate": rng.random(len(t)) * 1e-9}))
    add("zeros", lambda t: t.assign(**{"Referrals": 0, "Refunds": 0.0}))
    add(
        "nearly_zeros",
        lambda t: t.assign(Referrals=(rng.random(len(t)) < 0.01).astype(int), Gifts=(np.arange(len(t)) == 3) * 1),
    )
    add("negative_money", lambda t: t.assign(**{"Total Paid": t["Total Paid"] - 900}))
    add("worthless", lambda t: t.assign(**{"Total Paid": 0.0}))
    add("all_left", lambda t: t.assign(Churned="Yes"))
    add("nobody_left", lambda t: t.assign(Churned="No"))
    add("one_left", lambda t: t.assign(Churned=["Yes", *["No"] * (len(t) - 1)]))
    add("no_value", lambda t: t.drop(columns=["Total Paid"]))
    add("no_outcome", lambda t: t.drop(columns=["Churned"]))
    add("bare", lambda t: t[["Months", "Visits"]])
    add("one_number", lambda t: t[["Customer", "Total Paid"]])
    add(
        "yes_no",
        lambda t: t[["Customer", "Churned"]].assign(
            **{f"Has {word}": rng.choice(["Yes", "No"], len(t)) for word in ("app", "card", "garage", "dog", "garden")}
        ),
    )
    add("few", n=40)
    add(
        "doubles",
        lambda t: pd.concat([t.head(6)] * 40, ignore_index=True).assign(
            Customer=[f"D{number}" for number in range(240)]
        ),
    )
    add(
        "holes",
        lambda t: t.assign(
            **{
                "Visits": t["Visits"].where(rng.random(len(t)) < 0.6),
                "Total Paid": t["Total Paid"].where(rng.random(len(t)) < 0.8),
                "Churned": t["Churned"].where(rng.random(len(t)) < 0.97, ""),
            }
        ),
    )
    add("outlier", lambda t: t.assign(**{"Total Paid": np.where(np.arange(len(t)) == 5, 9.9e9, t["Total Paid"])}))
    add("wide", lambda t: t.assign(**{f"Figure number {at}": rng.normal(at, 1, len(t)).round(2) for at in range(45)}))
    add(
        "many_levels",
        lambda t: t.assign(City=[f"City {at} of the northern district" for at in rng.integers(0, 45, len(t))]),
    )
    add(
        "long_levels",
        lambda t: t.assign(Plan=["The plan " + "of a very long name " * 12 + str(at % 3) for at in range(len(t))]),
    )
    add(
        "our_words",
        lambda t: t.rename(columns={"Visits": "share", "Plan": "segment", "Months": "k", "Customer": "row"}),
    )
    add(
        "signs",
        lambda t: t.rename(columns={"Visits": "$x^2$ {visits}", "Plan": "a|b`c`*d*", "Total Paid": "Total Paid (¥)"}),
    )
    add(
        "percent",
        lambda t: t.assign(
            **{"Discount (%)": (rng.random(len(t)) * 100).round(1), "Open rate": rng.random(len(t)).round(4)}
        ),
    )
    add("dates", lambda t: t.assign(**{"Joined": pd.date_range("2019-01-01", periods=len(t)).strftime("%d.%m.%Y")}))
    add("many_segments", lambda t: t.assign(X=rng.integers(0, 12, len(t)) * 50.0 + rng.normal(0, 1, len(t))), n=600)
    add(
        "money_words",
        lambda t: t.rename(
            columns={"Total Paid": "Umsatz_gesamt_eur", "Months": "LaufzeitMonate", "Churned": "abgewandert"}
        ),
    )
    add("equal", lambda t: t.assign(**{"Months": 12, "Visits": 3, "Total Paid": 99.0}))
    return made


def report_of(frame: pd.DataFrame, folder: Path, name: str) -> tuple[str, str]:
    """The report of a table as a page; "" and what the commands said where there is none."""
    frame.to_csv(folder / "table.csv", index=False)
    said = folder / "said.txt"
    ks = "[2,6,11,12]" if name == "many_segments" else "[2,3,4]"
    small = ["selection.stability.resamples=6", "scaling=standard", "quiet=true"]
    many = ["selection=fixed", "selection.k=12"] if name == "many_segments" else ["selection.stability.short_list=3"]
    with (
        contextlib.chdir(folder),
        said.open("w") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        for words in (
            ["init", "data.path=table.csv", f"name=odd_{name}"],
            ["sweep", f"experiments=odd_{name}", f"features=odd_{name}", f"k={ks}", *small, *many],
            ["report", "output=page.html", "quiet=true"],
        ):
            if segment(words) != 0:
                return "", said.read_text()
    return (folder / "page.html").read_text(encoding="utf-8"), said.read_text()


def faults_of(page: str, folder: Path, browser: str) -> list[str]:
    """What a browser sees that should not be, at each width."""
    frames = "".join(
        f'<iframe style="border:0;width:{width}px;height:900px" srcdoc="{html.escape(page)}"></iframe>'
        for width in WIDTHS
    )
    wrapper = folder / "wrapper.html"
    wrapper.write_text(
        f"<!doctype html><meta charset=utf-8><body>{frames}<script>{LOOK}</script></body>", encoding="utf-8"
    )
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
            "--window-size=1600,1000", "--virtual-time-budget=8000", "--dump-dom", f"file://{wrapper}",
        ]  # fmt: skip
        seen = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r'<pre id="told">(.*?)</pre>', seen, re.S)
    if found is None:
        return ["the browser told nothing"]
    faults = []
    for width, told in zip(WIDTHS, json.loads(html.unescape(found[1])), strict=True):
        faults += [f"{width}: {fault}" for fault in dict.fromkeys(told["found"])]
        for what, pattern in FORBIDDEN.items():
            texts = [text for text in told["text"] if pattern.search(text.replace("\u00a0", " "))]
            faults += [f"{width}: {what}: {text[:120]}" for text in dict.fromkeys(texts)]
    return list(dict.fromkeys(faults))


def main() -> None:
    """Make the reports and look at each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--keep", help="a folder for the pages")
    arguments = parser.parse_args()
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"no browser: expected one of {', '.join(BROWSERS)} on the path.")
    wanted = set(filter(None, arguments.only.split(",")))
    total = pages = 0
    for name, frame in tables().items():
        if wanted and name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            page, said = report_of(frame, Path(scratch), name)
            if not page:
                told = said.strip().splitlines()
                print(f"{name}: no report: {told[-1][:200] if told else 'nothing said'}", flush=True)
                continue
            faults = faults_of(page, Path(scratch), browser)
            if arguments.keep:
                Path(arguments.keep).mkdir(parents=True, exist_ok=True)
                (Path(arguments.keep) / f"{name}.html").write_text(page, encoding="utf-8")
        pages, total = pages + 1, total + len(faults)
        print(f"{name}: {len(faults) or 'no'} faults", *(f"  {fault}" for fault in faults[:12]), sep="\n", flush=True)
    print(f"{pages} pages, {total} faults")
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
