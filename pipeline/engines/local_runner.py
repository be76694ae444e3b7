"""Beam pipelines on this computer: in the driver's own process, by an engine that is always there.

What needs no shuffle is done beside the driver where that is worth it, see
`haybale.pipeline.units.pool`. A shuffle stays in it: this engine groups in the driver in any case,
and worker processes would hold everything a second time.
"""

import contextlib
from collections.abc import Iterator, Sequence

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


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raise an interruption or a request to end as what it was, not as what Beam made of it.

    Work is done in the main thread, where signals raise; out of whatever is raised there Beam
    makes a RuntimeError.
    """
    try:
        yield
    except Exception as error:
        ended = _ended_by(error)
        if ended is None:
            raise
        raise ended from None


def _ended_by(error: BaseException) -> BaseException | None:
    """The interruption or request to end that this came of, if it did."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, KeyboardInterrupt | SystemExit):
            return one
        if one is not None and one not in seen:
            seen.append(one)
            waiting += [one.__cause__, one.__context__]
    return None
