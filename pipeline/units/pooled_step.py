"""A step on its way through the pool: which process is at which unit, and which units wait."""

import contextlib
from collections import Counter, deque

from apache_beam.internal import pickler

from haybale.corpus.errors import HaybaleError
from haybale.corpus.storage import Folder
from haybale.pipeline.isolation.attempts import forget_attempt
from haybale.pipeline.isolation.news import News
from haybale.pipeline.units.child import Child, Death
from haybale.pipeline.units.failures import MAX_FAILURES, Failure, report
from haybale.pipeline.units.worker import UnitWorker

MAX_DEATHS = 3
"""A unit at which so many processes died is a failure; so is a pool in which so many died idle."""


class PooledStep:
    """One step on its way through the pool.

    Args:
        worker: Of the step.
        num_units: Units 0 to num_units - 1.

    Attributes:
        worker: As given.
        waiting: Units that no process has.
        at: What each process is doing; None: loading the worker.
    """

    def __init__(self, worker: UnitWorker, num_units: int) -> None:
        self.worker = worker
        self.waiting = deque(range(num_units))
        self.at: dict[Child, int | None] = {}
        self._payload = pickler.dumps(worker)
        self._loaded: set[Child] = set()
        self._names: dict[Child, str] = {}
        self._searching: set[Child] = set()
        self._deaths: Counter[int] = Counter()
        self._folder = Folder(worker.output)
        self._num_failures = 0

    @property
    def num_unclaimed(self) -> int:
        """Units that wait, less the children that load the worker to do one of them."""
        return len(self.waiting) - sum(unit is None for unit in self.at.values())

    def employ(self, child: Child) -> None:
        """Give an idle child, if a unit waits for one, first the worker, then the unit."""
        if child in self.at or self.num_unclaimed <= 0:
            return
        if child not in self._loaded:
            self.at[child] = None
            child.send(self._payload)
            return
        unit = self.waiting.popleft()
        self.at[child] = unit
        child.send(unit)

    def take(self, child: Child, answer: Failure | str | None) -> None:
        """A child names its unit, or has ended what it did: note how that went, give it another."""
        if isinstance(answer, str):
            self._names[child] = answer
            return
        self._loaded.add(child)
        self._names.pop(child, None)
        self._searching.discard(child)
        del self.at[child]
        if answer is not None:
            self._fail(answer)
        self.employ(child)

    def hear(self, child: Child, news: News) -> None:
        """A child tells of its search for documents that kill."""
        if news.event == "search_begun":
            self._searching.add(child)

    def leave(self) -> None:
        """The processes were ended: take away the marks of units that they were in the midst of.

        But for units at which one has died before: those are searched when the build goes on.
        """
        for child, unit in self.at.items():
            name = self._names.get(child)
            if unit is None or name is None or child in self._searching or self._deaths[unit]:
                continue
            # A mark that stays costs a search; it must not hide what ended the build.
            with contextlib.suppress(OSError, HaybaleError):
                forget_attempt(self._folder, self.worker.step, name)

    def lose(self, child: Child, death: Death) -> str | None:
        """A child died; returns where. Its unit waits again, unless it has killed many."""
        unit = self.at.pop(child, None)
        if unit is None:
            return None
        named, step = self._names.pop(child, None), self.worker.step.name
        name = f"{step}, unit {unit}" if named is None else f"{step}/{named}"
        self._searching.discard(child)
        self._deaths[unit] += 1
        if self._deaths[unit] < MAX_DEATHS:
            self.waiting.appendleft(unit)
        else:
            found = f"{self._deaths[unit]} processes died at {name}, the last {death}"
            self._fail(Failure("HaybaleError", f"{found}; {death.advice}", name))
        return name

    def _fail(self, failure: Failure) -> None:
        report(self._folder, failure)
        self._num_failures += 1
        if self._num_failures >= MAX_FAILURES or not failure.unit:
            self.waiting.clear()
