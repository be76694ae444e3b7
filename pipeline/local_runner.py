"""Beam pipelines on this computer: in the driver itself, or in processes beside it."""

import shlex
import sys
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

NAME = "FnApiRunner"

LIGHT_BYTES = 128 << 20
"""Below this much input, starting worker processes costs more than they save."""

DEFAULT_MEMORY_BYTES = 4 << 30
IDLE_BYTES = 400 << 20
"""Of the driver before any work: libraries, models, compiled kernels."""
_SHUFFLE_FACTOR = 9  # a local engine holds a shuffle at 4.5 times its size, with processes 9 times


def shuffle_bytes(memory_bytes: int) -> int:
    """How much one pipeline may shuffle within so much memory of the driver."""
    return (memory_bytes - IDLE_BYTES) // _SHUFFLE_FACTOR


def local_pipeline(options: Sequence[str], workers: int, num_bytes: int) -> beam.Pipeline:
    """An empty pipeline for work over so much input.

    Workers are processes; below LIGHT_BYTES the driver does the work itself.
    """
    options = [option for option in options if not option.startswith("--runner")]
    if workers == 1 or num_bytes <= LIGHT_BYTES:
        return beam.Pipeline(FnApiRunner(), options=PipelineOptions(options))
    command = f"{shlex.quote(sys.executable)} -m haybale.pipeline.harness"
    environment = SubprocessSDKEnvironment.from_command_string(command)
    options.append(f"--direct_num_workers={workers}")
    return beam.Pipeline(FnApiRunner(environment), options=PipelineOptions(options))
