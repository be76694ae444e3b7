"""What stands between documents and the code that they may crash.

A document that makes a kernel raise costs itself, not its batch: the batch is halved until what
raises is alone. A document that ends the whole process cannot be caught here; but the guard notes
what is about to be worked on, so that who watches the process (see `guarded`) can narrow it down,
start another, and tell it which documents to leave out.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.isolation.cpu_bound import bounded_cpu

CRASHED = "crashed"
"""Reason of a record that could be read, and at which something crashed."""
MAX_DETAIL = 500
"""Characters of what an exception says."""
MAX_CPU_SECONDS = 600.0
"""A batch of a few megabytes takes seconds; what takes more than this goes on for ever."""

NOT_ITS_FAULT = (HaybaleError, OSError, MemoryError, ImportError)
"""What says more of this computer than of a document: another computer might keep it."""

Int64s = npt.NDArray[np.int64]
Result = TypeVar("Result")

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


@dataclass(frozen=True)
class Span:
    """Documents of one batch that are about to be worked on together.

    Attributes:
        place: Names the batch within its unit, the same in every attempt.
        start: The first row.
        stop: One after the last.
    """

    place: str
    start: int
    stop: int

    @property
    def num_rows(self) -> int:
        """How many documents these are."""
        return self.stop - self.start


def _ignore(span: Span | None) -> None:
    pass


@dataclass(frozen=True)
class Guard:
    """What is known from attempts that died, and who is told what this one is at.

    Attributes:
        culprits: How the process died, by place and row of the document.
        suspects: Spans of a place to be worked on alone before the batch is.
        note: Told what is about to begin, and None when it has ended.
        max_cpu_seconds: A span that takes more ends the process, with SIGPROF; None: no bound.
    """

    culprits: Mapping[tuple[str, int], str] = field(default_factory=dict)
    suspects: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    note: Callable[[Span | None], None] = _ignore
    max_cpu_seconds: float | None = None

    def sift(
        self, place: str, num_rows: int, work: Callable[[Int64s], Result]
    ) -> tuple[Result, dict[int, str]]:
        """Work on a batch without the documents at which the work crashes.

        Args:
            place: Names the batch within its unit.
            num_rows: Of the batch.
            work: Given rows of the batch, int64[documents], ascending; may be called many times,
                so it changes nothing, and what it makes of a document depends on no other.

        Returns:
            Result of the work on all rows that are left; of the others, what happened.

        Raises:
            Exception: What the work raised, if it raises at no document alone, or if it is an
                error that a user can mend.
        """
        crashed = {row: how for (where, row), how in self.culprits.items() if where == place}
        for span in self.suspects.get(place, ()):
            rows = [row for row in range(span.start, span.stop) if row not in crashed]
            with self._noted(span), contextlib.suppress(Exception):  # raised again below
                work(np.array(rows, np.int64))
        with self._noted(Span(place, 0, num_rows)):
            left = np.array([row for row in range(num_rows) if row not in crashed], np.int64)
            try:
                return work(left), crashed
            except NOT_ITS_FAULT:
                raise
            except Exception:
                crashed |= _raising(left, work)
                left = left[~np.isin(left, list(crashed))]
                return work(left), crashed

    def alone(self, place: str, row: int, work: Callable[[], Result]) -> Result:
        """Work on one document, which is no part of a batch yet.

        Raises:
            CrashError: If it is known to end the process, or raises what nobody expects.
        """
        if (how := self.culprits.get((place, row))) is not None:
            raise CrashError(how)
        with self._noted(Span(place, row, row + 1)):
            return work()

    @contextlib.contextmanager
    def _noted(self, span: Span) -> Iterator[None]:
        self.note(span)
        try:
            with bounded_cpu(self.max_cpu_seconds):
                yield
        finally:
            self.note(None)


class CrashError(Exception):
    """A document at which the process is known to end."""


def described(error: Exception) -> str:
    """An exception's type and message, without addresses of memory: the same every time."""
    message = _ADDRESS.sub("0x…", str(error)).strip()
    text = str(error) if isinstance(error, CrashError) else f"{type(error).__name__}: {message}"
    return text[:MAX_DETAIL]


def _raising(rows: Int64s, work: Callable[[Int64s], object]) -> dict[int, str]:
    """Which rows make the work raise, each alone, and what."""
    try:
        work(rows)
    except NOT_ITS_FAULT:
        raise
    except Exception as error:
        if len(rows) == 1:
            return {int(rows[0]): described(error)}
        half = len(rows) // 2
        return _raising(rows[:half], work) | _raising(rows[half:], work)
    return {}


_CURRENT: ContextVar[Guard | None] = ContextVar("guard", default=None)
_usual = Guard()


def bound_cpu() -> None:
    """From now on, end this process when documents take more than MAX_CPU_SECONDS.

    For a process that is watched by another, which sees to it that the rest gets done.
    """
    global _usual
    _usual = Guard(max_cpu_seconds=MAX_CPU_SECONDS)


def current_guard() -> Guard:
    """The guard of the unit that is being done."""
    return _CURRENT.get() or _usual


@contextlib.contextmanager
def guarded_by(guard: Guard) -> Iterator[None]:
    """Make this the current guard while the block runs."""
    token = _CURRENT.set(guard)
    try:
        yield
    finally:
        _CURRENT.reset(token)
