"""Progress in tokens: a bar on a terminal, plain lines elsewhere."""

import contextlib
import sys
from collections.abc import Iterator
from time import monotonic
from typing import Protocol

PLAIN_SECONDS = 15.0
"""Between two lines where there is no terminal."""


class AddTokens(Protocol):
    """Tells how many more tokens are done; what an earlier life did is no longer to be done."""

    def __call__(self, num_tokens: int, earlier: bool = False) -> None:
        """So many more."""


@contextlib.contextmanager
def token_progress(title: str, num_tokens: int) -> Iterator[AddTokens]:
    """Show on standard error how many tokens are done, how fast, and an estimate.

    Args:
        title: What is being done.
        num_tokens: In all.

    Yields:
        To be told how many more are done.
    """
    from rich.console import Console

    console = Console(file=sys.stderr, highlight=False)
    if not console.is_terminal:
        yield _PlainLines(title, num_tokens).add
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} tokens"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        left, task = num_tokens, progress.add_task(title, total=num_tokens)

        def add(num_tokens: int, earlier: bool = False) -> None:
            nonlocal left
            if earlier:
                left -= num_tokens
                progress.update(task, total=left)
            else:
                progress.advance(task, num_tokens)

        yield add


class _PlainLines:
    """A line now and then."""

    def __init__(self, title: str, num_tokens: int) -> None:
        self._title, self._num_tokens, self._done = title, num_tokens, 0
        self._started = self._last = monotonic()

    def add(self, num_tokens: int, earlier: bool = False) -> None:
        if earlier:
            self._num_tokens -= num_tokens
            return
        self._done += num_tokens
        now = monotonic()
        if now - self._last < PLAIN_SECONDS:
            return
        self._last, seconds = now, now - self._started
        left = seconds / self._done * (self._num_tokens - self._done)
        print(
            f"{self._title}: {self._done:,} of {self._num_tokens:,} tokens, {seconds:.0f} s, "
            f"about {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )
