import numpy as np
import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.rows.row_files import RowFile, write_row_blocks
from haybale.pipeline.rows.tables import write_rows

ROW = np.dtype([("key", "u8", (2,)), ("value", "u4")])


def rows_of(count):
    rows = np.zeros(count, ROW)
    rows["value"] = np.arange(count)
    return rows


@pytest.mark.parametrize("count", [0, 1, 7])
def test_blocks_are_written_as_the_whole_would_be(tmp_path, count):
    folder, rows = Folder(tmp_path), rows_of(count)
    whole = write_rows(folder, "whole.npy", rows)
    blocks = write_row_blocks(folder, "blocks.npy", ROW, count, [rows[:3], rows[3:]])
    assert blocks.digest == whole.digest


def test_slices_of_a_file_are_those_of_its_rows(tmp_path):
    folder, rows = Folder(tmp_path), rows_of(9)
    write_rows(folder, "rows.npy", rows)
    file = RowFile(folder, "rows.npy")
    assert len(file) == 9
    assert file.dtype == ROW
    for part in (slice(None), slice(2, 5), slice(5, 5), slice(7, 20), slice(20, 30)):
        assert file[part].tobytes() == rows[part].tobytes()
