"""What is said of a row that does not fit its header: the number of cells is that of the row."""

import pytest

from customer_segmentation.sources.csv_bad_rows import broken_rows


@pytest.mark.parametrize(
    ("text", "cells"),
    [("1,2,3,4", 4), ("1,2", 2), ('1,"2,5",3,4', 4), ('1,2,"3,4,5",6,7', 5), ("", 1), ('1,"2,3', 3), ("1,,,", 4)],
)
def test_the_cells_of_a_row_are_counted_as_they_are_read(text, cells):
    found = broken_rows([(7, text, "")], ["a", "b", "c"], ",")
    assert found["reason"].tolist() == [f"the row has {cells} cells, the header 3"]
    assert found["row"].tolist() == [7]
