"""Samples in place of those that a damaged record batch would have been in.

Which sample stands in follows from the seed, the source and the sample replaced, and from which
record batches are damaged: it is the first of a hashed sequence that touches none of them. So every
rank, and every run after it, takes the same, in whatever order damage is found.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from haybale.corpus.digests import derive_seed
from haybale.corpus.errors import CheckpointMismatchError, CorruptShardError
from haybale.loaders.samples.plan import SamplePlan
from haybale.loaders.samples.reader import SampleReader
from haybale.loaders.samples.stretches import Stretches
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import Int64s

MAX_TRIES = 100
"""Candidates looked at: with half of a source damaged, all are with probability 2^-100."""


class Substitutes:
    """The damaged record batches found so far, and what stands in for their samples.

    Args:
        seed: Of the dataset.
        sources: Names.
        num_samples: Of each source.
        reader: Says what samples are made of.
        index: Of the corpus.
    """

    def __init__(
        self,
        seed: int,
        sources: Sequence[str],
        num_samples: Sequence[int],
        reader: SampleReader,
        index: IndexRows,
    ) -> None:
        self._seed, self._sources, self._num_samples = seed, sources, num_samples
        self._reader, self._index = reader, index
        self._damaged: set[int] = set()

    def add(self, row: int) -> None:
        """Remember a damaged record batch by its row of the index."""
        self._damaged.add(row)

    def add_named(self, names: Iterable[str]) -> None:
        """Remember record batches as `names` calls them.

        Raises:
            CheckpointMismatchError: If there is none of such a name.
        """
        for name in names:
            shard, _, number = name.rpartition(", record batch ")
            try:
                row = int(self._index.first_rows[self._index.shards.index(shard)]) + int(number)
                if self._index.name(row) != name:
                    raise ValueError
            except (ValueError, IndexError):
                raise CheckpointMismatchError(
                    f"the saved position names damage that the corpus cannot have: {name!r}"
                ) from None
            self.add(row)

    def replaces(self, source: int, sample: int) -> bool:
        """Whether another sample stands in for this one."""
        if not self._damaged:
            return False
        rows = self._reader.stretches(np.array([source]), np.array([sample])).row
        return not self._damaged.isdisjoint(rows.tolist())

    def names(self) -> list[str]:
        """The damaged record batches, by shard and number."""
        return [self._index.name(row) for row in sorted(self._damaged)]

    def stretches(self, plan: SamplePlan) -> Stretches:
        """What planned samples, or those in their place, are made of.

        Raises:
            CorruptShardError: If no substitute is found.
        """
        stretches = plan.stretches
        if not self._damaged:
            return stretches
        damaged = np.array(sorted(self._damaged))
        affected = np.unique(stretches.sample[np.isin(stretches.row, damaged)])
        if not affected.size:
            return stretches
        sources, samples = plan.sources, plan.samples.copy()
        for place in affected.tolist():
            samples[place] = self._substitute(int(sources[place]), int(samples[place]), damaged)
        return self._reader.stretches(sources, samples)

    def _substitute(self, source: int, sample: int, damaged: Int64s) -> int:
        name, of_source = self._sources[source], np.array([source])
        for attempt in range(MAX_TRIES):
            drawn = derive_seed(self._seed, "substitute", name, sample, attempt)
            candidate = drawn % self._num_samples[source]
            rows = self._reader.stretches(of_source, np.array([candidate])).row
            if not np.isin(rows, damaged).any():
                return candidate
        raise CorruptShardError(
            f"{name}: {len(damaged)} record batches are damaged, and none of {MAX_TRIES} samples "
            f"could stand in for sample {sample}; restore the shards from a copy "
            "(`haybale verify` names them)"
        )
