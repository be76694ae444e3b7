"""A shuffle for remote shards, which reads whole blocks: blocks in random order, mixed in windows.

Reading single samples in random order from an object store is a request of a few kilobytes each.
Here every epoch puts the source's blocks (stretches of neighbouring samples) into a random order,
takes `window_blocks` of them in a row as a window, and permutes the samples within each window. So
a reader that holds one window, and fetches the next meanwhile, has all that it needs.

What this shuffle is worth: the blocks of a window are a uniform sample of all blocks, and within a
window the order is a full shuffle. Yet a sample meets only the samples of those blocks in its part
of the epoch, and neighbours of the corpus stay in one window. A batch's variance is thus that of a
sample of blocks: little more than a full shuffle's where blocks resemble each other, which
shuffling documents when the shards are written brings about; up to the blocks' own differences
where the corpus is sorted. CorgiPile (Xu et al. 2022, arXiv 2206.05830) shows that two such levels
reach the convergence of a full shuffle at a rate that depends on the blocks' variance; Corgi2
(Livne et al. 2023, arXiv 2309.01640) that one shuffle of the stored data on top of it closes most
of the gap.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import derive_seed
from haybale.loaders.order.grouping import grouped
from haybale.loaders.order.permutation import Int64s, Permutation, order_key, permutation


@dataclass(frozen=True)
class _Epoch:
    """The order of the blocks in one epoch.

    Attributes:
        number: The epoch.
        blocks: int32[blocks]: which block comes when.
        starts: int64[blocks + 1]: the place at which each of these begins.
        window_starts: int64[windows + 1]: the place at which each window begins.
    """

    number: int
    blocks: npt.NDArray[np.int32]
    starts: Int64s
    window_starts: Int64s


class BlockOrder:
    """Blocks permuted, and samples within windows of blocks permuted, in every epoch anew.

    No sample is left out, and no block has a fixed place; the last window of an epoch may have
    fewer blocks than the others.

    Args:
        bounds: int64[blocks + 1]: first sample of each block, from 0, not falling, to the number of
            samples. Blocks may differ in size.
        window_blocks: Blocks of a window.
        seed: Of the dataset.
        source: Name of the subset.

    Raises:
        ValueError: If the bounds hold no sample or fall, or a window has no block.
    """

    def __init__(self, bounds: Int64s, window_blocks: int, seed: int, source: str) -> None:
        sizes = np.diff(bounds)
        if not sizes.size or bounds[0] != 0 or sizes.min() < 0 or bounds[-1] < 1:
            raise ValueError("expected the bounds of at least one sample, from 0 and not falling")
        if window_blocks < 1:
            raise ValueError(f"expected windows of at least one block, found {window_blocks}")
        self.num_samples = int(bounds[-1])
        self._bounds, self._window_blocks = bounds, window_blocks
        self._seed, self._source = seed, source
        self._recent: tuple[_Epoch, ...] = ()  # replaced, never changed: threads may share it

    def samples(self, ordinals: Int64s) -> Int64s:
        """See `SourceOrder.samples`."""
        numbers, places = np.divmod(ordinals, self.num_samples)
        samples = np.empty_like(places)
        for number, of_epoch in grouped(numbers):
            samples[of_epoch] = self._samples(self._epoch(number), places[of_epoch])
        return samples

    def _samples(self, epoch: _Epoch, places: Int64s) -> Int64s:
        windows = epoch.window_starts.searchsorted(places, side="right") - 1
        shuffled = np.empty_like(places)
        for window, of_window in grouped(windows):
            first = epoch.window_starts[window]
            inside = self._within(epoch, window).forward(places[of_window] - first)
            shuffled[of_window] = first + inside
        turns = epoch.starts.searchsorted(shuffled, side="right") - 1
        return np.asarray(self._bounds[epoch.blocks[turns]] + shuffled - epoch.starts[turns])

    def ordinal(self, sample: int, epoch: int) -> int:
        """See `SourceOrder.ordinal`."""
        if not 0 <= sample < self.num_samples:
            raise IndexError(f"expected samples in [0, {self.num_samples})")
        order = self._epoch(epoch)
        block = int(self._bounds.searchsorted(sample, side="right")) - 1
        turn = int(self._of_blocks(epoch).inverse(block))
        shuffled = int(order.starts[turn]) + sample - int(self._bounds[block])
        window = turn // self._window_blocks
        first = int(order.window_starts[window])
        place = first + int(self._within(order, window).inverse(shuffled - first))
        return epoch * self.num_samples + place

    def _epoch(self, number: int) -> _Epoch:
        """The order of an epoch's blocks; two are kept, as a batch may lie across their border."""
        for recent in self._recent:
            if recent.number == number:
                return recent
        blocks = self._of_blocks(number).forward(np.arange(len(self._bounds) - 1))
        starts = np.zeros(len(blocks) + 1, np.int64)
        np.cumsum(np.diff(self._bounds)[blocks], out=starts[1:])
        window_starts = np.append(starts[: -1 : self._window_blocks], self.num_samples)
        epoch = _Epoch(number, blocks.astype(np.int32), starts, window_starts)
        self._recent = (*self._recent[-1:], epoch)
        return epoch

    def _of_blocks(self, epoch: int) -> Permutation:
        key = order_key(self._seed, self._source, epoch, level="blocks")
        return permutation(len(self._bounds) - 1, key)

    def _within(self, epoch: _Epoch, window: int) -> Permutation:
        first, end = epoch.window_starts[window : window + 2].tolist()
        key = order_key(self._seed, self._source, epoch.number, level="window")
        return permutation(end - first, derive_seed(key, window))
