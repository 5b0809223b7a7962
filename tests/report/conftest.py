"""Reports of made-up customers whose names, ids and columns mean harm, and a reader of pages."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from customer_segmentation.model.rules import learn_rules
from customer_segmentation.report.data import CandidateFacts, ReportData, SweepFacts, TableFacts
from customer_segmentation.report.pictures import segment_pictures
from customer_segmentation.report.rules import rules_picture
from customer_segmentation.report.space_checks import check_space
from customer_segmentation.segments.claims import Claim
from customer_segmentation.segments.high_value import HighValue
from customer_segmentation.segments.insights import SegmentInsights
from customer_segmentation.segments.profile import profile_segments
from customer_segmentation.segments.recommendations import Recommendation
from customer_segmentation.segments.segment_name import SegmentName
from customer_segmentation.segments.stakes import Stake
from customer_segmentation.segments.variables import Described, ProfileVariable
from customer_segmentation.settings.data import Role

SCRIPT = "<script>alert('x')</script>"
FORMULA = '=HYPERLINK("http://evil","click")'
EMOJI = "Zoë 🦄 O'Neil | `code` **bold** [link](x)"
LONG = "W" * 300
HOSTILE = (SCRIPT, FORMULA, EMOJI, LONG)
VOID = {"meta", "img", "br", "link", "input", "hr"}


@dataclass
class Page:
    """What a test asks of a page."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(text for path, text in self.texts if not {"style", "script"} & set(path)).replace("\u00a0", " ")

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def words(self, tag: str) -> list[str]:
        return [text.strip() for path, text in self.texts if path and path[-1] == tag]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.path = Page(), []

    def handle_starttag(self, tag, attributes):
        self.page.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.path.append(tag)
        if tag == "table":
            self.page.tables.append([])
        elif tag == "tr":
            self.page.tables[-1].append([])
        elif tag in ("td", "th"):
            self.page.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        if not self.path or self.path.pop() != tag:
            self.page.unclosed.append(tag)

    def handle_data(self, data):
        if data.strip():
            self.page.texts.append((tuple(self.path), data))
        if self.path and self.path[-1] in ("td", "th"):
            self.page.tables[-1][-1][-1] += data.replace("\u00a0", " ")


@pytest.fixture(scope="session")
def read_page():
    def read(html: str) -> Page:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        reader.page.unclosed += reader.path
        return reader.page

    return read


class _Space:
    """As much of a space as pictures ask for."""

    def __init__(self, matrix: np.ndarray, values: pd.DataFrame) -> None:
        self.matrix, self.dimensions, self.numbers = matrix, list(values), values.rename(columns={"revenue": SCRIPT})
        self.features = SimpleNamespace(units={SCRIPT: "$"})


def make_report(
    *,
    sizes: tuple[int, ...] = (120, 60, 40),
    verdict: dict | None = None,
    times: tuple[float, float] = (1.0, 1.0),
    **table,
) -> ReportData:
    """A report of customers in as many segments as ``sizes``, drawn by two features of hostile names.

    ``times`` multiply what the two features hold: their revenue and their referrals.
    """
    rng = np.random.default_rng(7)
    k = len(sizes)
    labels = np.repeat(np.arange(k), sizes)
    n = len(labels)
    revenue = rng.gamma(2.0, 500.0, n) * (1 + labels) * times[0]
    referrals = rng.poisson(1 + 2 * labels) * times[1]
    city = rng.integers(0, 3, n).astype(np.int32)
    left = (rng.random(n) < 0.1 + 0.2 * (labels == 0)).astype(np.int32)
    described = (
        Described(ProfileVariable("Total Revenue", "number", Role.value, "$", shapes=True, feature="revenue"), revenue),
        Described(
            ProfileVariable(f"Referrals {SCRIPT}", "number", Role.numeric, shapes=True, feature="referrals"), referrals
        ),
        Described(ProfileVariable("City", "share", Role.categorical, levels=(EMOJI, LONG, FORMULA)), city),
        Described(ProfileVariable("Status", "share", Role.outcome, levels=("Left",)), 1 - left),
    )
    profiles = profile_segments(described, labels)
    names = tuple(
        SegmentName(
            segment, HOSTILE[segment % 4], "", (),
            (
                Claim(
                    "value", "high value", "Total Revenue", "", "above",
                    float(profiles.row(segment, "Total Revenue")["value"]),
                    float(profiles.row(segment, "Total Revenue")["overall"]), "mean", "$", 1.0, 0.9, 1.1,
                ),
            ),
        )
        for segment in range(k)
    )  # fmt: skip
    stakes = tuple(
        Stake(sizes[segment], 1000.0 * sizes[segment], 0.2, 0.1, 0.3, sizes[segment], "$", "month", f"rate {SCRIPT}")
        for segment in range(k)
    )
    advice = (
        Recommendation(
            0, "call", f"Call them {SCRIPT}", names[0].claims, stake=stakes[0], only={f"Plan {SCRIPT}": EMOJI},
            at_stake="outcome", unit="$",
        ),
    )  # fmt: skip
    top = np.argsort(-revenue)[:10]
    customers = pd.DataFrame(
        {
            "customer": [HOSTILE[i % 4] for i in range(10)], "row": top, "segment": labels[top],
            "name": [names[labels[i]].name for i in top], "value": revenue[top], "distance": 0.1, "margin": 0.2,
        }
    )  # fmt: skip
    high = HighValue((k - 1,), customers, 20, 0.2, float(revenue[top].sum()), 0.4)
    insights = SegmentInsights(profiles, names, advice, high, (f"A caution {SCRIPT}",), stakes=stakes)
    values = pd.DataFrame({"revenue": revenue, "referrals": referrals})
    spread = values.to_numpy().std(axis=0)
    matrix = values.to_numpy() / np.where(spread > 0, spread, 1.0)
    board = pd.DataFrame(
        [
            {
                "study": f"{SCRIPT} · minmax", "features": SCRIPT, "scaling": "minmax", "k": q, "yardstick": 0.9,
                "smallest_share": 0.2, "inertia_share": 1 / q, "silhouette": 0.4, "value_explained": 0.5,
                "verdict": "chosen" if q == k else "qualified", "run_id": f"run{q}",
            }
            for q in (2, 3, 4)
        ]
    )  # fmt: skip
    candidate = CandidateFacts(
        f"{SCRIPT} · minmax · k={k}", f"run{k}", f"{SCRIPT} · minmax", SCRIPT, "minmax", k, "",
        {"revenue": "$", "referrals": ""},
        check_space(matrix, list(values), values), board.iloc[1],
        rules=learn_rules(values.assign(**{f"plan {SCRIPT}": np.where(labels == 1, FORMULA, EMOJI)}), labels),
    )  # fmt: skip
    pictures = segment_pictures(
        _Space(matrix, values),
        labels,
        insights,
        labels_by_k={2: labels.clip(0, 1), k: labels},
        value=revenue,
        seed=0,
    )
    pictures["rules"] = rules_picture(candidate.rules, [name.name for name in names])
    rows = {"rows_read": n + 9, "rows_used": n, "rows_not_selected": 5, "rows_rejected": 4}
    facts = {"reasons": ((f"cell {SCRIPT}", 4),), "value": "Total Revenue", "value_unit": "$", "outcomes": ("Status",)}
    return ReportData(
        of_candidate=False,
        table=TableFacts(f"{SCRIPT}.csv", rows, n, **(facts | table)),
        sweep=SweepFacts(
            "sweep", "customer-segmentation", f"segment sweep name={SCRIPT}", {"k": "2,3,4"}, {"seed": "1"}, 1
        ),
        leaderboard=board,
        verdict={"chosen": {"run_id": f"run{k}", "name": "x"}, "reasons": [SCRIPT]} if verdict is None else verdict,
        description=pd.DataFrame({"column": [SCRIPT], "mean": [1.0], "min": [0.0], "max": [2.0]}),
        hypotheses=pd.DataFrame({"sentence": [SCRIPT], "standing": ["supported"]}),
        candidate=candidate,
        insights=insights,
        pictures=pictures,
    )


@pytest.fixture(scope="session")
def report_of():
    return make_report


@pytest.fixture(scope="session")
def hostile():
    return make_report()


@pytest.fixture(scope="session")
def harm():
    return HOSTILE
