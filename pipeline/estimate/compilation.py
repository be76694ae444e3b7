"""CPU time that kernels take to compile: once for an installation, so no part of an estimate."""

import contextlib
import time
from collections.abc import Iterator

from numba.core.event import Event, Listener, install_listener


class Compilation(Listener):  # type: ignore[misc]  # numba tells no types
    """Adds up what kernels take that are compiled, not those that are loaded from a cache.

    Attributes:
        cpu_seconds: Of the threads that compile; of a kernel what it calls included.
    """

    def __init__(self) -> None:
        self.cpu_seconds = 0.0
        self._begun: list[float] = []

    def on_start(self, event: Event) -> None:
        """A kernel begins to compile, perhaps within another."""
        self._begun.append(time.thread_time())

    def on_end(self, event: Event) -> None:
        """The last that began is compiled."""
        begun = self._begun.pop()
        if not self._begun:
            self.cpu_seconds += time.thread_time() - begun


@contextlib.contextmanager
def watch_compilation() -> Iterator[Compilation]:
    """Count what compiles in this process meanwhile."""
    with install_listener("numba:compile", Compilation()) as compilation:
        yield compilation
