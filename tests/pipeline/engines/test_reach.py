"""Whether workers can open files of this computer, by what options say, before anything starts."""

import pytest
from dataflow_here import OPTIONS

from haybale.corpus.errors import RecipeError
from haybale.pipeline.build import build
from haybale.pipeline.engines.reach import Reach
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine

SERVER = ("--runner=PortableRunner", "--job_endpoint=localhost:1")
FLINK = ("--runner=FlinkRunner", "--flink_master=jobmanager:8081")


@pytest.mark.parametrize(
    ("options", "reach"),
    [
        ((), Reach.HERE),
        (OPTIONS, Reach.NOT),
        ((*SERVER, "--environment_type=LOOPBACK"), Reach.HERE),
        # A job server may stand before a cluster, whose localhost is another.
        ((*SERVER, "--environment_type=EXTERNAL", "--environment_config=localhost:5"), Reach.MAYBE),
        ((*SERVER, "--environment_type=PROCESS"), Reach.MAYBE),
        (
            (
                "--runner=FlinkRunner",
                "--job_endpoint=localhost:1",
                "--environment_type=EXTERNAL",
                "--environment_config=localhost:5",
            ),
            Reach.MAYBE,
        ),
        ((*SERVER, "--environment_type=EXTERNAL", "--environment_config=host:5"), Reach.MAYBE),
        (
            (
                "--runner=PrismRunner",
                "--job_endpoint=localhost:1",
                "--environment_type=EXTERNAL",
                "--environment_options=external_service_address=127.0.0.1:5",
            ),
            Reach.HERE,
        ),
        (
            (*SERVER, "--environment_type=EXTERNAL", '--environment_config={"url": "host:5"}'),
            Reach.MAYBE,
        ),
        ((*SERVER, "--environment_type=DOCKER", "--environment_config=image"), Reach.NOT),
        (("--runner=FlinkRunner", "--flink_master=[local]"), Reach.HERE),
        (("--runner=SparkRunner", "--spark_master_url=local[2]"), Reach.HERE),
        (("--runner=PrismRunner", "--prism_location=prism"), Reach.HERE),
        ((*FLINK, "--environment_type=EXTERNAL", "--environment_config=localhost:5"), Reach.MAYBE),
        (
            (*FLINK, "--environment_type=PROCESS", '--environment_config={"command": "b"}'),
            Reach.MAYBE,
        ),
    ],
)
def test_where_workers_are_follows_from_the_options(options, reach):
    assert Engine(1, options).reach is reach


@pytest.mark.parametrize("options", [SERVER, FLINK])
def test_containers_of_an_image_without_haybale_are_refused(options):
    with pytest.raises(RecipeError, match="which holds no haybale; give --environment_type"):
        Engine(1, options)


def test_an_unknown_environment_is_refused():
    with pytest.raises(RecipeError, match="expected one of DOCKER, EXTERNAL, LOOPBACK, PROCESS"):
        Engine(1, (*SERVER, "--environment_type=VM"))


@pytest.mark.parametrize("output", ["here", "gs://some-bucket/out"])
def test_dataflow_is_given_no_file_of_this_computer(recipe, tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    where = "--output" if output == "here" else "subsets.web.paths"
    with pytest.raises(RecipeError, match=f"{where}: .* lies on this computer"):
        build(recipe, output, engine=Engine(1, OPTIONS), progress=Progress(quiet=True))
    assert not (tmp_path / "here").exists()


def test_a_shared_file_system_is_taken_at_the_users_word():
    options = (*SERVER, "--environment_type=EXTERNAL", "--environment_config=host:5")
    engine = Engine(1, options)
    assert engine.check_places({"--output": "gs://some-bucket/out"}) == []
    (warning,) = engine.check_places({"--output": "/shared/out"})
    assert "they must see /shared/out too" in warning
