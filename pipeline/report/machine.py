"""The computer that the driver of a build runs on."""

import os
import platform
import socket
from importlib.metadata import version
from typing import Any

import haybale

_LIBRARIES = ("apache-beam", "numba", "numpy", "pyarrow")


def describe_machine() -> dict[str, Any]:
    """Cores that this process may use, memory, system and versions; JSON."""
    return {
        "host": socket.gethostname(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": num_cores(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(),
        "versions": {
            "haybale": haybale.__version__,
            **{name: version(name) for name in _LIBRARIES},
        },
    }


def num_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
