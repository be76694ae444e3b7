"""Which engine runs a Beam pipeline, and with which options. Always explicit, never a default."""

import argparse
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineResult, PipelineState

from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.pipeline.engines import local_runner
from haybale.pipeline.engines.beam_options import is_given, parse_options
from haybale.pipeline.engines.dataflow import (
    Job,
    check_dataflow,
    defaults,
    job_name,
    labels,
    submitted,
)
from haybale.pipeline.engines.local_runner import interruptible, local_pipeline
from haybale.pipeline.engines.memory import check_holds, default_bytes, driver_bytes
from haybale.pipeline.engines.reach import Places, Reach, check_reach, find_reach
from haybale.pipeline.engines.runner_names import (
    DATAFLOW,
    LOCAL,
    PORTABLE,
    PRISM,
    RUNNERS,
    runner_name,
)
from haybale.pipeline.report.amounts import count_of

IN_DRIVER_BYTES = 256 << 20
"""Dataflow takes minutes to start a job; the driver does so much in less, within 2.5 GB of memory
where all of it is shuffled."""

IN_DRIVER_UNITS = 1000
"""Each commits files to an object store, which takes a tenth of a second or more."""

Graph = Callable[[beam.Pipeline], object]

_REMOTE_SHUFFLE_BYTES = 1 << 40


@dataclass(frozen=True)
class Engine:
    """Where Beam pipelines run.

    Attributes:
        workers: Processes on this computer; has no meaning for another runner.
        options: Beam options as given after `--`.
        max_memory_bytes: What the build may take on this computer, workers and all; None: see
            `haybale.pipeline.engines.memory.default_bytes`.
        in_driver_bytes: Steps over less input than this, and of at most IN_DRIVER_UNITS units, run
            in the driver although the runner is another; None: IN_DRIVER_BYTES on Dataflow, 0 (no
            step) on others, which start a job at once.
        isolated: Whether all documents are left to processes beside the driver, by `build`.
    """

    workers: int = 1
    options: tuple[str, ...] = ()
    max_memory_bytes: int | None = None
    in_driver_bytes: int | None = None
    isolated: bool = False

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise RecipeError(f"--workers: expected at least 1, found {self.workers}")
        for option in self.options:
            if "multi_threading" in option:
                raise RecipeError(
                    f"{option}: threads corrupt data that Arrow encodes; use --workers N"
                )
            if "data_buffer_time_limit_ms" in option:
                raise RecipeError(
                    f"{option}: a timed flush can cut an element in half; leave it out"
                )
            if option.startswith("--direct_"):
                raise RecipeError(f"{option}: use --workers N for processes on this computer")
        if self.workers > 1 and not self.is_local:
            raise RecipeError(
                f"--workers {self.workers} has no effect on {self.runner}; "
                "give that runner its own option after --"
            )
        if self.in_driver_bytes is not None and self.is_local:
            raise RecipeError("--in-driver has no effect on this computer, where all steps run")

        if self.is_local:
            check_holds(self.max_memory_bytes, default_bytes(), self.workers)
        if self.max_memory_bytes is not None and not self.is_local:
            raise RecipeError(
                f"--max-memory has no effect on {self.runner}; give that runner larger machines"
            )
        self._check_options()

    def _check_options(self) -> None:
        """Check what can be checked before any work, and without asking anybody."""
        parsed = self._parsed
        if self.options and not is_given(self.options, "--runner"):
            raise RecipeError(
                f"after --: expected --runner=... among {' '.join(self._option_names)}: options of "
                f"Beam's are for the runner that they name; give one of {', '.join(RUNNERS[1:])}, "
                "or leave them out to build on this computer"
            )
        if self.runner == DATAFLOW:
            check_dataflow(parsed)
        if self.runner == PORTABLE and not parsed.job_endpoint:
            raise RecipeError("--runner=PortableRunner needs --job_endpoint=HOST:PORT")
        if self.runner == PRISM and not (parsed.prism_location or parsed.job_endpoint):
            raise RecipeError(
                "--runner=PrismRunner needs --prism_location=FILE: without it Beam downloads a "
                "program and runs it"
            )
        _ = self.reach

    @property
    def shuffle_bytes(self) -> int:
        """How much one pipeline may shuffle; more is shuffled in several, to the same result."""
        if not self.is_local:
            return _REMOTE_SHUFFLE_BYTES
        return local_runner.shuffle_bytes(self.memory_bytes)

    @property
    def memory_bytes(self) -> int:
        """What the driver may take: what the workers beside it leave."""
        given = self.max_memory_bytes or default_bytes()
        return driver_bytes(given, self.workers, isolated=self.isolated)

    @cached_property
    def runner(self) -> str:
        """The runner's name."""
        return runner_name(self.options)

    @cached_property
    def _parsed(self) -> argparse.Namespace:
        return parse_options(self.options, self.runner)

    @property
    def _option_names(self) -> list[str]:
        """Of the options given, without their values, which may be secret."""
        return [option.partition("=")[0] for option in self.options if option.startswith("-")]

    @property
    def is_local(self) -> bool:
        """Whether it runs on this computer, in processes that --workers counts."""
        return self.runner == LOCAL

    @property
    def reach(self) -> Reach:
        """Where its workers are."""
        return find_reach(self._parsed, self.runner)

    @property
    def added_options(self) -> list[str]:
        """Options that a job gets beside the user's, its name and labels left out."""
        return defaults(self.options, self._parsed) if self.runner == DATAFLOW else []

    def describe(self) -> str:
        """Runner, and what a user did not ask for in so many words."""
        if self.is_local:
            return f"{self.runner}, {count_of(self.workers, 'worker')}"
        parts = [self.runner]
        if self.added_options:
            parts.append(f"with {' '.join(self.added_options)}")
        if self._in_driver_bytes:
            parts.append(f"steps below {self._in_driver_bytes >> 20} MiB in this process")
        return ", ".join(parts)

    def check_places(self, places: Places) -> list[str]:
        """Check that workers can open these; see `haybale.pipeline.engines.reach.check_reach`."""
        return check_reach(self.reach, self.runner, places)

    def run(self, graph: Graph, job: Job, num_units: int, num_bytes: int) -> PipelineResult:
        """Run a pipeline to its end.

        Args:
            graph: Adds all transforms to an empty pipeline.
            job: What it does.
            num_units: Units of work.
            num_bytes: Their input.

        Raises:
            HaybaleError: If the job was cancelled, or ended in any way but by being done.
            KeyboardInterrupt: If it was interrupted; what other signals raise is raised as well.
        """
        here = num_units <= IN_DRIVER_UNITS and num_bytes < self._in_driver_bytes
        in_driver = self.is_local or here
        if in_driver:
            pipeline = local_pipeline(self.options if self.is_local else ())
        else:
            pipeline = beam.Pipeline(options=PipelineOptions(self.remote_options(job)))
        name = job_name(self._parsed.job_name, job)
        refusal = submitted(name) if self.runner == DATAFLOW else contextlib.nullcontext()
        undisguised = interruptible() if in_driver else contextlib.nullcontext()
        with undisguised, refusal, pipeline:
            graph(pipeline)
        state = pipeline.result.state
        if state != PipelineState.DONE:  # Beam itself raises where a job failed, not where it ended
            raise HaybaleError(
                f"{job.step}: the engine ended the job as {state}, not as {PipelineState.DONE}; "
                "run the same command again to go on"
            )
        return pipeline.result

    def remote_options(self, job: Job) -> list[str]:
        """All options of a job on a runner elsewhere; of two, the user's comes later and wins."""
        if self.runner != DATAFLOW:
            return list(self.options)
        name = job_name(self._parsed.job_name, job)  # begins with the user's
        return [*self.added_options, *labels(job), *self.options, f"--job_name={name}"]

    @property
    def _in_driver_bytes(self) -> int:
        if self.in_driver_bytes is not None:
            return self.in_driver_bytes
        return IN_DRIVER_BYTES if self.runner == DATAFLOW else 0
