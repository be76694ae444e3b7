"""Which engine runs a Beam pipeline, and with which options. Always explicit, never a default."""

import argparse
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from haybale.corpus.errors import RecipeError
from haybale.pipeline import local_runner
from haybale.pipeline.local_runner import DEFAULT_MEMORY_BYTES, IDLE_BYTES, local_pipeline

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

        least = IDLE_BYTES * 5 // 4
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
        return local_runner.shuffle_bytes(self.memory_bytes)

    @property
    def memory_bytes(self) -> int:
        """What the driver may take."""
        return self.max_memory_bytes or DEFAULT_MEMORY_BYTES

    @property
    def runner(self) -> str:
        """The runner's name."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("--runner", default=local_runner.NAME)
        return str(parser.parse_known_args(list(self.options))[0].runner)

    @property
    def is_local(self) -> bool:
        """Whether it runs on this computer, in processes that --workers counts."""
        return self.runner == local_runner.NAME

    def pipeline(self, num_bytes: int) -> beam.Pipeline:
        """An empty pipeline on this engine, for work over so much input."""
        if not self.is_local:
            return beam.Pipeline(options=PipelineOptions(list(self.options)))
        return local_pipeline(self.options, self.workers, num_bytes)
