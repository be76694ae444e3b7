"""A unit at which a process died: done again in processes of its own, to find what kills them.

A process that does the unit tells what it is about to work on (see `guard`). If it dies, a `Search`
narrows it down. What a unit leaves behind is the same as that of any other attempt, but for the
documents found.
"""

from typing import TYPE_CHECKING

from apache_beam.internal import pickler

from haybale.pipeline.isolation.guard import MAX_CPU_SECONDS, Span
from haybale.pipeline.isolation.search import Search
from haybale.pipeline.units.child import Child, Death
from haybale.pipeline.units.failures import Failure
from haybale.pipeline.units.steps import UnitResult

if TYPE_CHECKING:
    from haybale.pipeline.units.worker import UnitWorker


def do_guarded(worker: "UnitWorker", unit: int) -> UnitResult:
    """Do a unit in other processes, without the documents that kill them.

    Raises:
        HaybaleError: If processes die and no single document is to blame, or too many are.
    """
    search = Search(f"{worker.step.name}/{worker.name(unit)}")
    attempt = pickler.dumps(worker), unit, MAX_CPU_SECONDS
    search.begin()
    while True:
        child = Child("haybale.pipeline.isolation.guarded_process")
        try:
            result = _result(child, attempt, search)
        except (EOFError, OSError):  # the process itself, by chance: its forks tell of their end
            search.narrow(None, child.death())
        else:
            search.end()
            return result
        finally:
            child.end()


def _result(child: Child, attempt: tuple[bytes, int, float], search: Search) -> UnitResult:
    """What the first attempt that lives to its end leaves behind."""
    while True:
        child.send((*attempt, (search.culprits, search.suspects)))
        at: Span | None = None
        while isinstance(answer := child.connection.recv(), Span | None):
            at = answer
        if isinstance(answer, Failure):
            raise answer.error()
        if not isinstance(answer, Death):
            return UnitResult.from_json(answer)
        search.narrow(at, answer)
