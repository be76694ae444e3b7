"""An attempt at a unit: done, done in isolation after a death, or failed."""

from haybale.corpus.storage import Folder
from haybale.pipeline.counters import tell_failure, tell_unit
from haybale.pipeline.isolation.attempts import attempted
from haybale.pipeline.isolation.guarded import do_guarded
from haybale.pipeline.units.failures import Failure
from haybale.pipeline.units.steps import UnitResult, do_unit
from haybale.pipeline.units.worker import PartWorker, UnitWorker


def attempt(worker: UnitWorker, unit: int) -> Failure | None:
    """Do a unit, unless it is done; returns what went wrong, if anything did.

    Args:
        worker: Loaded.
        unit: Its number.
    """
    folder, name = Folder(worker.output), worker.name(unit)
    try:
        result = do_unit(folder, worker.step, name, lambda: _do(worker, unit))
        tell_unit(worker.step, name, result)
    except Exception as error:
        tell_failure(worker.step, name, error)
        return Failure.of(error, f"{worker.step.name}/{name}")
    return None


def _do(worker: UnitWorker, unit: int) -> UnitResult:
    if not (isinstance(worker, PartWorker) and worker.isolates):
        return worker.do(unit)
    with attempted(Folder(worker.output), worker.step, worker.name(unit)) as died:
        return do_guarded(worker, unit) if died else worker.do(unit)
