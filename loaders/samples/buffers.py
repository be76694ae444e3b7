"""Arrays whose memory is used again once nobody holds them.

Fresh memory costs a page fault every four kilobytes, which takes longer than filling it.
"""

from collections import defaultdict
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_KEPT = 8
"""Pieces of memory of a size that wait for use; what is returned beyond them is given up."""

Memory = npt.NDArray[np.uint8]


class Buffers:
    """Hands out arrays, in memory that was returned before new memory.

    Whoever holds an array, or a view or tensor of it, has it for himself; memory is returned when
    the last of these is gone, in whatever thread that happens. Only one thread may take.
    """

    def __init__(self) -> None:
        self._returned: defaultdict[int, list[Memory]] = defaultdict(list)

    def take(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An array of this shape and type, with whatever is in it."""
        kind = np.dtype(dtype)
        num_bytes = prod(shape) * kind.itemsize
        returned = self._returned[num_bytes]
        memory = returned.pop() if returned else np.empty(num_bytes, np.uint8)
        return np.asarray(_Loan(memory, returned)).view(kind).reshape(shape)


class _Loan:
    """Keeps memory for whoever has an array over it, and returns it after the last of them.

    NumPy keeps what an array was made from by this interface as its base, and every view keeps the
    array.
    """

    def __init__(self, memory: Memory, returned: list[Memory]) -> None:
        self._memory, self._returned = memory, returned
        self.__array_interface__ = memory.__array_interface__

    def __del__(self) -> None:
        if len(self._returned) < MAX_KEPT:
            self._returned.append(self._memory)
