"""Progress of long work: a live line on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.status import Status

PLAIN_SECONDS = 15.0
"""Between two lines where there is no terminal."""


class Progress:
    """Shows what is being done; counts come from what workers have committed.

    Args:
        quiet: Show nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(file=sys.stderr, quiet=quiet, highlight=False)

    def line(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, markup=False)

    @contextlib.contextmanager
    def watch(self, title: str, count: Callable[[], tuple[int, int]]) -> Iterator[None]:
        """Show units done, of how many, and an estimate, while the block runs.

        Args:
            title: What is being done.
            count: Units done and units in all; asked about once a second.
        """
        started = time.monotonic()
        stop = threading.Event()

        def text() -> str:
            done, total = count()
            seconds = time.monotonic() - started
            left = f", about {seconds / done * (total - done):.0f} s left" if done else ""
            return f"{title}: {done} of {total} parts, {seconds:.0f} s{left}"

        def show(status: Status | None) -> None:
            while not stop.wait(1.0 if status else PLAIN_SECONDS):
                if status:
                    status.update(text())
                else:
                    self.line(text())

        live = self._console.status(title) if self._console.is_terminal else None
        with live or contextlib.nullcontext():
            thread = threading.Thread(target=show, args=(live,), daemon=True)
            thread.start()
            try:
                yield
            finally:
                stop.set()
                thread.join()
