import itertools

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.storage import Folder
from haybale.pipeline.rows import parquet_stream
from haybale.pipeline.rows.parquet_stream import open_parquet

SCHEMA = pa.schema(
    [pa.field("doc_id", pa.binary(16), nullable=False), pa.field("file", pa.string())],
    metadata={"format": "test@1"},
)
ROWS = pa.Table.from_pylist(
    [{"doc_id": number.to_bytes(16, "big"), "file": f"{number // 7}"} for number in range(50)],
    schema=SCHEMA,
)


@given(st.lists(st.integers(0, 50), max_size=9))
@settings(max_examples=20, deadline=None)
def test_how_rows_come_leaves_no_trace_in_the_bytes(tmp_path_factory, edges):
    folder = Folder(str(tmp_path_factory.mktemp("parquet")))
    before, parquet_stream.ROW_GROUP_ROWS = parquet_stream.ROW_GROUP_ROWS, 20
    try:
        digests = set()
        for number, cuts in enumerate(([], sorted(edges))):
            bounds = [0, *cuts, len(ROWS)]
            with open_parquet(folder, f"{number}.parquet", SCHEMA) as stream:
                for start, stop in itertools.pairwise(bounds):
                    stream.write(ROWS.slice(start, stop - start))
            digests.add(stream.record().digest)
    finally:
        parquet_stream.ROW_GROUP_ROWS = before
    assert len(digests) == 1
    file = pq.ParquetFile(folder.path("1.parquet"))
    assert [file.metadata.row_group(at).num_rows for at in range(3)] == [20, 20, 10]
    assert file.read() == ROWS
    assert file.schema_arrow.metadata[b"format"] == b"test@1"
