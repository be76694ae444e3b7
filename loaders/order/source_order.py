"""Which sample a source gives the n-th time that it is drawn from: the corpus's order, or shuffled.

A source is passed through again and again. Ordinal n is place n % N of epoch n // N, N its number
of samples; an order says which sample stands at that place. Every order is a bijection in each
epoch, so that an epoch gives each sample exactly once.
"""

from typing import Protocol

import numpy as np

from haybale.loaders.order.grouping import grouped
from haybale.loaders.order.permutation import Int64s, Permutation, order_key, permutation


class SourceOrder(Protocol):
    """A source's endless sequence of samples, as a pure function of the ordinal.

    Attributes:
        num_samples: Samples of the source, N: one epoch.
    """

    num_samples: int

    def samples(self, ordinals: Int64s) -> Int64s:
        """The samples at these ordinals.

        Args:
            ordinals: int64[ordinals], not negative; ordinal n is place n % N of epoch n // N.

        Returns:
            int64[ordinals], each in [0, N).
        """

    def ordinal(self, sample: int, epoch: int) -> int:
        """The ordinal at which a sample comes in an epoch: the inverse of `samples`.

        Raises:
            IndexError: If there is no such sample.
        """


class SequentialOrder:
    """The order of the corpus, the same in every epoch.

    Args:
        num_samples: At least 1.
    """

    def __init__(self, num_samples: int) -> None:
        self.num_samples = num_samples

    def samples(self, ordinals: Int64s) -> Int64s:
        """See `SourceOrder.samples`."""
        return np.asarray(ordinals % self.num_samples)

    def ordinal(self, sample: int, epoch: int) -> int:
        """See `SourceOrder.ordinal`."""
        if not 0 <= sample < self.num_samples:
            raise IndexError(f"expected samples in [0, {self.num_samples})")
        return epoch * self.num_samples + sample


class FullOrder:
    """All samples permuted, in every epoch anew.

    Args:
        num_samples: At least 1.
        seed: Of the dataset.
        source: Name of the subset.
    """

    def __init__(self, num_samples: int, seed: int, source: str) -> None:
        self.num_samples, self._seed, self._source = num_samples, seed, source

    def samples(self, ordinals: Int64s) -> Int64s:
        """See `SourceOrder.samples`."""
        epochs, places = np.divmod(ordinals, self.num_samples)
        samples = np.empty_like(places)
        for epoch, of_epoch in grouped(epochs):
            samples[of_epoch] = self._permutation(epoch).forward(places[of_epoch])
        return samples

    def ordinal(self, sample: int, epoch: int) -> int:
        """See `SourceOrder.ordinal`."""
        place = self._permutation(epoch).inverse(sample)
        return epoch * self.num_samples + int(place)

    def _permutation(self, epoch: int) -> Permutation:
        return permutation(self.num_samples, order_key(self._seed, self._source, epoch))
