"""Which pipelines of a build are Dataflow jobs: those that are too much for the driver."""

from collections.abc import Mapping

from haybale.pipeline.dedup.rows import EXACT, band_type
from haybale.pipeline.estimate.observed import Observed
from haybale.pipeline.estimate.shuffles import Shuffle, banded_rows
from haybale.pipeline.estimate.workload import Workload
from haybale.pipeline.jobs.lookup_runs import PLACE
from haybale.pipeline.runners import IN_DRIVER_BYTES, IN_DRIVER_UNITS

_INGEST_FACTOR = 4  # by which the driver weighs input, since it is packed
_OF_ROWS = {"deduplicate/removals": EXACT, "lookup": PLACE}
_BAND = band_type(2)  # of most policies; only whether it is much matters here
_OF_BANDS = ("deduplicate/bands", "deduplicate/candidates")


def num_jobs(observed: Observed, load: Workload, found: Mapping[str, Shuffle]) -> int:
    """How many jobs are submitted, one after another.

    Args:
        observed: The sample: which steps there are.
        load: What is to be done.
        found: Shuffles, with their passes, as Dataflow makes them.
    """
    count = 0
    for step in observed.build.steps:
        passes = [each.num_passes for name, each in found.items() if step.startswith(name)]
        is_large = _step_bytes(observed, load, step) >= IN_DRIVER_BYTES
        if is_large or _num_units(observed, load, step) > IN_DRIVER_UNITS:
            count += max(passes, default=1)
    stars = found.get("deduplicate/stars")
    return count + (stars.num_passes if stars else 0)


def _num_units(observed: Observed, load: Workload, step: str) -> int:
    return load.num_parts if observed.of_parts(step) else 0


def _step_bytes(observed: Observed, load: Workload, step: str) -> float:
    """What a step says of its size when it asks for a pipeline."""
    if step == "ingest":
        return load.input_bytes * _INGEST_FACTOR
    if step == "tokenizer-sample":
        return 0
    if step.startswith(_OF_BANDS):
        return banded_rows(observed, load).value * _BAND.itemsize
    if step.startswith("deduplicate/exact"):
        return load.total("kept").value * EXACT.itemsize
    for name, row_type in _OF_ROWS.items():
        if step.startswith(name):
            return load.total("read").value * row_type.itemsize
    if step == "tokenize/shards":
        return load.total("tokens").value * 2
    return load.total("kept_bytes").value
