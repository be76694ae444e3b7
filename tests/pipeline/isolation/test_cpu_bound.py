"""Documents that take processor time without an end, in threads and in workers of an engine."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_THREADS = """
import threading, time
from haybale.pipeline.isolation.cpu_bound import bounded_cpu

def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def endless():
    with bounded_cpu(1.0):
        begun.set()
        busy(60)

begun = threading.Event()
if {endless}:
    threading.Thread(target=endless, daemon=True).start()
    begun.wait()
for _ in range(4):
    with bounded_cpu(1.0):
        busy(0.4)
busy(0.8)
"""


def exit_code(script):
    return subprocess.run([sys.executable, "-c", script], check=False, timeout=100).returncode


def test_work_within_its_bound_ends_well_however_much_there_is():
    assert exit_code(_THREADS.format(endless=False)) == 0


def test_a_thread_without_an_end_ends_the_process_though_others_come_and_go():
    """Each block of another thread, 0.4 s long, must not set its timer anew or take it away."""
    assert exit_code(_THREADS.format(endless=True)) == -signal.SIGPROF


_WORKER = """
import sys, threading
from pathlib import Path
{imports}
from faulty_units import STEP, GuardedWorker, write_faults
from haybale.pipeline.isolation import guard
from haybale.pipeline.units.spread import DoUnit

guard.MAX_CPU_SECONDS = 0.5
write_faults(Path(sys.argv[1]), {{0: {{"row": 3}}}})
unit = DoUnit(GuardedWorker(sys.argv[1], STEP))
def work():
    unit.setup()
    list(unit.process(0))
threading.Thread(target=work, daemon=True).start()  # as Beam does
threading.Event().wait({wait})
"""


@pytest.mark.parametrize(
    ("imports", "ended"),
    [
        ("from apache_beam.runners.worker.sdk_worker import SdkHarness", -signal.SIGPROF),
        ("import apache_beam.runners.worker.sdk_worker", 0),  # a driver, for one
    ],
)
@pytest.mark.slow
def test_a_worker_of_an_engine_is_ended_for_it_to_be_done_again(tmp_path, imports, ended):
    """Done again, the unit has a mark, and so is done without the document."""
    script = _WORKER.format(imports=imports, wait=3 if ended == 0 else 100)
    running = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        timeout=100,
    )
    assert running.returncode == ended
    assert (tmp_path / "run/attempts/faulty/000").exists()
