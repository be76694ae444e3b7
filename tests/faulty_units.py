"""Units of work that fail, die or go on for ever, as a plan in the output folder says."""

import json
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.isolation.guard import Int64s, current_guard
from haybale.pipeline.units.steps import Step, UnitResult
from haybale.pipeline.units.worker import PartWorker

NUM_ROWS = 20
"""Documents of every unit."""
STEP = Step("faulty", "0" * 32)


@dataclass
class FaultyWorker(PartWorker):
    """Adds the rows of each unit; see `haybale.pipeline.units.worker.UnitWorker`.

    The plan, `faults.json`, says by unit: `error`: what it raises; `signal`: what kills it, and
    `times`: how often; `row`, `rows`: at which it dies, or, without a signal, loops; `half_sent`:
    how often it dies in the middle of sending its result.
    """

    def load(self) -> None:
        """Nothing."""

    def name(self, unit: int) -> str:
        """Three digits."""
        return f"{unit:03d}"

    def do(self, unit: int) -> UnitResult:
        """Whatever the plan says."""
        fault = json.loads(Path(self.output, "faults.json").read_text()).get(str(unit), {})
        if "error" in fault:
            raise HaybaleError(fault["error"])
        if "times" in fault:
            self._die(unit, fault["signal"], fault["times"])
        bad = {fault["row"]} if "row" in fault else set(fault.get("rows", ()))

        def work(rows: Int64s) -> int:
            if bad & set(rows.tolist()):
                if "signal" in fault:
                    os.kill(os.getpid(), fault["signal"])
                while True:
                    pass
            return int(rows.sum())

        total, crashed = current_guard().sift("batch", NUM_ROWS, work)
        threads = threading.active_count()
        if self._claims_death(unit, fault.get("half_sent", 0)):
            Connection._send = _send_half  # type: ignore[attr-defined]
        return UnitResult(
            facts={
                "total": total,
                "crashed": {str(row): how for row, how in crashed.items()},
                "process": os.getpid(),
                "python_threads": threads,
                "threads": len(list(Path("/proc/self/task").iterdir())),
            }
        )

    def _die(self, unit: int, number: int, times: int) -> None:
        """Die so often, over all processes."""
        if self._claims_death(unit, times):
            os.kill(os.getpid(), number)

    def _claims_death(self, unit: int, times: int) -> bool:
        """Whether the unit has died less often yet; this is another time then."""
        for number in range(times):
            try:
                Path(self.output, f"died-{unit}-{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return True
        return False


def _send_half(connection: Connection, message: bytes) -> None:
    os.write(connection.fileno(), message[: len(message) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class GuardedWorker(FaultyWorker):
    """The same, with documents that can be found."""

    isolates = True


def write_faults(output: Path, faults: dict[int, dict[str, object]]) -> None:
    """Plan what happens at which unit."""
    output.mkdir(parents=True, exist_ok=True)
    (output / "faults.json").write_text(json.dumps(faults))


def deaths(output: Path, unit: int) -> Sequence[Path]:
    """How often a unit has died by its plan."""
    return sorted(output.glob(f"died-{unit}-*"))
