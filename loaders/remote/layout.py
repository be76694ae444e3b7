"""A record batch on its own: its three buffers one after the other, each from a multiple of 64.

So it is in a cache file, whatever padding its shard has: length and content follow from documents,
tokens and width alone, and so from the digest.
"""

from dataclasses import dataclass

import numpy as np
import xxhash

from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import Int64s

_ALIGNMENT = 64


@dataclass(frozen=True)
class BatchLayout:
    """Where the buffers of a record batch are, in its shard and on its own.

    Attributes:
        sizes: Bytes of ids, list offsets and tokens, without padding.
        in_shard: Where each begins in the shard's file.
    """

    sizes: tuple[int, int, int]
    in_shard: tuple[int, int, int]

    @classmethod
    def of(cls, index: IndexRows, row: int, itemsize: int) -> "BatchLayout":
        """Of a row of the index, whose tokens are so many bytes wide."""
        num_documents, num_tokens = int(index.num_documents[row]), int(index.num_tokens[row])
        places = (index.doc_ids_at[row], index.offsets_at[row], index.values_at[row])
        ids, offsets, values = (int(place) for place in places)
        sizes = (16 * num_documents, 4 * (num_documents + 1), itemsize * num_tokens)
        return cls(sizes, (ids, offsets, values))

    @property
    def starts(self) -> tuple[int, int, int]:
        """Where each buffer begins when the record batch is on its own."""
        ids, offsets, _ = (-(-size // _ALIGNMENT) * _ALIGNMENT for size in self.sizes)
        return 0, ids, ids + offsets

    @property
    def num_bytes(self) -> int:
        """Bytes of the record batch on its own."""
        return self.starts[2] + self.sizes[2]

    @property
    def span(self) -> tuple[int, int]:
        """First and one past the last byte of the shard that hold it."""
        ends = [at + size for at, size in zip(self.in_shard, self.sizes, strict=True)]
        return min(self.in_shard), max(ends)

    def cut(self, data: memoryview, at: int) -> list[memoryview]:
        """Its buffers from a stretch of the shard that begins at byte `at`."""
        pairs = zip(self.in_shard, self.sizes, strict=True)
        return [data[start - at : start - at + size] for start, size in pairs]

    def digest(self, alone: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> str:
        """xxh3-128 of the buffers of a record batch on its own, uint8[num_bytes], in hex."""
        pairs = zip(self.starts, self.sizes, strict=True)
        return digest_of([alone[start : start + size].data for start, size in pairs])


def starts_alone(index: IndexRows, rows: Int64s, itemsize: int) -> tuple[Int64s, Int64s]:
    """`BatchLayout.starts`, int64[rows, 3], and `num_bytes`, int64[rows], of many rows at once."""
    num_documents = index.num_documents[rows]
    ids, offsets = (
        -(-size // _ALIGNMENT) * _ALIGNMENT for size in (16 * num_documents, 4 * num_documents + 4)
    )
    starts = np.stack([np.zeros_like(ids), ids, ids + offsets], axis=1)
    return starts, starts[:, 2] + itemsize * index.num_tokens[rows]


def digest_of(buffers: list[memoryview]) -> str:
    """As `haybale.corpus.shards.batch_digest`: xxh3-128 of ids, offsets and tokens, in hex."""
    hasher = xxhash.xxh3_128()
    for buffer in buffers:
        hasher.update(buffer)
    return hasher.hexdigest()
