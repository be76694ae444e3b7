"""A build as one Beam job: its driver runs on a worker, and starts the jobs of the steps.

Where only single jobs can be started, such as by a template of Dataflow, this job stands for the
whole build. Done twice, it does what a build does: the second goes on where the first was stopped.
"""

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import apache_beam as beam

from haybale.pipeline.planning.fetch import fetch

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Launch:
    """A `haybale build` to be run elsewhere.

    Attributes:
        recipe: `gs://…`, `s3://…`, or a shipped recipe's name.
        output: `gs://…` or `s3://…`.
        overrides: As after `--set`.
        options: Beam options of the steps' jobs.
    """

    recipe: str
    output: str
    overrides: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def command(self) -> list[str]:
        """What to run here; a recipe that lies elsewhere is fetched."""
        recipe = fetch(self.recipe, "recipe") if "://" in self.recipe else self.recipe
        sets = [argument for override in self.overrides for argument in ("--set", override)]
        build = ["build", recipe, "--output", self.output, *sets]
        return [sys.executable, "-m", "haybale.cli", *build, "--", *self.options]


class LaunchBuild(beam.PTransform):  # type: ignore[misc]
    """Run a build to its end; the result is its last line."""

    def __init__(self, launch: Launch) -> None:
        super().__init__()
        self._launch = launch

    def expand(self, root: beam.pvalue.PBegin) -> beam.PCollection[str]:
        """Beam's hook."""
        return (
            root
            | "Once" >> beam.Create([0])
            | "Build" >> beam.ParDo(_RunBuild(self._launch)).with_output_types(str)
        )


class _RunBuild(beam.DoFn):  # type: ignore[misc]
    """Runs `haybale build` as a process of its own, and logs what it says."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch

    def process(self, _: int) -> Iterator[str]:
        last = ""
        with subprocess.Popen(
            self._launch.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as build:
            assert build.stdout is not None
            for line in build.stdout:
                last = line.strip() or last
                _LOGGER.info("%s", line.rstrip())
        if build.returncode:
            raise RuntimeError(f"haybale build ended with {build.returncode}: {last}")
        yield last
