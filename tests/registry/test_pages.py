from types import SimpleNamespace

from customer_segmentation.registry.version_tags import version_facts
from customer_segmentation.registry.versions import Version


def test_a_reason_stays_one_line_of_plain_text():
    info = SimpleNamespace(run_id="r", run_name="value · minmax · k=4", experiment_id="1")
    run = SimpleNamespace(info=info, data=SimpleNamespace(tags={}))
    facts = version_facts(run, before=None, reason="sales | <b>asked</b>\n# twice")
    assert facts["reason"] == "sales \\| &lt;b&gt;asked&lt;/b&gt; \\# twice"
    assert facts["candidate"] == "[value · minmax · k=4](#/experiments/1/runs/r)"


def test_a_segments_tag_that_was_edited_or_cut_names_no_segment():
    def segments(tag):
        return Version(1, None, None, {"segments": tag}, "", 0).segments

    assert segments('{"0": "Loyal", "2": null}') == {0: "Loyal", 2: ""}
    assert [segments(tag) for tag in ("Loyal, New", '{"0": "Loy…', "[1]", '{"a": "b"}', "")] == [{}] * 5
