"""What a build asks of Dataflow: checked before a job starts, since each takes minutes to."""

import argparse
import contextlib
import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from haybale.corpus.digests import digest
from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.pipeline.engines.beam_options import is_given

MAX_NAME = 63
"""Characters of a label's value, and of a job's name here: machines are named after jobs."""

_PREFIX_CHARACTERS = 24
_GCS_PATH = re.compile(r"gs://[a-z0-9][-_a-z0-9.]+[a-z0-9]/.+")
_CODE = (
    "sdk_container_image",
    "setup_file",
    "extra_packages",
    "requirements_file",
    "prebuild_sdk_container_engine",
)
"""Options by which workers get what is not in Beam's own image."""


@dataclass(frozen=True)
class Job:
    """Which step of which build a pipeline does.

    Attributes:
        recipe: The recipe's name.
        step: The step's name, such as `deduplicate/exact`.
        output: URI of the corpus folder.
    """

    recipe: str
    step: str
    output: str


def check_dataflow(options: argparse.Namespace) -> None:
    """Check that a job could start, without asking anybody.

    Args:
        options: As `parse_options` gives them.

    Raises:
        RecipeError: On what is missing or cannot be right.
    """
    try:
        importlib.import_module("google.cloud.dataflow")
    except ModuleNotFoundError:
        raise RecipeError("--runner=DataflowRunner needs pip install 'haybale[gcp]'") from None
    for name in ("project", "region"):
        if not getattr(options, name):
            raise RecipeError(f"--runner=DataflowRunner needs --{name}=...; give it after --")
    if not options.temp_location:
        raise RecipeError(
            "--runner=DataflowRunner needs --temp_location=gs://BUCKET/FOLDER; give it after --"
        )
    for name in ("temp_location", "staging_location"):
        place = getattr(options, name)
        if place and not _GCS_PATH.fullmatch(place):
            raise RecipeError(f"--{name}: expected gs://BUCKET/FOLDER, found {place}")
    if not any(getattr(options, name) for name in _CODE):
        raise RecipeError(
            "--runner=DataflowRunner: Beam's own image holds no haybale; give "
            "--sdk_container_image=IMAGE, or --setup_file=deploy/workers/setup.py while developing"
        )
    if options.job_name and not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", options.job_name):
        raise RecipeError(
            f"--job_name: expected small letters, digits and -, beginning with a letter, found "
            f"{options.job_name!r}"
        )


def defaults(given: Sequence[str], options: argparse.Namespace) -> list[str]:
    """Options that suit our workers, where the user gave none of their kind.

    - One thread per process: Dataflow starts a process per core, and a unit of work keeps it busy;
      each further thread would hold a further part in memory.
    - Nothing of the main session is pickled: all our code is importable.
    - With an image of one's own, no other copy of Beam is sent along.
    """
    added = []
    if not is_given(given, "--number_of_worker_harness_threads"):
        added.append("--number_of_worker_harness_threads=1")
    if not is_given(given, "--save_main_session", "--no_save_main_session"):
        added.append("--no_save_main_session")
    if options.sdk_container_image and not is_given(given, "--sdk_location"):
        added.append("--sdk_location=container")
    return added


def labels(job: Job) -> list[str]:
    """Options that label a job: what it is on bills and in searches."""
    return [
        f"--label=haybale-recipe={_plain(job.recipe, MAX_NAME)}",
        f"--label=haybale-step={_plain(job.step, MAX_NAME)}",
    ]


def job_name(prefix: str | None, job: Job) -> str:
    """`<prefix>-<step>-<six digits>`, of at most MAX_NAME characters.

    The digits are of output and step: two builds of one recipe do not collide, while a second
    driver of the same build is refused by Dataflow as long as the first one's job is running.

    Args:
        prefix: The user's `--job_name`; None: the recipe's name.
        job: What is being done.
    """
    start = _plain(prefix or job.recipe, _PREFIX_CHARACTERS)
    if not start[:1].isalpha():
        start = f"haybale-{start}".rstrip("-")
    end = digest(f"{job.output.rstrip('/')}\0{job.step}".encode())[:6]
    middle = _plain(job.step, MAX_NAME - len(start) - len(end) - 2)
    return f"{start}-{middle}-{end}"


@contextlib.contextmanager
def submitted(name: str) -> Iterator[None]:
    """Say what to do where a job of that name, which an earlier driver started, still runs.

    Raises:
        HaybaleError: In place of Beam's error.
    """
    from apache_beam.runners.dataflow.internal.apiclient import DataflowJobAlreadyExistsError

    try:
        yield
    except DataflowJobAlreadyExistsError:
        raise HaybaleError(
            f"a job called {name}, which an earlier run of this build started, is still at work; "
            "wait for it to end, or cancel it, and run the same command again"
        ) from None


def _plain(text: str, length: int) -> str:
    """Small letters, digits and single hyphens, cut to a length."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:length].rstrip("-")
