"""Shards kept open, to be read in parts.

A sample of a corpus much larger than the page table may map would fault in pages that it never
needs again. Reading a part takes one call, and no memory of the page table.
"""

import os
import resource

import numpy as np

from haybale.loaders.shards.shard_files import ShardFiles
from haybale.loaders.shards.store import Int64s

LIMIT_SHARE = 2
"""Of the descriptors that the process may have (`ulimit -n`), one in so many may be of shards."""


class OpenFiles:
    """Opens shards when they are first read, and keeps them open up to a bound.

    Args:
        files: Opens them.
        num_shards: Of the corpus.

    Attributes:
        max_open: Shards that may be open at a time, and that may be held at once.
    """

    def __init__(self, files: ShardFiles, num_shards: int) -> None:
        self._files = files
        self._descriptors = np.full(num_shards, -1)
        self._open = _Descriptors()
        soft_limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.max_open = num_shards
        if soft_limit != resource.RLIM_INFINITY:
            self.max_open = max(1, soft_limit // LIMIT_SHARE)

    def __len__(self) -> int:
        """Shards that are open."""
        return len(self._open.numbers)

    def hold(self, shards: Int64s) -> tuple[Int64s, object]:
        """Descriptors of shards, and what keeps them open while it lives; one thread at a time.

        Raises:
            CorruptShardError: If one is missing or not as long as it was written.
        """
        descriptors = self._descriptors[shards]
        missing = descriptors < 0
        if missing.any():
            wanted = np.unique(shards[missing])
            if len(self) + len(wanted) > self.max_open:
                self.close()
                wanted = np.unique(shards)
            files = self._files.open_all(wanted)
            self._open.numbers += files.tolist()
            self._descriptors[wanted] = files
            descriptors = self._descriptors[shards]
        return descriptors, self._open

    def close(self) -> None:
        """Close all files, or let whoever holds them do so."""
        self._open = _Descriptors()
        self._descriptors[:] = -1


class _Descriptors:
    """Closes files when nobody has it any more."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def __del__(self) -> None:
        for number in self.numbers:
            os.close(number)
