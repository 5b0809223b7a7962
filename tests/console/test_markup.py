"""No text of a table's tells the terminal to do something."""

import io
import sys

import pytest

from customer_segmentation.console.lines import forgive_signs, say, warn
from customer_segmentation.console.markup import escape
from customer_segmentation.console.tables import console, table

ORDERS = "a\x1b[2K\x1b[1Ab[red]c"


@pytest.mark.parametrize("tell", [say, warn, lambda text: console().print(escape(text))])
def test_a_cell_does_not_move_the_cursor(tell, capsys):
    tell(ORDERS)
    said = "".join(capsys.readouterr())
    assert "\x1b" not in said
    assert "[red]" in said


def test_nor_does_the_title_of_a_table(capsys):
    console().print(table(ORDERS))
    assert "\x1b" not in capsys.readouterr().out


def test_nor_a_text_that_nobody_has_escaped(capsys):
    made = table()
    made.add_column(ORDERS)
    made.add_row(ORDERS)
    console().print(made, ORDERS)
    assert "\x1b" not in capsys.readouterr().out


def test_a_sign_that_the_terminal_lacks_ends_no_command(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "latin-1"))
    forgive_signs()
    say("champion → version 2")
    assert sys.stdout.buffer.getvalue() == b"champion ? version 2\n"
