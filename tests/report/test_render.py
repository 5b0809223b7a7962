"""The page: safe, self-contained, in order, and the same as the markdown."""

import re
from importlib.resources import files
from itertools import pairwise

import pytest

from customer_segmentation.figures.labels import TEXT
from customer_segmentation.figures.theme import RECORD
from customer_segmentation.formatting import cut, markdown, markdown_code
from customer_segmentation.report.build import build_report
from customer_segmentation.report.document import Code, Document, Paragraph, Section
from customer_segmentation.report.render import html_page, markdown_text


@pytest.fixture(scope="module")
def html(hostile):
    return html_page(build_report(hostile))


@pytest.fixture(scope="module")
def page(html, read_page):
    return read_page(html)


@pytest.mark.parametrize("times", [(1e12, 1.0), (1e-7, 1e9), (1.0, 0.0), (0.0, 1.0), (-1.0, 1e-9)])
def test_odd_numbers_are_written_as_people_write_them(report_of, read_page, times):
    page = read_page(html_page(build_report(report_of(times=times))))
    for text in (text for path, text in page.texts if not {"style", "script"} & set(path)):
        assert not re.search(r"(?<![\w.])\d(?:\.\d+)?e[+-]?\d+\b", text), text
        assert not re.search(r"(?<!\w)(?:nan|inf|NaN|-0)(?!\w)", text), text
        assert not re.search(r"(?<![\d.,])[-−]?0\.0+\s(?!sd\b)[a-z]", text), text


def test_nothing_of_the_data_becomes_markup(html, page, harm):
    assert not page.unclosed
    assert len(page.of("script")) == 1  # the page's own, which holds nothing of the data
    assert page.of("script") == [{}]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    _, _, script = html.partition("<script>")
    assert "<script>" not in script
    own = (files("customer_segmentation.report") / "templates" / "report.js").read_text(encoding="utf-8").strip()
    assert script.strip().startswith(own)
    assert len(own) < 4_000
    for words in harm:
        assert cut(words) in page.text


def test_the_page_loads_nothing(html, page):
    links = [attributes[name] for _, attributes in page.tags for name in ("src", "href") if name in attributes]
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in links)
    assert not page.of("link")
    assert "@import" not in html
    assert not re.search(r"url\((?!['\"]?#)", html)
    assert set(re.findall(r'https?://[^"<\s]+', html.replace("http://evil", ""))) <= {"http://www.w3.org/2000/svg"}
    assert len(html.encode()) < 3_000_000


def test_headings_go_down_by_one_and_ids_are_unique(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [attributes["aria-labelledby"] for _, attributes in page.tags if "aria-labelledby" in attributes]
    assert set(named) <= set(ids)
    assert {link["href"][1:] for link in page.of("a")} <= set(ids)


def test_pictures_have_words_and_captions_and_tables_have_heads(page):
    assert page.of("html")[0]["lang"] == "en"
    assert all(image["alt"] and image["width"] and image["height"] for image in page.of("img"))
    drawn = [box for box in page.of("div") if box.get("class") == "frame"]
    assert all(box["aria-label"] for box in drawn)
    assert len(drawn) == len(page.of("figure")) == len(page.of("svg")) + len(page.of("img")) >= 2
    assert len(page.of("figcaption")) == len(page.of("svg"))  # what an image says itself is not said twice
    assert all(len(row) == len(table[0]) for table in page.tables for row in table)
    assert {attributes["scope"] for attributes in page.of("th")} == {"col", "row"}


def test_markdown_says_the_same(hostile, page):
    text = markdown_text(build_report(hostile))
    assert "<script>" not in re.sub(r"(?ms)^(`{3,})sh\n.*?^\1$", "", text)  # a block of code shows it as it stands
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == page.words("h2")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.rstrip().endswith("|") for line in rows)
    # as many cells as the page has: a sign of a cell opened no further one
    cells = [len(re.findall(r"(?<!\\)\|", line)) - 1 for line in rows if not set(line) <= set("|-: ")]
    plots = [table[0][:2] == ["", ""] for table in page.tables]  # a column of bars, which markdown does without
    expected = [len(row) - plot for table, plot in zip(page.tables, plots, strict=True) for row in table]
    assert cells == expected


def test_markdown_shows_signs_as_they_stand():
    assert markdown("a|b *c* <i> `d`\nnew") == r"a\|b \*c\* &lt;i&gt; \`d\` new"
    assert markdown_code("run `x` ```y```").splitlines()[0] == "````sh"


def test_a_word_of_thousands_of_letters_is_cut_and_a_digest_is_not():
    assert cut(f"see {'W' * 5000} and {'a' * 64}") == f"see {'W' * 60}… and {'a' * 64}"
    assert markdown("W" * 5000) == "W" * 60 + "…"


def test_text_of_pictures_stays_above_eleven_pixels(page):
    for frame in (box for box in page.of("div") if box.get("class") == "frame"):
        sizes = dict(re.findall(r"--(least|full): (\d+)px", frame["style"]))
        assert TEXT / 72 * 96 * int(sizes["least"]) / int(sizes["full"]) >= 11
        assert frame["tabindex"] == "0"


def test_marks_of_vectors_name_their_segment_and_their_values(page, html, hostile):
    marked = [group for group in page.of("g") if "data-tips" in group]
    segments = {group["data-segment"] for group in marked if "data-segment" in group}
    assert segments == {"0", "1", "2"}
    points = [tip for group in marked for tip in group["data-tips"].split(RECORD)]
    assert len(points) >= hostile.table.customers
    assert all(box.get("aria-hidden") == "true" for box in page.of("svg"))
    # on a dark page ink is light; what stands on a segment's colour keeps its own
    drawn = "".join(re.findall(r"<svg\b.*?</svg>", html, re.DOTALL))
    own = {f"--{name}" for name in re.findall(r"var\(--(\w+), #", drawn)}
    assert {"--ink", "--quiet", "--page"} <= own <= set(re.findall(r"(--\w+):", html))
    assert not re.findall(r"(?<!, )#(?:222222|595959)", drawn)


def test_control_characters_do_not_reach_the_page(read_page):
    document = Document("a\x00b\x1b[31m", "", (), (Section("s", "S", (Paragraph("x\x08y"), Code("z"))),))
    html = html_page(document)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", html)
    assert "xy" in read_page(html).text
