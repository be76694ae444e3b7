"""The footer of a Parquet file, against PyArrow where it is whole; damaged, it ends no process."""

import io
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from haybale.pipeline.sources.parquet_footer import read_footer

TABLE = pa.table(
    {
        "text": [f"text {at}" for at in range(100)],
        "number": range(100),
        "flag": [True] * 100,
        "tags": [[1.5, 2.5]] * 100,
    }
)
SETTINGS = [
    {},
    {"compression": "zstd", "use_dictionary": False},
    {"write_page_index": True, "sorting_columns": [pq.SortingColumn(0)]},
    {"version": "1.0", "write_statistics": False},
]


def data(**settings):
    sink = io.BytesIO()
    pq.write_table(TABLE, sink, row_group_size=30, **settings)
    return sink.getvalue()


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_footer_says_what_pyarrow_finds_in_it(settings):
    whole = data(**settings)
    metadata = pq.ParquetFile(io.BytesIO(whole)).metadata
    groups = read_footer(pa.BufferReader(whole))
    assert len(groups) == metadata.num_row_groups == 4
    for number, group in enumerate(groups):
        expected = metadata.row_group(number)
        assert (group.num_rows, group.num_bytes) == (expected.num_rows, expected.total_byte_size)
        columns = [expected.column(at) for at in range(expected.num_columns)]
        assert group.columns == [
            (
                each.data_page_offset,
                each.dictionary_page_offset if each.has_dictionary_page else None,
                each.total_compressed_size,
            )
            for each in columns
        ]


@pytest.mark.parametrize("nested", [b"\x19" * 5000, b"\x1c" * 5000], ids=["lists", "structs"])
def test_a_footer_nested_without_end_is_none(nested):
    end = len(nested).to_bytes(4, "little") + b"PAR1"
    with pytest.raises((ValueError, LookupError)):
        read_footer(pa.BufferReader(b"PAR1" + nested + end))


_READ_EVERY_FLIP = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from reader_laws import check_laws
path = Path({file!r})
whole = path.read_bytes()
length = int.from_bytes(whole[-8:-4], "little")
for at in range(len(whole) - 8 - length, len(whole) - 8):
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
    check_laws("parquet", path, [len(whole) // 2])
print("read")
"""


def test_no_flipped_bit_of_a_footer_ends_the_process(tmp_path):
    path = tmp_path / "a.parquet"
    sink = io.BytesIO()
    pq.write_table(TABLE.select(["text", "tags"]), sink, row_group_size=60)
    path.write_bytes(sink.getvalue())
    script = _READ_EVERY_FLIP.format(path=sys.path, file=str(path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "read\n", done.stderr[-2000:]
