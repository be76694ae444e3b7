"""How much of a text stands in a corpus: for each chunk, the longest run of tokens it shares.

RETRO (Borgeaud et al. 2021, arXiv 2112.04426, section 2.6) measures leakage so: the longest run of
tokens that an evaluation chunk has in common with training data, divided by the chunk's length; 1
means that the chunk was seen whole. There the ten nearest chunks are searched; here every document
of the corpus is, exactly, so that nothing that stands in it is missed. A run lies within one chunk
of the text and within one document of the corpus, at any place of both.

One pass over the corpus, a record batch in memory at a time, and about 300 bytes for each token of
the text.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder
from haybale.tokenization.retrieval.runs import RunSearch


@dataclass(frozen=True)
class Overlap:
    """What a chunk of a text has in common with a corpus.

    Attributes:
        first_token: Where the chunk begins in the text's tokens.
        num_tokens: Its length.
        run_tokens: Tokens of the longest run that stands in some document; 0 if none of its tokens
            does.
        run_first_token: Where the run begins in the text's tokens.
        shard: Path of a shard in which it stands; None without a run.
        shard_token: Where it begins there, as an offset within the shard; None without a run.
    """

    first_token: int
    num_tokens: int
    run_tokens: int
    run_first_token: int
    shard: str | None
    shard_token: int | None

    @property
    def fraction(self) -> float:
        """Of the chunk's tokens: r(C) in RETRO's section 2.6."""
        return self.run_tokens / self.num_tokens


def find_overlaps(
    folder: Folder,
    shards: Iterable[IndexedShard],
    tokens: npt.NDArray[Any],
    chunk_tokens: int,
    token_format: TokenFormat,
) -> list[Overlap]:
    """Search shards for runs of a text's chunks.

    Args:
        folder: The corpus.
        shards: In which to look.
        tokens: int[tokens] of the text, without EOS.
        chunk_tokens: Length of its chunks; the last may be short.
        token_format: Of the corpus.

    Raises:
        CorruptShardError: If a shard is missing or not what the index says.
    """
    search = RunSearch(tokens, chunk_tokens, token_format.vocabulary_size)
    paths, firsts, before = [], [], 0
    for shard in shards:
        paths.append(shard.path)
        firsts.append(before)
        for offsets, values in shard.batches(folder, token_format.dtype):
            search.read(offsets, values, before)
            before += len(values)
    overlaps = []
    for run in search.runs():
        if run.run_tokens:
            at = bisect_right(firsts, run.place) - 1
            overlaps.append(Overlap(*run[:4], paths[at], run.place - firsts[at]))
        else:
            overlaps.append(Overlap(*run[:4], None, None))
    return overlaps
