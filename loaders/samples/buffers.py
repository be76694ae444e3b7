"""Arrays whose memory is used again once nobody holds them.

Fresh memory costs a page fault every four kilobytes, which takes longer than filling it.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_KEPT = 8
"""Pieces of memory of a size that wait for use; what is returned beyond them is given up."""

Memory = npt.NDArray[np.uint8]

_ALIGNMENT_BYTES = 64


class Buffers:
    """Hands out arrays, in memory that was returned before new memory.

    Whoever holds an array, or a view or tensor of it, has it for himself; memory is returned when
    the last of these is gone, in whatever thread that happens. Only one thread may take.
    """

    def __init__(self) -> None:
        self._returned: defaultdict[int, list[Memory]] = defaultdict(list)

    def take(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An array of this shape and type, with whatever is in it."""
        return self.take_all([(shape, dtype)])[0]

    def take_all(
        self, wanted: Sequence[tuple[tuple[int, ...], npt.DTypeLike]]
    ) -> list[npt.NDArray[Any]]:
        """Arrays of these shapes and types, all in one piece of memory."""
        kinds = [(shape, np.dtype(dtype)) for shape, dtype in wanted]
        begins, num_bytes = [], 0
        for shape, kind in kinds:
            begins.append(num_bytes)
            num_bytes += -(-prod(shape) * kind.itemsize // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
        returned = self._returned[num_bytes]
        memory = returned.pop() if returned else np.empty(num_bytes, np.uint8)
        loan = np.asarray(_Loan(memory, returned))
        return [
            np.ndarray(shape, kind, loan, begin)
            for (shape, kind), begin in zip(kinds, begins, strict=True)
        ]


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
