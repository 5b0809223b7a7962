"""What is printed in a narrow terminal: words stay whole, figures stay, sentences hang."""

import io
import sys

import pytest
from rich.console import Console

from customer_segmentation.console import tables
from customer_segmentation.console.lines import say
from customer_segmentation.secrets import RedactedStream, remember


@pytest.mark.parametrize("width", [80, 100])
def test_in_a_narrow_terminal_no_word_is_broken_and_figures_stay(monkeypatch, width):
    monkeypatch.setattr(tables, "console", lambda: Console(width=width))
    made = tables.columns(tables.table("Segments"), right=["segment"])
    tables.columns(tables.columns(made, ["name"], ["customers", "share", "value each", "share of value"]), ["identity"])
    made.add_row(
        "0", "[bold]Long-standing high-value customers[/bold]", "12,269", "43.7 %", "1,163", "14.8 %", "continued"
    )
    out = Console(width=width, file=io.StringIO(), force_terminal=False)
    out.print(made)
    text = out.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    for word in ("Long-standing", "high-value", "customers", "identity", "continued", "12,269", "43.7 %", "14.8 %"):
        assert word in text


def test_a_long_sentence_hangs_under_its_first_words_in_a_terminal_alone(monkeypatch, capsys):
    sentence = "Sweep: " + "word " * 40 + "/a/path/that/is/" + "long" * 20
    say(sentence, "short")
    assert capsys.readouterr().out == f"{sentence}\nshort\n"
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    say(sentence, "short")
    first, *others = capsys.readouterr().out.splitlines()
    assert len(first) <= 80
    assert others[-1] == "short"
    assert all(line.startswith("    ") for line in others[:-1])
    assert sentence.split()[-1] in others[-2]


def test_a_secret_is_hidden_before_a_narrow_terminal_breaks_it(monkeypatch, capsys):
    remember("correct horse battery staple")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", RedactedStream(sys.stdout))
    say("of the query with a correct horse battery staple in it")
    tables.PlainConsole(width=40).print("of the query with a correct horse battery staple in it")
    out = capsys.readouterr().out
    assert "***" in out
    assert not any(word in out for word in ("correct", "staple"))
