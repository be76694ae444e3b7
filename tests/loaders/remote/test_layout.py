from pathlib import Path

import numpy as np

from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders.remote.layout import BatchLayout, digest_of, starts_alone
from haybale.loaders.shards.index_rows import IndexRows


def test_buffers_begin_at_multiples_of_64() -> None:
    # 5 ids of 16 bytes: 80, so 128; 6 offsets of 4: 24, so 64 more; 7 tokens of 2: 14.
    layout = BatchLayout(sizes=(80, 24, 14), in_shard=(1000, 1088, 1112))
    assert layout.starts == (0, 128, 192)
    assert layout.num_bytes == 206
    assert layout.span == (1000, 1126)


def test_many_rows_at_once_are_laid_out_as_each(index: IndexRows) -> None:
    rows = np.arange(len(index))
    starts, num_bytes = starts_alone(index, rows, 2)
    layouts = [BatchLayout.of(index, row, 2) for row in rows.tolist()]
    assert starts.tolist() == [list(layout.starts) for layout in layouts]
    assert num_bytes.tolist() == [layout.num_bytes for layout in layouts]


def test_cut_buffers_have_the_digest_of_the_index(corpus: Path) -> None:
    index = IndexRows(read_index(Folder(corpus)))
    shard = (corpus / index.shards[1]).read_bytes()
    row = int(index.first_rows[1]) + 3
    layout = BatchLayout.of(index, row, 2)
    begin, end = layout.span
    buffers = layout.cut(memoryview(shard)[begin:end], begin)
    assert digest_of(buffers) == index.digest(row)
    alone = np.zeros(layout.num_bytes, np.uint8)
    for start, buffer in zip(layout.starts, buffers, strict=True):
        alone[start : start + len(buffer)] = np.frombuffer(buffer, np.uint8)
    assert layout.digest(alone) == index.digest(row)
