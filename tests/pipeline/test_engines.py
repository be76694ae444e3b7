"""The same recipe on a portable engine: Beam's own job server, in another process."""

import socket
import subprocess
import sys
import time

import pytest

from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine


@pytest.fixture
def job_endpoint():
    """A running job server; workers are started by the pipeline's own process."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    module = "apache_beam.runners.portability.local_job_service_main"
    server = subprocess.Popen(
        [sys.executable, "-m", module, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                break
        time.sleep(0.2)
    yield f"localhost:{port}"
    server.kill()
    server.wait()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Beam's client, about its own protocol buffers
def test_a_portable_job_server_gives_the_same_bytes(recipe, tmp_path, undisturbed, job_endpoint):
    options = (
        "--runner=PortableRunner",
        f"--job_endpoint={job_endpoint}",
        "--environment_type=LOOPBACK",
    )
    output = tmp_path / "portable"
    build(recipe, str(output), engine=Engine(1, options), progress=Progress(quiet=True))
    for path in sorted(undisturbed.rglob("*")):
        name = path.relative_to(undisturbed)
        if path.is_file() and name.parts[0] != "run":
            assert (output / name).read_bytes() == path.read_bytes(), name
