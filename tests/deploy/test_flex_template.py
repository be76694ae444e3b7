"""The Flex Template: metadata and program agree, and it asks for the build that was meant."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from dataflow_here import IMAGE, OPTIONS
from dataflow_service import serving

from haybale.cli import recipes
from haybale.pipeline.runners import Engine

DEPLOY = Path(__file__).parents[2] / "deploy"
PARAMETERS = json.loads((DEPLOY / "metadata.json").read_text())["parameters"]
REQUIRED = {
    "recipe": "gs://some-bucket/recipes/web.toml",
    "output": "gs://some-bucket/out",
    "sdk_container_image": IMAGE,
}
# What the service adds to a launch.
LAUNCH = [
    "--runner=DataflowRunner",
    "--project=some-project",
    "--region",
    "europe-west4",
    "--job_name=launch",
    "--temp_location=gs://some-bucket/tmp",
    "--staging_location=gs://some-bucket/staging",
    "--service_account_email=worker@some-project.iam.gserviceaccount.com",
]


@pytest.fixture(scope="module")
def template():
    spec = importlib.util.spec_from_file_location("flex_template", DEPLOY / "flex_template.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(**parameters):
    return [*LAUNCH, *(f"--{name}={value}" for name, value in {**REQUIRED, **parameters}.items())]


def test_the_program_takes_exactly_the_parameters_of_the_metadata(template):
    source = (DEPLOY / "flex_template.py").read_text()
    taken = dict(re.findall(r'add_argument\("--(\w+)"(.*)\)', source))
    assert {one["name"] for one in PARAMETERS} == taken.keys()
    for one in PARAMETERS:
        assert one.get("isOptional", False) != ("required=True" in taken[one["name"]])
        assert one["label"]
        assert one["helpText"].endswith(".")


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("recipe", ["gs://b/r.toml", "massivetext"], ["/tmp/r.toml", "gs://b/r.json", "My recipe"]),
        ("output", ["gs://b/out", "s3://b/a/b"], ["/tmp/out", "gs://b", "out"]),
        ("sdk_container_image", [IMAGE, "gcr.io/p/i"], ["image", "a b/c"]),
        ("overrides", ["seed=1", "a.b=1; c.d='x y'"], ["seed", "=1", ";"]),
        ("job_machine_type", ["n2-highmem-8", "c3d-standard-30"], ["large", "n2", "N2-STANDARD-4"]),
        ("job_max_workers", ["1", "1000"], ["0", "-3", "many"]),
        ("job_options", ["--flexrs_goal=COST_OPTIMIZED"], ["flexrs", "-x"]),
    ],
)
def test_metadata_takes_and_refuses(name, taken, refused):
    (parameter,) = (one for one in PARAMETERS if one["name"] == name)
    for value, expected in [*((one, True) for one in taken), *((one, False) for one in refused)]:
        matches = all(re.fullmatch(regex, value) for regex in parameter["regexes"])
        assert matches == expected, value


def test_a_shipped_recipe_has_a_name_that_the_metadata_takes():
    folder = Path(recipes.__file__).parents[1] / "recipes"
    (parameter,) = (one for one in PARAMETERS if one["name"] == "recipe")
    for recipe in folder.glob("*.toml"):
        assert re.fullmatch(parameter["regexes"][0], recipe.stem), recipe.stem


def test_the_build_is_asked_what_the_parameters_say(template):
    launch, _ = template.read_arguments(
        arguments(
            recipe="massivetext",
            overrides="seed=1; shards.target_tokens=1000",
            job_machine_type="n2-highmem-16",
            job_max_workers="7",
            job_options="--flexrs_goal=COST_OPTIMIZED --disk_size_gb=50",
        )
    )
    command = launch.command()
    at = command.index("build")
    assert command[at : at + 8] == [
        *("build", "massivetext", "--output", "gs://some-bucket/out"),
        *("--set", "seed=1", "--set", "shards.target_tokens=1000"),
    ]
    options = command[command.index("--") + 1 :]
    for option in (
        *OPTIONS,
        "--service_account_email=worker@some-project.iam.gserviceaccount.com",
        "--worker_machine_type=n2-highmem-16",
        "--max_num_workers=7",
        "--flexrs_goal=COST_OPTIMIZED",
        "--disk_size_gb=50",
    ):
        assert option in options
    # A build takes them, and its jobs do not bear the name of the launch.
    engine = Engine(1, tuple(options))
    assert not any("launch" in option for option in engine.options)


def test_the_driver_runs_on_one_worker(template):
    _, options = template.read_arguments(arguments())
    found = PipelineOptions(options).get_all_options(drop_default=True)
    assert found["num_workers"] == found["max_num_workers"] == 1
    assert found["autoscaling_algorithm"] == "NONE"
    assert found["job_name"] == "launch"
    assert found["sdk_container_image"] == IMAGE


@pytest.mark.slow
def test_a_launch_is_one_job_that_the_service_takes(template, monkeypatch):
    with serving(monkeypatch) as service:
        local = ["--no_auth", f"--dataflow_endpoint={service.endpoint}"]
        template.main([*arguments(recipe="massivetext"), *local])
        (job,) = service.jobs
    assert job["name"] == "launch"
    assert job["environment"]["workerPools"][0]["numWorkers"] == 1
