"""A table whose ids, places and headers mean harm, from `segment init` to the report and the exported lists."""

import csv
import random
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from customer_segmentation.data.spreadsheet_safety import is_formula
from customer_segmentation.report import render

WORD = "W" * 5000
HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil","x")',
    "@cmd",
    "😀 Łódź & Sons",
    WORD,
    "-2+3|cmd",
    "[bold red]x[/bold red]",
    "<img src=x onerror=alert(1)>",
)
PLANS = ("=SUM(A1)", "<i>basic</i>", "@plus")
HEADERS = ["Customer ID", "City", "<b>Plan</b>", "Orders", "Tenure in Months", "Total Revenue", "Churned"]


class _Tags(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.scripts: list[str] = []
        self.marked: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.add(tag)
        self._open.append(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open and self._open[-1] == "script":
            self.scripts.append(data)
            return
        if self._open and self._open[-1] in ("b", "i"):
            self.marked.append(data)
        self.text += data


@pytest.fixture(scope="module")
def swept(run_here, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    draw = random.Random(3)
    with (folder / "clients.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for row in range(300):
            group = row % 3
            orders, months, paid = (2, 10, 300), (8, 50, 4000), (5, 30, 1500)
            means = (orders, months, paid)[group]
            writer.writerow(
                [
                    f"{HOSTILE[row % 8]}{row}",
                    HOSTILE[(group + 3 * (draw.random() < 0.2)) % 8] if row % 10 else HOSTILE[row // 10 % 8],
                    PLANS[group if draw.random() < 0.8 else draw.randrange(3)],
                    max(0, round(draw.gauss(means[0], 1))),
                    max(1, round(draw.gauss(means[1], 5))),
                    round(abs(draw.gauss(means[2], 150)), 2),
                    "Yes" if draw.random() < (0.5, 0.1, 0.3)[group] else "No",
                ]
            )
    begun = run_here("init", "data.path=clients.csv", folder=folder)
    assert begun.code == 0, begun.error
    printed = re.search(r"then run:\s+segment (sweep .*)", begun.out)
    assert printed, begun.out
    ran = run_here(*shlex.split(printed[1]), "features=clients_and_words", "scaling=minmax", "k=[3,4]", folder=folder)
    assert ran.code == 0, ran.error
    return ran


def test_the_report_holds_no_markup_of_the_table(swept):
    sweep = swept.runs("sweep")[0]
    html = swept.artifact(sweep, "report.html").read_text(encoding="utf-8")
    page = _Tags(html)
    own = (Path(render.__file__).parent / "templates" / "report.js").read_text("utf-8")
    assert [script.strip() for script in page.scripts] == [own.strip()]
    assert not {"Plan", "basic"} & set(page.marked)  # a header and a plan that ask for bold and italic letters
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "<i>basic</i>" in page.text  # as text, as it stands
    assert not re.search(r"W{61}", page.text)
    markdown = swept.artifact(sweep, "report.md").read_text(encoding="utf-8")
    assert not re.search(r"<(script|img|i|b)\b", markdown)


def test_no_exported_list_starts_a_cell_with_a_formula(swept):
    files = sorted((swept.folder / "mlartifacts").rglob("*.csv"))
    assert {"profile.csv", "customers.csv", "segments.csv", "leaderboard.csv"} <= {file.name for file in files}
    for file in files:
        with file.open(newline="", encoding="utf-8") as opened:
            rows = list(csv.reader(opened))
        ids = rows[0].index("customer") if file.name == "customers.csv" else None  # as they came
        assert not [cell[:40] for row in rows for at, cell in enumerate(row) if at != ids and is_formula(cell)], (
            file.name
        )
        assert len({len(row) for row in rows}) == 1, file.name


def test_the_exported_ids_are_whole(swept):
    chosen = next(run for run in swept.runs("candidate") if run.data.tags["verdict"] == "chosen")
    with swept.artifact(chosen, "segments/customers.csv").open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    listed = {row["customer"] for row in rows}
    assert len(listed) == len(rows) > 50
    assert listed <= {f"{HOSTILE[row % 8]}{row}" for row in range(300)}
    assert any(customer.startswith(WORD) for customer in listed)
    assert any(customer.startswith("=") for customer in listed)


def test_the_terminal_stays_readable(swept):
    assert "\x1b" not in swept.out
    assert max(map(len, swept.out.splitlines())) < 300
    assert not re.search(r"W{100}", swept.out + swept.error)
