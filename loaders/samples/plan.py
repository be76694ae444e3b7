"""Samples that were put in order: where they stand, which they are, and what they are made of."""

from dataclasses import dataclass

from haybale.loaders.samples.stretches import Stretches
from haybale.loaders.shards.store import Int64s


@dataclass(frozen=True)
class SamplePlan:
    """Some samples of a sequence.

    Attributes:
        positions: int64[samples]: where in the sequence they stand.
        sources: int64[samples]: number of their subset.
        samples: int64[samples]: number of the sample in it.
        stretches: What they are made of.
    """

    positions: Int64s
    sources: Int64s
    samples: Int64s
    stretches: Stretches

    def __len__(self) -> int:
        """Samples."""
        return len(self.positions)

    def part(self, first: int, last: int) -> "SamplePlan":
        """Those from `first` up to `last`."""
        begin, end = self.stretches.sample.searchsorted([first, last])
        chosen, of = slice(first, last), slice(begin, end)
        stretches = self.stretches
        return SamplePlan(
            self.positions[chosen],
            self.sources[chosen],
            self.samples[chosen],
            Stretches(
                stretches.sample[of] - first,
                stretches.column[of],
                stretches.row[of],
                stretches.start[of],
                stretches.length[of],
            ),
        )
