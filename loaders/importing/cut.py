"""A stream of documents cut into shards of a number of tokens."""

from collections import deque
from collections.abc import Iterator

import numpy as np
import pyarrow as pa


def cut_shards(
    pieces: Iterator[pa.RecordBatch], target_tokens: int
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Close a shard with the document that reaches the target; how pieces come leaves no trace.

    Args:
        pieces: Documents in order, with a column `tokens`.
        target_tokens: At least 1.

    Yields:
        The pieces of each shard, to be read to their end before the next shard is asked for.
    """
    waiting: deque[pa.RecordBatch] = deque()

    def shard() -> Iterator[pa.RecordBatch]:
        missing = target_tokens
        while missing > 0:
            piece = waiting.popleft() if waiting else next(pieces, None)
            if piece is None:
                return
            lengths = piece.column("tokens").value_lengths().to_numpy(zero_copy_only=False)
            ends = np.cumsum(lengths, dtype=np.int64)
            stop = min(int(np.searchsorted(ends, missing)) + 1, piece.num_rows)
            if stop < piece.num_rows:
                waiting.append(piece.slice(stop))
            missing -= int(ends[stop - 1])
            yield piece.slice(0, stop)

    while True:
        if not waiting:
            piece = next(pieces, None)
            if piece is None:
                return
            waiting.append(piece)
        yield shard()
