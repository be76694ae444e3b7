"""Level 3: what a job is when it reaches the service, and what is sent along."""

import subprocess
import sys
from email.parser import Parser
from pathlib import Path

import pytest
from dataflow_here import IMAGE, OPTIONS
from dataflow_service import DONE, serving
from packaging.requirements import Requirement

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.engines.dataflow import Job
from haybale.pipeline.jobs.bands import BandsWorker
from haybale.pipeline.jobs.candidates import FindCandidates
from haybale.pipeline.runners import Engine
from haybale.pipeline.units.spread import DoUnits
from haybale.pipeline.units.steps import Step

ROOT = Path(__file__).parents[3]
OUTPUT = "gs://some-bucket/out"
STEP = Step("deduplicate/bands", "fingerprint")
JOB = Job("Every Stage", STEP.name, OUTPUT)
MAX_REQUEST_BYTES = 20 << 20
MAX_GRAPH_BYTES = 10 << 20
ASKED = (
    "--worker_machine_type=n2-highmem-8",
    "--disk_size_gb=50",
    "--max_num_workers=100",
    "--number_of_worker_harness_threads=2",
    "--no_use_public_ips",
    "--flexrs_goal=COST_OPTIMIZED",
    "--dataflow_service_options=some_service_option",
    "--experiments=some_experiment",
    "--service_account_email=worker@some-project.iam.gserviceaccount.com",
    "--dataflow_kms_key=projects/p/locations/l/keyRings/r/cryptoKeys/k",
    "--labels=team=corpora",
)


@pytest.fixture
def service(monkeypatch):
    with serving(monkeypatch) as running:
        yield running


def submit(service, *asked, options=OPTIONS, transform=None):
    """Run a step on the service, however little it does; its job and worker pool."""
    local = ("--no_auth", f"--dataflow_endpoint={service.endpoint}")
    engine = Engine(1, (*options, *local, *asked), in_driver_bytes=0)
    transform = transform or DoUnits(BandsWorker(OUTPUT, STEP), 3)
    result = engine.run(lambda root: root | transform, JOB, 3, 0)
    assert result.state == "DONE"
    (job,) = service.jobs
    return job, job["environment"]["workerPools"][0]


@pytest.mark.slow
def test_a_job_is_what_was_asked_for(service):
    job, pool = submit(service, *ASKED)
    environment = job["environment"]
    assert job["name"] == "every-stage-deduplicate-bands-bd4761"
    assert job["labels"] == {
        "haybale-recipe": "every-stage",
        "haybale-step": "deduplicate-bands",
        "team": "corpora",
    }
    assert pool["machineType"] == "n2-highmem-8"
    assert pool["diskSizeGb"] == 50
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 100
    assert pool["numThreadsPerWorker"] == 2
    assert pool["ipConfiguration"] == 2  # WORKER_IP_PRIVATE
    assert environment["flexResourceSchedulingGoal"] == 2  # FLEXRS_COST_OPTIMIZED
    assert environment["serviceOptions"] == ["some_service_option"]
    assert "some_experiment" in environment["experiments"]
    assert environment["serviceAccountEmail"] == "worker@some-project.iam.gserviceaccount.com"
    assert environment["serviceKmsKeyName"].endswith("/cryptoKeys/k")


@pytest.mark.slow
def test_workers_are_one_thread_in_our_image_and_get_nothing_else(service):
    _, pool = submit(service)
    (container,) = pool["sdkHarnessContainerImages"]
    assert container["containerImage"] == IMAGE
    assert container["useSingleCorePerContainer"]
    assert pool["numThreadsPerWorker"] == 1
    names = {uri.rpartition("/")[2] for uri in service.staged}
    assert names == {"pipeline.pb", "submission_environment_dependencies.txt"}


@pytest.mark.slow
def test_a_step_with_a_shuffle_stays_far_below_the_limits(service):
    submit(service, transform=FindCandidates(OUTPUT, STEP, 2, 100_000, 20_000, 3, 0, 1 << 64))
    graphs = [len(body) for uri, body in service.staged.items() if uri.endswith("pipeline.pb")]
    assert service.job_bytes[0] < MAX_REQUEST_BYTES // 100
    assert graphs[0] < MAX_GRAPH_BYTES // 100


@pytest.mark.slow
def test_a_job_that_an_earlier_driver_left_running_is_named(monkeypatch):
    running = {**DONE, "currentState": "JOB_STATE_RUNNING", "clientRequestId": "another driver's"}
    with (
        serving(monkeypatch, running) as service,
        pytest.raises(HaybaleError, match="every-stage-deduplicate-bands-bd4761, which an ear"),
    ):
        submit(service)


@pytest.mark.slow
def test_with_a_setup_file_workers_can_install_what_is_sent(service, tmp_path):
    setup = f"--setup_file={ROOT / 'deploy' / 'workers' / 'setup.py'}"
    submit(service, setup, options=OPTIONS[:-1])  # without the image
    (packed,) = (body for uri, body in service.staged.items() if uri.endswith("workflow.tar.gz"))
    (tmp_path / "haybale.tar.gz").write_bytes(packed)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    install += ["--no-build-isolation", "--target", tmp_path / "site", tmp_path / "haybale.tar.gz"]
    subprocess.run(install, check=True)
    (metadata,) = (tmp_path / "site").glob("haybale-*.dist-info/METADATA")
    lines = Parser().parsestr(metadata.read_text()).get_all("Requires-Dist")
    needed = {one.name for one in map(Requirement, lines) if one.marker is None}
    assert {"apache-beam", "numba", "sentencepiece", "numpy"} <= needed
    code = "import haybale, haybale.pipeline.units.spread; print(haybale.__file__)"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.startswith(str(tmp_path / "site"))
