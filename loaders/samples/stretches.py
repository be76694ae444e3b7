"""Stretches: the runs of tokens, each within one record batch, that samples are made of."""

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np

from haybale.loaders.shards.store import Int64s


@dataclass(frozen=True)
class Stretches:
    """The stretches of some samples, int64[stretches] each, by sample and column.

    Attributes:
        sample: Which of the samples asked for, from 0.
        column: Its first token's place in the sample.
        row: Its record batch, as a row of `shards/index.arrow`.
        start: Its first token's offset in the record batch.
        length: Tokens.
    """

    sample: Int64s
    column: Int64s
    row: Int64s
    start: Int64s
    length: Int64s

    def __len__(self) -> int:
        """Stretches."""
        return len(self.sample)


def merge(parts: list[tuple[Int64s, Stretches]]) -> Stretches:
    """One request's stretches from those of its sources, or shards.

    Args:
        parts: For each source, the places of its samples in the request, and their stretches.
    """
    if len(parts) == 1:
        return parts[0][1]
    if not parts:
        return Stretches(*(np.empty(0, np.int64) for _ in fields(Stretches)))
    sample = np.concatenate([places[part.sample] for places, part in parts])
    order = np.argsort(sample, kind="stable")
    rest = [field.name for field in fields(Stretches)][1:]
    columns = (np.concatenate([getattr(part, name) for _, part in parts])[order] for name in rest)
    return Stretches(sample[order], *columns)


def spread(counts: Int64s) -> tuple[Int64s, Int64s]:
    """Numbers the members of groups of these sizes: for each member its group, and its place in it.

    `[2, 0, 1]` gives `[0, 0, 2]` and `[0, 1, 0]`.
    """
    group = np.repeat(np.arange(len(counts)), counts)
    firsts = np.cumsum(counts) - counts
    return group, np.arange(len(group)) - firsts[group]


class Layout(Protocol):
    """How the documents of one source are cut into samples."""

    num_samples: int
    num_tokens: int

    def stretches(self, samples: Int64s) -> Stretches:
        """What these samples are made of, in their order."""

    def samples_with(self, shard: int, start: int, num_tokens: int) -> Int64s:
        """The samples that have one of these tokens of a shard as an input.

        Args:
            shard: Its number in the index.
            start: The first of the tokens, from the shard's first.
            num_tokens: How many.
        """

    def block_bounds(self, block_tokens: int) -> Int64s:
        """Blocks of samples that lie together: int64[blocks + 1], from 0 to `num_samples`."""
