"""Labels and rejected rows take their names together, or both names keep what they had."""

import pyarrow as pa
import pytest

from customer_segmentation.errors import SettingsError
from customer_segmentation.scoring.outputs import Output
from customer_segmentation.scoring.score import Scored, _publish


class Noted:
    """What an earlier scoring has written: both files."""

    def holds(self, key, path):
        return True

    def note(self, key, path):
        pass


@pytest.mark.parametrize("rejected", [1, 0])
def test_rejected_rows_of_an_earlier_scoring_stay_where_its_labels_do(rejected, tmp_path):
    labels, rejects = tmp_path / "labels.csv", tmp_path / "labels_rejected.csv"
    labels.write_text("id,segment,segment_name,distance,margin\na,0,x,1,1\n")
    rejects.write_text("id,row,reason\nb,2,empty\n")
    before = rejects.read_bytes()
    outputs = [
        Output(path, overwrite=True, key=key, written=Noted())
        for key, path in (("output", labels), ("rejects", rejects))
    ]
    for output in outputs:
        output.write(pa.table({"id": ["c"]}))
    labels.write_text("id,segment,segment_name,distance,margin\na,0,edited meanwhile,1,1\n")
    with pytest.raises(SettingsError, match="was changed while the command ran"):
        _publish(*outputs, Scored(rows=1 + rejected, scored=1, rejected=rejected))
    for output in outputs:
        output.discard()
    assert rejects.read_bytes() == before
    assert "edited" in labels.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "labels_rejected.csv"]
