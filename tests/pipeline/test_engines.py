"""The same recipe on portable engines, in other processes: the same bytes as here.

Beam's own job server always runs. Others run where an environment variable names their program:
HAYBALE_FLINK_JAR and HAYBALE_SPARK_JAR a job server of Beam, HAYBALE_PRISM the binary of Prism.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dataflow_here import files_of

from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of Beam's client, about its own protocol buffers
]

SERVER = "apache_beam.runners.portability.local_job_service_main"
POOL = "apache_beam.runners.worker.worker_pool_main"
TIMEOUT_SECONDS = 1200
"""A job whose workers do not start waits for them for ever."""


@contextlib.contextmanager
def running(module, option, folder):
    """One of Beam's servers, in a process group of its own; where it listens."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    # The pool starts workers as `python`, whichever is first on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    server = subprocess.Popen(
        [sys.executable, "-m", module, f"{option}={port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": path},
        cwd=folder,
        start_new_session=True,
    )
    try:
        _wait_for(port, server)
        yield f"localhost:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait_for(port, server):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens on port {port}")


@pytest.fixture(autouse=True)
def limited():
    """End a job that hangs."""

    def expire(*_):
        raise TimeoutError(f"the engine took more than {TIMEOUT_SECONDS} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(TIMEOUT_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def program(variable):
    """The file that an environment variable names; skips where it names none."""
    if variable not in os.environ:
        pytest.skip(f"{variable} names no file; docs/engines.md says which")
    return os.environ[variable]


def check_same(recipe, output, undisturbed, *options):
    build(recipe, str(output), engine=Engine(1, options), progress=Progress(quiet=True))
    expected, found = files_of(undisturbed), files_of(output)
    assert found.keys() == expected.keys()
    for name, content in expected.items():
        assert found[name] == content, name


def test_a_job_server_with_workers_in_this_process(recipe, tmp_path, undisturbed):
    with running(SERVER, "--port", tmp_path) as server:
        options = ("--runner=PortableRunner", f"--job_endpoint={server}")
        output = tmp_path / "out"
        check_same(recipe, output, undisturbed, *options, "--environment_type=LOOPBACK")


def test_a_job_server_with_a_pool_of_workers_that_start_elsewhere(
    recipe, tmp_path, undisturbed, monkeypatch
):
    """The pool's processes know neither this process nor its folder, only what a job says."""
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with (
        running(SERVER, "--port", elsewhere) as server,
        running(POOL, "--service_port", elsewhere) as pool,
    ):
        options = ("--runner=PortableRunner", f"--job_endpoint={server}")
        workers = ("--environment_type=EXTERNAL", f"--environment_config={pool}")
        check_same(recipe, Path("out"), undisturbed, *options, *workers)
    assert list(elsewhere.iterdir()) == []


def test_flink(recipe, tmp_path, undisturbed):
    jar = f"--flink_job_server_jar={program('HAYBALE_FLINK_JAR')}"
    options = ("--runner=FlinkRunner", "--flink_master=[local]", "--parallelism=2", jar)
    check_same(recipe, tmp_path / "out", undisturbed, *options)


def test_spark(recipe, tmp_path, undisturbed):
    jar = f"--spark_job_server_jar={program('HAYBALE_SPARK_JAR')}"
    options = ("--runner=SparkRunner", "--spark_master_url=local[2]", jar)
    check_same(recipe, tmp_path / "out", undisturbed, *options)


def test_prism(recipe, tmp_path, undisturbed):
    binary = f"--prism_location={program('HAYBALE_PRISM')}"
    check_same(recipe, tmp_path / "out", undisturbed, "--runner=PrismRunner", binary)
