"""Processes on this computer that do units: each takes the next one when it has done its last.

Units cost very different amounts, so none is dealt out before a process is free for it. The
processes stay from step to step: starting one costs seconds, and a build has dozens of steps.
A process that dies takes only the unit with it that it was at; another does that unit again.
"""

import contextlib
from collections.abc import Iterator
from multiprocessing.connection import wait

from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.pipeline.engines import local_runner
from haybale.pipeline.isolation.news import News, shown_by
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.pipeline.units.child import Child
from haybale.pipeline.units.pooled_step import MAX_DEATHS, PooledStep
from haybale.pipeline.units.worker import UnitWorker


class UnitPool:
    """Does steps in processes of its own.

    Args:
        num_processes: At most; started when there is work.
        progress: Told of processes that died.
        isolated: Take every step, however small.
    """

    def __init__(self, num_processes: int, progress: Progress, *, isolated: bool = False) -> None:
        self._num_processes = num_processes
        self._progress = progress
        self._isolated = isolated
        self._children: list[Child] = []
        self._step: PooledStep | None = None
        self._idle_deaths = 0

    def takes(self, num_bytes: int) -> bool:
        """Whether a step over so much input is better done here than in the driver."""
        return self._isolated or num_bytes > local_runner.LIGHT_BYTES

    def run(self, worker: UnitWorker, num_units: int) -> None:
        """Do units 0 to num_units - 1; failures are reported as those of other engines.

        Raises:
            HaybaleError: If processes die before they begin a unit.
        """
        run, show = PooledStep(worker, num_units), shown_by(self._progress)
        self._step, self._idle_deaths = run, 0
        while run.waiting or run.at:
            for child in self._children:
                run.employ(child)
            while run.num_unclaimed > 0 and len(self._children) < self._num_processes:
                self._start(run)
            for connection in wait([child.connection for child in self._children]):
                child = next(one for one in self._children if one.connection is connection)
                try:
                    answer = child.connection.recv()
                except (EOFError, OSError):
                    self._bury(child, run)
                    continue
                if isinstance(answer, News):
                    run.hear(child, answer)
                    show(answer)
                else:
                    run.take(child, answer)

    def _start(self, run: PooledStep) -> None:
        child = Child("haybale.pipeline.units.pool_process")
        self._children.append(child)
        run.employ(child)

    def _bury(self, child: Child, run: PooledStep) -> None:
        self._children.remove(child)
        death = child.death()
        child.end()
        if (where := run.lose(child, death)) is None:
            self._idle_deaths += 1
            where = f"the start of {run.worker.step.name}"
        self._progress.line(f"warning: process {child.pid} {death} at {where}")
        self._progress.event("process_died", "warning", how=str(death), unit=where)
        if self._idle_deaths >= MAX_DEATHS:
            raise HaybaleError(
                f"{run.worker.step.name}: {MAX_DEATHS} processes {death} before they began any "
                "work; run the same command with --workers 1 to see why"
            )

    def close(self) -> None:
        """End all processes; one that is at work is killed, and its unit is not to blame."""
        for child in self._children:
            child.end()
        self._children.clear()
        if self._step is not None:
            self._step.leave()


@contextlib.contextmanager
def unit_pool(engine: Engine, progress: Progress) -> Iterator[UnitPool | None]:
    """The pool of a build, which ends with the block; None where the engine needs none.

    Raises:
        RecipeError: If a build is to be isolated on an engine whose workers are elsewhere anyway.
    """
    if engine.isolated and not engine.is_local:
        raise RecipeError(f"isolated: has no effect on {engine.runner}, whose workers are apart")
    if not engine.is_local or (engine.workers == 1 and not engine.isolated):
        yield None
        return
    pool = UnitPool(engine.workers, progress, isolated=engine.isolated)
    try:
        yield pool
    finally:
        pool.close()
