"""A bound of the processor time that documents take: who takes more ends the process.

The system's timer sends SIGPROF, which ends also what never comes back to Python. There is one for
the whole process. Where several threads work on documents, as in workers of some engines, it is set
to the bound that comes first, and each thread is charged with what all of them use. So a bound has
to be many times what documents need.
"""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator

_lock = threading.Lock()
_bounds: dict[object, float] = {}
"""In seconds of this process's processor time, of those that are at work."""


@contextlib.contextmanager
def bounded_cpu(seconds: float | None) -> Iterator[None]:
    """End the process if the block takes more processor time than this; None: no bound."""
    if seconds is None:
        yield
        return
    block = object()
    with _lock:
        _bounds[block] = time.process_time() + seconds
        _set_timer()
    try:
        yield
    finally:
        with _lock:
            del _bounds[block]
            _set_timer()


def _set_timer() -> None:
    left = min(_bounds.values()) - time.process_time() if _bounds else 0.0
    # What is over already ends now; a timer of 0 seconds would be none.
    signal.setitimer(signal.ITIMER_PROF, max(left, 0.001) if _bounds else 0.0)


def runs_harness() -> bool:
    """Whether this process is nothing but a worker of a Beam engine, which does its work again.

    Otherwise the worker is a thread of a program, such as the driver, that is not to be ended.
    """
    return hasattr(sys.modules["__main__"], "SdkHarness")
