import threading
import weakref
from typing import Any

import numpy as np
import torch

from haybale.loaders.samples.buffers import MAX_KEPT, Buffers


def test_an_array_comes_again_once_nobody_holds_it() -> None:
    buffers = Buffers()
    first = buffers.take((4, 2), np.int64)
    address = first.ctypes.data
    assert buffers.take((4, 2), np.int64).ctypes.data != address
    del first
    assert buffers.take((2, 4), np.int64).ctypes.data == address


def test_an_array_that_a_view_or_a_tensor_holds_does_not_come_again() -> None:
    buffers = Buffers()
    first = buffers.take((4, 2), np.int64)
    address, view = first.ctypes.data, torch.from_numpy(first).view(2, -1).unbind()[1]
    del first
    assert all(buffers.take((4, 2), np.int64).ctypes.data != address for _ in range(5))
    del view
    assert buffers.take((4, 2), np.int64).ctypes.data == address


def test_types_and_sizes_do_not_share_memory_and_few_arrays_are_kept() -> None:
    buffers = Buffers()
    taken = [buffers.take((4,), kind) for kind in (np.int64, np.int32)]
    assert [array.dtype for array in taken] == [np.int64, np.int32]
    many = [buffers.take((8,), np.int32) for _ in range(3 * MAX_KEPT)]
    assert len({array.ctypes.data for array in many}) == 3 * MAX_KEPT
    memories = [weakref.ref(_memory(array)) for array in many]
    many.clear()
    assert sum(reference() is not None for reference in memories) == MAX_KEPT


def test_memory_is_returned_from_any_thread() -> None:
    buffers = Buffers()
    held = [buffers.take((8,), np.int32)]
    address = held[0].ctypes.data
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert buffers.take((8,), np.int32).ctypes.data == address


def test_arrays_taken_together_do_not_overlap_and_come_again_once_all_are_gone() -> None:
    buffers, wanted = Buffers(), [((3,), np.uint8), ((2, 5), np.int64), ((0, 4), np.int32)]
    first, second, third = buffers.take_all(wanted)
    assert [array.shape for array in (first, second, third)] == [(3,), (2, 5), (0, 4)]
    assert second.ctypes.data >= first.ctypes.data + first.nbytes
    assert third.ctypes.data >= second.ctypes.data + second.nbytes
    address, third = first.ctypes.data, third[:0]
    del first, second
    assert buffers.take_all(wanted)[0].ctypes.data != address
    del third
    assert buffers.take_all(wanted)[0].ctypes.data == address


def _memory(array: Any) -> Any:
    """The memory below an array, by way of the loan it was made from."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array._memory
