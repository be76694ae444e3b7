"""What a build asks of Dataflow: what is missing, what is added, and what jobs are called."""

import re

import pytest
from dataflow_here import OPTIONS

from haybale.corpus.errors import RecipeError
from haybale.pipeline.engines.dataflow import MAX_NAME, Job, job_name
from haybale.pipeline.runners import Engine

OUTPUT = "gs://some-bucket/out"


def without(name):
    return tuple(option for option in OPTIONS if not option.startswith(f"--{name}"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (without("project"), "needs --project="),
        (without("region"), "needs --region="),
        (without("temp_location"), "needs --temp_location=gs://BUCKET/FOLDER"),
        (without("sdk_container_image"), "holds no haybale; give --sdk_container_image"),
        ((*OPTIONS, "--temp_location=/tmp/here"), "expected gs://BUCKET/FOLDER, found /tmp/here"),
        # Beam would try for two minutes to make a bucket of its own instead.
        ((*OPTIONS, "--staging_location=gs://b"), "--staging_location: expected gs://BUCKET"),
        ((*OPTIONS, "--job_name=My Job"), "--job_name: expected small letters"),
    ],
)
def test_what_would_fail_after_minutes_fails_at_once(options, message):
    with pytest.raises(RecipeError, match=message):
        Engine(1, options)


def test_the_users_options_win():
    given = (
        "--number_of_worker_harness_threads=4",
        "--save_main_session",
        "--sdk_location=default",
    )
    engine = Engine(1, (*OPTIONS, *given))
    assert engine.added_options == []
    options = engine.remote_options(Job("name", "step", OUTPUT))
    assert [one for one in options if one.startswith("--number_of")] == [given[0]]


@pytest.mark.parametrize(
    "recipe", ["massivetext", "Two Subsets, v2.1", "15T tokens", "名前", "x" * 90]
)
@pytest.mark.parametrize("prefix", [None, "mine", "m" * 90])
@pytest.mark.parametrize("step", ["ingest", "deduplicate/star/12/large-0003", "s" * 200])
def test_names_are_names_that_dataflow_takes(recipe, prefix, step):
    name = job_name(prefix, Job(recipe, step, OUTPUT))
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)
    assert len(name) <= MAX_NAME


def test_a_name_says_recipe_and_step_and_a_users_prefix_takes_the_recipes_place():
    job = Job("Two Subsets", "deduplicate/exact", OUTPUT)
    assert job_name(None, job).startswith("two-subsets-deduplicate-exact-")
    assert job_name("mine", job).startswith("mine-deduplicate-exact-")


def test_builds_of_one_recipe_into_two_folders_do_not_collide():
    jobs = [Job("name", step, output) for step in ("one", "two") for output in ("gs://a", "gs://b")]
    assert len({job_name(None, job) for job in jobs}) == 4


def test_cut_names_of_long_steps_still_differ():
    jobs = [Job("name", f"{'s' * 100}{number}", OUTPUT) for number in range(20)]
    assert len({job_name(None, job) for job in jobs}) == 20
