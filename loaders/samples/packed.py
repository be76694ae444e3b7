"""Samples from packing indexes: stretches of documents that fill a sample, and padding.

See `haybale.corpus.packing`. Sample j of a source is a sequence of one of its shards.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.packing import Packing
from haybale.loaders.samples.stretches import Stretches, merge, spread
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import Int64s

MAX_PACKINGS = 1024
"""Packing indexes kept open at a time."""


class PackedLayout:
    """Sequences of a source's packing indexes; see `Layout`.

    Args:
        index: The corpus's.
        first_shard: The source's first shard, by number in the index.
        counts: Sequences, and tokens in these, of each of its shards.
        read: The packing of a shard by its number.

    Attributes:
        placed_tokens: Tokens that are in a sample.
    """

    def __init__(
        self,
        index: IndexRows,
        first_shard: int,
        counts: Sequence[tuple[int, int]],
        read: Callable[[int], Packing],
    ) -> None:
        self._index, self._first_shard, self._read = index, first_shard, read
        self._open: OrderedDict[int, Packing] = OrderedDict()
        sequences = [num_sequences for num_sequences, _ in counts]
        self._firsts = np.concatenate([[0], np.cumsum(sequences, dtype=np.int64)])
        self.num_samples = int(self._firsts[-1])
        self.placed_tokens = sum(num_tokens for _, num_tokens in counts)
        first_row = index.shard_rows(first_shard)[0]
        last_row = index.shard_rows(first_shard + len(counts) - 1)[1]
        self.num_tokens = int(index.num_tokens[first_row:last_row].sum())

    def packing(self, shard: int) -> Packing:
        """The packing of a shard by its number in the index."""
        if shard not in self._open:
            packing = self._read(shard)
            number = shard - self._first_shard
            if packing.num_sequences != self._firsts[number + 1] - self._firsts[number]:
                raise CorruptShardError(
                    f"packing of {self._index.shards[shard]}: has not as many sequences as the "
                    "index of packings says; restore both from a copy or build the corpus again"
                )
            self._open[shard] = packing
            if len(self._open) > MAX_PACKINGS:
                self._open.popitem(last=False)
        return self._open[shard]

    def stretches(self, samples: Int64s) -> Stretches:
        """The stretches of each sequence, of T inputs at most; see `Layout.stretches`."""
        numbers = self._firsts.searchsorted(samples, side="right") - 1
        parts = []
        for number in np.unique(numbers).tolist():
            (of_shard,) = np.nonzero(numbers == number)
            part = self._of_shard(number, samples[of_shard] - self._firsts[number])
            parts.append((of_shard, part))
        return merge(parts)

    def _of_shard(self, number: int, sequences: Int64s) -> Stretches:
        packing = self.packing(self._first_shard + number)
        begins = packing.offsets[sequences].astype(np.int64)
        sample, place = spread(packing.offsets[sequences + 1] - begins)
        chosen = begins[sample] + place
        lengths = packing.lengths[chosen].astype(np.int64)
        before = np.cumsum(lengths) - lengths
        column = before - before[np.arange(len(sample)) - place]
        row, start = self._in_batches(number, packing.starts[chosen])
        return Stretches(sample, column, row, start, lengths)

    def _in_batches(self, number: int, tokens: Int64s) -> tuple[Int64s, Int64s]:
        """Record batch, and offset in it, of tokens of a shard.

        Raises:
            CorruptShardError: If the shard has no such token.
        """
        first, last = self._index.shard_rows(self._first_shard + number)
        starts = np.concatenate([[0], np.cumsum(self._index.num_tokens[first:last])])
        batch = starts.searchsorted(tokens, side="right") - 1
        if ((batch < 0) | (batch >= last - first)).any():
            raise CorruptShardError(
                f"packing of {self._index.shards[self._first_shard + number]}: has tokens that the "
                "shard has not; restore it from a copy or build the corpus again"
            )
        return first + batch, tokens - starts[batch]

    def samples_with(self, shard: int, start: int, num_tokens: int) -> Int64s:
        """The sequences with a stretch of these tokens; see `Layout.samples_with`."""
        packing = self.packing(shard)
        (chosen,) = np.nonzero(
            (packing.starts < start + num_tokens) & (packing.starts + packing.lengths > start)
        )
        sequences = packing.offsets.searchsorted(chosen, side="right") - 1
        return np.unique(sequences + self._firsts[shard - self._first_shard])

    def block_bounds(self, block_tokens: int) -> Int64s:
        """Blocks of whole shards: best fit draws a sequence from all over its shard."""
        tokens = self._firsts  # in samples; sequences of a shard are about T tokens each
        per_sample = max(1, self.num_tokens // max(1, self.num_samples))
        wanted = np.arange(0, self.num_samples, max(1, block_tokens // per_sample))
        return np.unique(np.append(tokens[tokens.searchsorted(wanted)], [0, self.num_samples]))
