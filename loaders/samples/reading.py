"""Reads parts of files from kernels."""

from numba import njit, types

MAX_RETRIES = 16
"""A read that a signal interrupted is tried again so often."""

_pread = types.ExternalFunction(
    "pread", types.intp(types.int32, types.intp, types.uintp, types.int64)
)
"""As in POSIX, the buffer by its address: bytes read, of a descriptor, from an offset."""


@njit(inline="always")  # type: ignore[untyped-decorator]
def read_fully(file: int, address: int, num_bytes: int, position: int) -> bool:
    """Read bytes of a file into memory; whether they could all be read.

    A file system on a network may give fewer at a time than it was asked for.

    Args:
        file: A descriptor.
        address: Of the memory.
        num_bytes: How many.
        position: Where they begin in the file.
    """
    num_read, failures = 0, 0
    while num_read < num_bytes:
        more = _pread(file, address + num_read, num_bytes - num_read, position + num_read)
        if more > 0:
            num_read += more
        elif more == 0 or failures == MAX_RETRIES:  # the file ends, or the disk fails
            return False
        else:
            failures += 1
    return True
