"""What is said of a row that does not fit its header: the number of cells is that of the row."""

import pytest

from customer_segmentation.errors import DataError
from customer_segmentation.settings.data import ColumnSpec, DataSettings
from customer_segmentation.sources.csv_bad_rows import broken_rows
from customer_segmentation.sources.open import open_path


@pytest.mark.parametrize(
    ("text", "cells"),
    [("1,2,3,4", 4), ("1,2", 2), ('1,"2,5",3,4', 4), ('1,2,"3,4,5",6,7', 5), ("", 1), ('1,"2,3', 3), ("1,,,", 4)],
)
def test_the_cells_of_a_row_are_counted_as_they_are_read(text, cells):
    found = broken_rows([(7, text, "")], ["a", "b", "c"], ",")
    assert found["reason"].tolist() == [f"the row has {cells} cells, the header 3"]
    assert found["row"].tolist() == [7]


ROWS = [f"C{at:03d},{at % 7},{at * 1.5},note" for at in range(60)]


@pytest.mark.parametrize(
    ("changed", "swallowed"),
    [
        ({20: 'C020,1,2,"5 inch'}, 39),  # to the end of the file
        ({20: 'C020,1,2,"5 inch', 24: 'C024,1,2,6" pipe'}, 4),
        ({20: 'C020,"5 inch,2,x', 24: 'C024,6" pipe,2,x'}, 4),
        ({20: 'C020,1,2,"5 inch', 21: 'C021,1,2,6" pipe'}, 1),
        ({20: 'C020,1,2,"a text\nof lines, with a comma\nand ""marks"""'}, 0),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quotation_that_swallows_rows_is_no_text_of_several_lines(changed, swallowed, end, tmp_path):
    rows = [changed.get(at, row) for at, row in enumerate(ROWS)]
    place = tmp_path / "t.csv"
    place.write_text(end.join(["Id,A,B,Note", *rows, ""]), newline="")
    source = open_path(str(place), DataSettings())
    reads = [lambda: len(source.read({0: ColumnSpec()}).frame)]
    reads += [lambda: sum(len(chunk.rows) for chunk in source.chunks({0: ColumnSpec()}, size=7))]
    for read in reads:
        if not swallowed:
            assert read() == 60
            continue
        with pytest.raises(DataError, match=rf"opens in line 22 does not end .* swallows {swallowed} further line"):
            read()
