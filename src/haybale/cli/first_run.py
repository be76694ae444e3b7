"""The first run after installation compiles kernels: a silence that a user should hear of."""

import os
import sys
from pathlib import Path

_ROOMS = ("quality", "pipeline", "tokenization")
_PACKAGE = Path(__file__).parents[1]


def say_if_kernels_compile(rooms: Path = _PACKAGE) -> None:
    """A line on a terminal if no kernel is in Numba's cache beside the code.

    Args:
        rooms: Folder of the rooms.
    """
    if not sys.stderr.isatty():
        return
    if "NUMBA_CACHE_DIR" in os.environ or not os.access(rooms / _ROOMS[0], os.W_OK):
        return  # the cache is elsewhere, and who knows what is in it
    if any(next((rooms / room).resolve().rglob("*.nbi"), None) for room in _ROOMS):
        return
    print(
        "the first run after installation compiles kernels: a minute or two, once",
        file=sys.stderr,
        flush=True,
    )
