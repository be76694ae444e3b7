"""Signals that come while the driver does a pipeline's work in its main thread."""

import signal
import subprocess
import sys

import pytest

_SCRIPT = """
import os, signal, sys, time
import apache_beam as beam
from haybale.pipeline.engines.dataflow import Job
from haybale.pipeline.runners import Engine

number = int(sys.argv[1])

def work(element):
    os.kill(os.getpid(), number)
    time.sleep(60)

def graph(root):
    root | beam.Create([1]) | beam.Map(lambda one: one) | beam.Map(work)

signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
try:
    Engine().run(graph, Job("name", "step", "out"), 1, 1)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 0, "interrupted\n"), (signal.SIGTERM, 143, "")]
)
def test_a_signal_in_the_midst_of_work_raises_what_it_would_anywhere(number, code, said):
    command = [sys.executable, "-c", _SCRIPT, str(int(number))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ended.returncode, ended.stdout) == (code, said), ended.stderr
    assert "RuntimeError" not in ended.stderr
