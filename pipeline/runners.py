"""Which engine runs a Beam pipeline, and with which options. Always explicit, never a default."""

import argparse
import shlex
import sys
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from haybale.corpus.errors import RecipeError

LIGHT_BYTES = 128 << 20
"""Below this much input, starting worker processes costs more than they save."""


DEFAULT_MEMORY_BYTES = 4 << 30
_IDLE_BYTES = 400 << 20  # the driver before any work: libraries, models, compiled kernels
_SHUFFLE_FACTOR = 9  # a local engine holds a shuffle at 4.5 times its size, with processes 9 times
_REMOTE_SHUFFLE_BYTES = 1 << 40


@dataclass(frozen=True)
class Engine:
    """Where Beam pipelines run.

    Attributes:
        workers: Processes on this computer; has no meaning for another runner.
        options: Beam options as given after `--`.
        max_memory_bytes: What deduplication may take on this computer; None: DEFAULT_MEMORY_BYTES.
    """

    workers: int = 1
    options: tuple[str, ...] = ()
    max_memory_bytes: int | None = None

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

        least = _IDLE_BYTES * 5 // 4
        if self.max_memory_bytes is not None and self.max_memory_bytes < least:
            raise RecipeError(
                f"--max-memory: expected at least {least >> 20} MiB, found "
                f"{self.max_memory_bytes >> 20} MiB"
            )
        if self.max_memory_bytes is not None and not self.is_local:
            raise RecipeError(
                f"--max-memory has no effect on {self.runner}; give that runner larger machines"
            )

    @property
    def shuffle_bytes(self) -> int:
        """How much one pipeline may shuffle; more is shuffled in several, to the same result."""
        if not self.is_local:
            return _REMOTE_SHUFFLE_BYTES
        return (self.memory_bytes - _IDLE_BYTES) // _SHUFFLE_FACTOR

    @property
    def memory_bytes(self) -> int:
        """What the driver may take."""
        return self.max_memory_bytes or DEFAULT_MEMORY_BYTES

    @property
    def runner(self) -> str:
        """The runner's name."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--runner", default="FnApiRunner")
        return str(parser.parse_known_args(list(self.options))[0].runner)

    @property
    def is_local(self) -> bool:
        """Whether it runs on this computer, in processes that --workers counts."""
        return self.runner == "FnApiRunner"

    def pipeline(self, num_bytes: int) -> beam.Pipeline:
        """An empty pipeline on this engine, for work over so much input.

        On this computer, workers are processes; below LIGHT_BYTES the driver does the work itself.
        """
        if not self.is_local:
            return beam.Pipeline(options=PipelineOptions(list(self.options)))
        options = [option for option in self.options if not option.startswith("--runner")]
        if self.workers == 1 or num_bytes <= LIGHT_BYTES:
            return beam.Pipeline(FnApiRunner(), options=PipelineOptions(options))
        command = f"{shlex.quote(sys.executable)} -m haybale.pipeline.harness"
        environment = SubprocessSDKEnvironment.from_command_string(command)
        options.append(f"--direct_num_workers={self.workers}")
        return beam.Pipeline(FnApiRunner(environment), options=PipelineOptions(options))
