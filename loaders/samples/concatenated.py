"""Documents one after the other, cut every T tokens: nothing is left out, nothing is padded.

Sample j is tokens [j T, j T + T] of the stream that a source's record batches are in their order:
T inputs, and the token after each as its label. Only the last tokens, too few for a sample, are in
none.
"""

import numpy as np

from haybale.loaders.samples.stretches import Stretches, spread
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import Int64s


class ConcatenatedLayout:
    """Samples of a source's stream; see `Layout`.

    Memory: 8 bytes per record batch.

    Args:
        index: The corpus's.
        first_row: The source's first record batch.
        last_row: One past its last.
        sequence_length: T.
    """

    def __init__(
        self, index: IndexRows, first_row: int, last_row: int, sequence_length: int
    ) -> None:
        self._index, self._first_row, self._length = index, first_row, sequence_length
        self._starts = np.zeros(last_row - first_row + 1, np.int64)
        np.cumsum(index.num_tokens[first_row:last_row], out=self._starts[1:])
        self.num_tokens = int(self._starts[-1])
        # The stream's last token can be a label, but no input.
        self.num_samples = max(0, self.num_tokens - 1) // sequence_length

    def stretches(self, samples: Int64s) -> Stretches:
        """T + 1 tokens for each sample; see `Layout.stretches`."""
        begins = samples * self._length
        ends = begins + self._length + 1
        first = self._starts.searchsorted(begins, side="right") - 1
        last = self._starts.searchsorted(ends, side="left") - 1
        sample, place = spread(last - first + 1)
        batch = first[sample] + place
        begin = np.maximum(begins[sample], self._starts[batch])
        end = np.minimum(ends[sample], self._starts[batch + 1])
        return Stretches(
            sample=sample,
            column=begin - begins[sample],
            row=self._first_row + batch,
            start=begin - self._starts[batch],
            length=end - begin,
        )

    def samples_with(self, shard: int, start: int, num_tokens: int) -> Int64s:
        """The samples over a stretch of the stream; see `Layout.samples_with`."""
        first_row = int(self._index.first_rows[shard])
        begin = int(self._starts[first_row - self._first_row]) + start
        first, last = begin // self._length, (begin + num_tokens - 1) // self._length
        return np.arange(first, min(last + 1, self.num_samples))

    def block_bounds(self, block_tokens: int) -> Int64s:
        """Blocks of whole record batches, but for the sample across each border."""
        wanted = np.arange(0, self.num_tokens, block_tokens)
        tokens = self._starts[np.unique(self._starts.searchsorted(wanted))]
        firsts = -(-tokens // self._length)  # a sample belongs where it begins
        return np.unique(np.append(firsts[firsts < self.num_samples], [0, self.num_samples]))
