"""Tables in the store, whatever their files are called."""

import pandas as pd
import pytest

from customer_segmentation.tracking.items import DataSet
from customer_segmentation.tracking.runs import _data_set_input


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("crm:2024.csv", "./crm:2024.csv"),
        ("a\nb: c.csv", "./a\nb: c.csv"),
        ("s3:x.csv", "./s3:x.csv"),
        ("members.csv", "members.csv"),
    ],
)
def test_a_colon_in_a_files_name_is_no_scheme(source, kept):
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    made = _data_set_input(DataSet(frame, name=source, source=source, digest="0" * 32)).dataset
    assert (made.source_type, made.name) == ("local", source)
    assert kept.encode("unicode_escape").decode() in made.source.replace("\\\\", "\\")
