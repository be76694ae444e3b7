"""How much of a step is done, and how fast it goes."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from haybale.corpus.storage import Folder
from haybale.pipeline.report.amounts import count_of, duration, size

REMOTE_SECONDS = 15.0
"""Between two listings of an object store; they cost money there."""


class Work(NamedTuple):
    """Units done and in all, and the input that they stand for; 0 bytes where that is not known."""

    units: int
    num_units: int
    done_bytes: int = 0
    num_bytes: int = 0


class UnitCount:
    """Counts the finished units of a step from their records.

    Args:
        folder: The corpus folder.
        step: Name of the step.
        num_units: In all.
        unit_bytes: Input by unit; a step whose units are others is counted in units alone.
    """

    def __init__(
        self, folder: Folder, step: str, num_units: int, unit_bytes: Mapping[str, int]
    ) -> None:
        self._folder, self._root, self._num_units = folder, f"run/{step}", num_units
        self._unit_bytes = unit_bytes
        self._seen: Work | None = None
        self._listed = 0.0

    def forget(self) -> None:
        """Look anew when asked next: everything is done, whatever was seen seconds ago."""
        self._seen = None

    def __call__(self) -> Work:
        """What is done now, or was a few seconds ago."""
        now = time.monotonic()
        if self._seen is None or self._folder.is_local or now - self._listed >= REMOTE_SECONDS:
            self._seen, self._listed = self._count(), now
        return self._seen

    def _count(self) -> Work:
        paths = (path for path in self._folder.list(self._root) if path.endswith(".json"))
        names = [path.removeprefix(f"{self._root}/").removesuffix(".json") for path in paths]
        if len(self._unit_bytes) != self._num_units or not self._unit_bytes.keys() >= set(names):
            return Work(len(names), self._num_units)
        done_bytes = sum(self._unit_bytes[name] for name in names)
        return Work(len(names), self._num_units, done_bytes, sum(self._unit_bytes.values()))


class Rate:
    """How fast work goes from here on; what was done before does not count.

    Args:
        before: What was done.
    """

    def __init__(self, before: Work) -> None:
        self._before = before
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._begun

    def seconds_left(self, work: Work) -> float | None:
        """By bytes where they are known, by units elsewhere; None before anything is done."""
        if work.num_bytes:
            done, left = work.done_bytes - self._before.done_bytes, work.num_bytes - work.done_bytes
        else:
            done, left = work.units - self._before.units, work.num_units - work.units
        return self.seconds / done * left if done > 0 else None

    def text(self, work: Work) -> str:
        """Such as `3 of 12 parts, 24.5 MB/s, 40 s, about 2 min 00 s left`."""
        pieces = [f"{work.units:,} of {work.num_units:,} parts"] if work.num_units > 1 else []
        pieces += [*self._speed(work), duration(self.seconds)]
        left = self.seconds_left(work)
        if left:
            pieces.append(f"about {duration(left)} left")
        return ", ".join(pieces)

    def summary(self, work: Work) -> str:
        """What the whole took, such as `12 parts in 2 min 40 s, 24.5 MB/s`."""
        num_done = work.units - self._before.units
        parts = f"{count_of(num_done, 'part')} in " if work.num_units > 1 else ""
        return ", ".join([parts + duration(self.seconds), *self._speed(work)])

    def _speed(self, work: Work) -> list[str]:
        done_bytes = work.done_bytes - self._before.done_bytes
        return [f"{size(done_bytes / self.seconds)}/s"] if done_bytes > 0 else []
