"""Maps a file into memory without keeping it open.

Python's `mmap` keeps a descriptor for each map, and a process may have 1,024 of them where nobody
raised the limit: fewer than a corpus has shards.
"""

import ctypes
import mmap
import os
import weakref

import numpy as np
import numpy.typing as npt

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_long,
]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_FAILED = ctypes.c_void_p(-1).value


def map_file(file: int, num_bytes: int) -> npt.NDArray[np.uint8]:
    """A file as read-only uint8[num_bytes], unmapped when nobody holds it or a view of it.

    Args:
        file: A descriptor, which may be closed afterwards.
        num_bytes: Of the file, at least 1.

    Raises:
        OSError: If the system refuses.
    """
    address = _libc.mmap(None, num_bytes, mmap.PROT_READ, mmap.MAP_SHARED, file, 0)
    if address == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    memory = (ctypes.c_uint8 * num_bytes).from_address(address)
    weakref.finalize(memory, _libc.munmap, address, num_bytes).atexit = False
    mapped: npt.NDArray[np.uint8] = np.frombuffer(memoryview(memory), np.uint8)
    mapped.flags.writeable = False
    return mapped
