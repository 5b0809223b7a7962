"""No text of a table's tells the terminal to do something."""

import pytest

from customer_segmentation.console.lines import say, warn
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
