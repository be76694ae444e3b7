"""Which runners and options a build takes, and what it says about those that it does not."""

from types import SimpleNamespace

import pytest
from dataflow_here import OPTIONS

from haybale.corpus.errors import RecipeError
from haybale.pipeline import runners
from haybale.pipeline.engines.dataflow import Job
from haybale.pipeline.runners import IN_DRIVER_BYTES, IN_DRIVER_UNITS, Engine

JOB = Job("name", "step", "gs://some-bucket/out")
SERVER = ("--runner=PortableRunner", "--job_endpoint=localhost:1", "--environment_type=LOOPBACK")


@pytest.mark.parametrize("given", ["DataflowRunner", "dataflowrunner", "Dataflow"])
def test_a_runner_is_known_in_every_spelling_that_beam_takes(given):
    engine = Engine(1, (f"--runner={given}", *OPTIONS[1:]))
    assert engine.runner == "DataflowRunner"
    assert not engine.is_local


def test_a_class_of_beams_is_checked_as_the_runner_that_it_is():
    classes = {
        "apache_beam.runners.dataflow.dataflow_runner.DataflowRunner": OPTIONS[1:],
        "apache_beam.runners.portability.fn_api_runner.FnApiRunner": (),
        "apache_beam.runners.portability.portable_runner.PortableRunner": SERVER[1:],
    }
    for given, others in classes.items():
        engine = Engine(1, (f"--runner={given}", *others))
        assert engine.runner == given.rpartition(".")[2]
    with pytest.raises(RecipeError, match="needs --project"):
        Engine(1, ("--runner=apache_beam.runners.dataflow.dataflow_runner.DataflowRunner",))
    own = ("--runner=mine.FnApiRunner", "--environment_type=LOOPBACK")
    assert not Engine(1, own).is_local


def test_another_class_is_taken_whatever_beam_calls_by_its_name():
    own = ("--runner=mine.DirectRunner", "--environment_type=LOOPBACK")
    assert Engine(1, own).runner == "mine.DirectRunner"
    with pytest.raises(RecipeError, match="chooses an engine by itself"):
        Engine(1, ("--runner=apache_beam.runners.direct.direct_runner.DirectRunner",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--project=p",), "expected --runner=... among --project: .* to build on this computer"),
        (("--runner=DaskRunner",), "merges tagged outputs"),
        (("--runner=dask",), "documents would be lost"),
        (("--runner=DirectRunner",), "chooses an engine by itself"),
        (("--runner=FlinkRuner",), "did you mean 'FlinkRunner'"),
        (("--runner=PortableRunner",), "--job_endpoint=HOST:PORT"),
        (("--runner=PrismRunner",), "--prism_location=FILE"),
        ((*SERVER, "--parallelsm=2"), "--parallelsm: .* did you mean --parallelism"),
        ((*OPTIONS, "--max_num_worker=2"), "did you mean --max_num_workers"),
        ((*OPTIONS, "--frobnicate"), "--frobnicate: Beam has no such option"),
        ((*OPTIONS, "num_workers=2"), "expected options such as --name=value"),
        ((*OPTIONS, "--num_workers=two"), "invalid int value: 'two'"),
        ((*OPTIONS, "--streaming"), "--streaming cannot be given"),
        ((*OPTIONS, "--template_location=gs://b/t"), "one template holds one"),
        ((*OPTIONS, "--no_wait_until_finish"), "every step needs"),
        (("--projct=p",), "did you mean --project"),
    ],
)
def test_what_beam_would_ignore_or_misunderstand_is_refused(options, message):
    with pytest.raises(RecipeError, match=message):
        Engine(1, options)


def test_an_option_that_only_a_job_server_knows_is_passed_on():
    options = (*SERVER, "--checkpointing_interval=7")
    assert Engine(1, options).remote_options(JOB) == list(options)


class Ran:
    """Stands for a Beam pipeline, and notes where it would have run."""

    def __init__(self, where):
        self.result = SimpleNamespace(state="DONE", where=where)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.mark.parametrize(
    ("options", "in_driver_bytes", "num_units", "num_bytes", "where"),
    [
        (OPTIONS, None, 3, IN_DRIVER_BYTES - 1, "here"),
        (OPTIONS, None, 3, IN_DRIVER_BYTES, "there"),
        (OPTIONS, None, IN_DRIVER_UNITS + 1, 10, "there"),
        (OPTIONS, 0, 1, 0, "there"),
        (OPTIONS, 100, 1, 99, "here"),
        (SERVER, None, 1, 0, "there"),
        (SERVER, 100, 1, 99, "here"),
    ],
)
def test_steps_with_little_to_do_run_in_the_driver(
    monkeypatch, options, in_driver_bytes, num_units, num_bytes, where
):
    monkeypatch.setattr(runners, "local_pipeline", lambda _: Ran("here"))
    monkeypatch.setattr(runners.beam, "Pipeline", lambda options: Ran("there"))
    engine = Engine(1, options, in_driver_bytes=in_driver_bytes)
    assert engine.run(lambda _: None, JOB, num_units, num_bytes).where == where


def test_a_bound_for_the_driver_without_effect_is_refused():
    with pytest.raises(RecipeError, match="--in-driver has no effect"):
        Engine(1, (), in_driver_bytes=100)


def test_what_a_build_adds_is_said():
    said = Engine(1, OPTIONS).describe()
    for option in ("--number_of_worker_harness_threads=1", "--sdk_location=container"):
        assert option in said
    assert "steps below 256 MiB in this process" in said
