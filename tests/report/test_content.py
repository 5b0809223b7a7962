"""What a report says: numbers of its tables, cautions found from figures."""

import io
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from customer_segmentation.errors import StoreError
from customer_segmentation.formatting import listed, percent, span
from customer_segmentation.report.build import build_report
from customer_segmentation.report.cautions import STRUCTURE, cautions
from customer_segmentation.report.document import Bars, Card, Grid, Paragraph, Tiles
from customer_segmentation.report.front import confidence, no_value
from customer_segmentation.report.pictures import stored
from customer_segmentation.report.profile_rows import shown_rows, standardised
from customer_segmentation.report.space_checks import check_space
from customer_segmentation.segments.stakes import Stake, about

NUMBER = re.compile(r"[$]?\d+(?:,\d{3})*(?:\.\d+)?(?:\u00a0%| million| billion)?")


def _cells(grid: Grid) -> set[str]:
    return {cell for row in grid.rows for cell in row}


def _sections(data):
    return {section.anchor: section for section in build_report(data).sections}


def blocks_within(blocks, kind):
    """All blocks of a kind, however deep they are."""
    for block in blocks:
        if isinstance(block, kind):
            yield block
        yield from blocks_within(getattr(block, "blocks", ()), kind)


def _overview(data) -> Grid:
    return next(blocks_within(_sections(data)["segments"].blocks, Grid))


def test_numbers_of_a_card_are_numbers_of_its_tables(hostile):
    segments = _sections(hostile)["segments"]
    overview = _overview(hostile)
    cards = list(blocks_within(segments.blocks, Card))
    assert len(cards) == 3
    for segment, card in enumerate(cards):
        told = set(NUMBER.findall(next(blocks_within(card.blocks, Paragraph)).text))
        assert len(told) == 5
        assert told <= set(overview.rows[segment])
        profile = next(blocks_within(card.blocks, Grid))
        claim = hostile.insights.names[segment].claims[0].text
        here, everybody = re.findall(r"\$[\d,.]*\d", claim)
        row = next(row for row in profile.rows if row[0].startswith("Total Revenue"))
        assert row[1:3] == (here, everybody)
        bars = next(blocks_within(card.blocks, Bars)).bars
        assert next(bar for bar in bars if bar.label.startswith("Total Revenue")).texts == (here, everybody)


def test_the_first_page_answers_who_how_many_how_much_and_what_to_do(hostile):
    tiles = next(block for block in build_report(hostile).summary if isinstance(block, Tiles)).tiles
    table = hostile.insights.profiles.segments
    for tile, (_, row), stake in zip(tiles, table.iterrows(), hostile.insights.stakes, strict=True):
        facts = dict(tile.facts)
        assert facts["customers"].startswith(f"{int(row['customers']):,} (")
        assert facts["of Total Revenue"] == percent(row["value_share"])
        assert facts["of monthly value at stake"] == about(stake.recurring * stake.rate, "$")
    texts = " ".join(f"{item.lead} {item.text}" for item in blocks_within(build_report(hostile).summary, Paragraph))
    assert "Confidence:" in texts
    assert "segments/customers.csv" in texts
    assert about(sum(stake.amount for stake in hostile.insights.stakes), "$") in texts


def test_the_overview_adds_up(hostile):
    overview = _overview(hostile)
    counts = [int(row[1].replace(",", "")) for row in overview.rows]
    assert sum(counts[:-1]) == counts[-1] == 220
    assert sum(float(row[3].rstrip("\u00a0%")) for row in overview.rows[:-1]) == pytest.approx(100, abs=0.2)


def test_the_rules_are_told_with_their_measured_agreement(hostile):
    parts = _sections(hostile)["appendix"].blocks
    part = next(part for part in parts if part.title == "The segments as rules")
    grid = next(blocks_within(part.blocks, Grid))
    rules = hostile.candidate.rules
    assert len(grid.rows) == rules["leaves"]
    assert sum(float(row[2].rstrip("\u00a0%")) for row in grid.rows) == pytest.approx(100, abs=0.5)
    assert percent(rules["agreement"]) in next(blocks_within(part.blocks, Paragraph)).text


def test_a_command_of_the_report_names_a_store_that_is_not_the_usual_one(hostile):
    place = ["tracking.uri=sqlite:////elsewhere/a store.db", "tracking.experiment=of mine"]
    sections = str(build_report(replace(hostile, sweep=replace(hostile.sweep, place=place))).sections)
    named = "'tracking.uri=sqlite:////elsewhere/a store.db' 'tracking.experiment=of mine'"
    for words in ("report run_id=sweep", f"export format=rules run_id={hostile.candidate.run_id}"):
        assert f"segment {words} {named}" in sections


def test_rows_are_accounted_for(hostile):
    grid = next(blocks_within(_sections(hostile)["appendix"].blocks, Grid))
    read, used, others, aside = (int(row[1].replace(",", "")) for row in grid.rows)
    assert read == used + others + aside == 229


def test_a_profile_shows_what_drew_the_segments_then_what_differs(hostile):
    profiles = hostile.insights.profiles
    rows = shown_rows(hostile.insights, 2)
    assert list(rows["variable"])[:2] == ["Total Revenue", "Referrals <script>alert('x')</script>"]
    assert list(rows["role"])[-1] == "outcome"
    table = standardised(profiles.table)
    share = table[table["measure"] == "share"].iloc[0]
    assert share["sd"] == pytest.approx(share["effect"] / np.sqrt(share["overall"] * (1 - share["overall"])))


def _leads(data) -> list[str]:
    return [item.lead for item in cautions(data)]


def test_tiny_segments_are_said_with_their_figures(report_of):
    data = report_of(sizes=(3987, 1124, 49, 14))
    found = next(item for item in cautions(data) if item.lead == "Too small to act on.")
    assert "Segments 2 and 3 have 49 and 14 customers, 0.95\u00a0% and 0.27\u00a0% of all" in found.text
    overview = _overview(data)
    assert {"0.95\u00a0%", "0.27\u00a0%"} <= _cells(overview)
    assert "Too small to act on." not in _leads(report_of())


def test_a_share_of_a_sum_with_negative_parts_says_so(report_of):
    data = report_of()
    assert "Negative sums." not in _leads(data)
    profiles = data.insights.profiles
    table = profiles.segments.assign(value=[500.0, -200.0, 100.0])
    insights = replace(data.insights, profiles=replace(profiles, segments=table))
    (found,) = [item for item in cautions(replace(data, insights=insights)) if item.lead == "Negative sums."]
    assert "of segment 1 sums up to less than zero" in str(found.text)
    assert "net sum, $400," in str(found.text)


def test_cautions_follow_from_the_figures(report_of):
    leads = _leads(report_of())
    assert "Value explained is circular." in leads
    assert "The yardstick is a preference." in leads
    assert "Silhouettes do not compare across spaces." in leads
    assert "Rows are missing." in leads  # 4 of 229 were rejected
    assert "The customers are made up." not in leads
    assert "The customers are made up." in _leads(report_of(synthetic=True))


@pytest.mark.parametrize(
    ("word", "natural", "lead", "borders"),
    [
        ("none", False, "No natural groups.", "not natural gaps"),
        ("natural", False, "These segments are not the natural groups.", "are not these segments"),
        ("natural", True, None, "natural ones"),
        ("doubtful", False, "Natural groups are doubtful.", "is doubtful"),
        ("undecidable", False, "Whether there are natural groups cannot be decided here.", "cannot be decided"),
    ],
)
def test_page_one_and_the_cautions_say_what_the_structure_test_said(report_of, word, natural, lead, borders):
    said = f"The test said {word}."
    study = {"study": "own", "structure": word, "sentence": said}
    other = {"study": "other", "structure": "none", "sentence": "Nothing there."}
    chosen = {"run_id": "run3", "name": "x", "study": "own"}
    data = report_of(
        verdict={"chosen": chosen, "natural": natural, "structure_by_study": [other, study], "certainty": {}}
    )
    found = [item for item in cautions(data) if item.lead and item.lead in {one for one, _ in STRUCTURE.values()}]
    assert [item.lead for item in found] == ([lead] if lead else [])
    assert all((said in item.text) == (word != "none") for item in found)
    assert borders in confidence(data).text


def test_scaling_of_rows_makes_features_something_else():
    rng = np.random.default_rng(0)
    n = 3000
    tenure = rng.integers(1, 73, n).astype(float)
    values = pd.DataFrame(
        {"referrals": rng.poisson(2, n), "tenure": tenure, "revenue": tenure * rng.uniform(20, 120, n)}
    )
    rows = values.to_numpy(dtype=float)
    check = check_space(rows / np.linalg.norm(rows, axis=1, keepdims=True), list(values), values)
    named = {item.feature: item for item in check.distorted}
    assert named["tenure"].ratio_to == "revenue"
    assert named["tenure"].ratio == pytest.approx(
        np.corrcoef(rows[:, 1] / np.linalg.norm(rows, axis=1), tenure / values["revenue"])[0, 1]
    )
    assert named["tenure"].own < 0.5
    assert sum(check.weights.values()) == pytest.approx(1)
    for scaled in (rows / rows.std(axis=0), np.log1p(rows)):
        assert not check_space(scaled, list(values), values).distorted


def test_no_choice_still_makes_a_report(report_of):
    from dataclasses import replace

    data = replace(
        report_of(verdict={"chosen": None, "reasons": ["Nothing."]}), candidate=None, insights=None, pictures={}
    )
    document = build_report(data)
    assert [section.anchor for section in document.sections][-1] == "appendix"
    assert any(item.lead == "No candidate was chosen." for item in blocks_within(document.summary, Paragraph))


def test_words():
    assert span("2,3,4,5") == "2 to 5"
    assert listed(["a", "", "b"]) == "a and b"


def test_what_customers_bring_a_period_is_told_where_no_column_is_their_value():
    monthly = SimpleNamespace(stakes=(Stake(9), Stake(9, recurring=90.0, unit="€", period="month")))
    assert no_value(monthly).endswith("worth in all. What customers bring a month is told instead.")
    assert no_value(SimpleNamespace(stakes=(Stake(9),))) == no_value(None)


def test_a_picture_of_a_run_is_a_png_or_refused():
    figure = Image.new("RGB", (40, 30), "white")
    drawn = {}
    for kind in ("PNG", "GIF"):
        held = io.BytesIO()
        figure.save(held, kind)
        drawn[kind] = held.getvalue()
    assert stored(drawn["PNG"], "pairs", alt="pairs").png.startswith(b"\x89PNG")
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"
    for content in (script, drawn["GIF"], b"", drawn["PNG"][:40]):
        with pytest.raises(StoreError, match="the picture pairs of the run is no PNG"):
            stored(content, "pairs", alt="pairs")
