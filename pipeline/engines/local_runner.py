"""Beam pipelines on this computer: in the driver's own process, by an engine that is always there.

What needs no shuffle is done beside the driver where that is worth it, see
`haybale.pipeline.units.pool`. A shuffle stays in it: this engine groups in the driver in any case,
and worker processes would hold everything a second time.
"""

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from haybale.pipeline.engines.memory import IDLE_BYTES

NAME = "FnApiRunner"

LIGHT_BYTES = 128 << 20
"""Below this much input, starting worker processes costs more than they save."""

_SHUFFLE_FACTOR = 9  # measured at 4.5 to 6 times its size; the rest is for what groups it


def shuffle_bytes(memory_bytes: int) -> int:
    """How much one pipeline may shuffle within so much memory of the driver."""
    return (memory_bytes - IDLE_BYTES) // _SHUFFLE_FACTOR


def local_pipeline(options: Sequence[str]) -> beam.Pipeline:
    """An empty pipeline that runs here."""
    options = [option for option in options if not option.startswith("--runner")]
    return beam.Pipeline(FnApiRunner(), options=PipelineOptions(options))
