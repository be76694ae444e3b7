"""What the engine itself takes, beside the work: of each pipeline, and of each unit in it."""

from dataclasses import dataclass
from statistics import median

from haybale.pipeline.estimate.sample import MeasuredBuild

WITHOUT_SHUFFLE = (
    "deduplicate/bands",
    "deduplicate/shingles",
    "deduplicate/removals",
    "tokenizer-sample",
    "tokenize/tokens",
)
"""Steps whose units are the parts of the plan."""


@dataclass(frozen=True)
class Overhead:
    """CPU time that a pipeline takes without any work.

    Attributes:
        pipeline_seconds: Of a pipeline.
        unit_seconds: More, for each unit.
    """

    pipeline_seconds: float
    unit_seconds: float

    def seconds(self, num_units: float) -> float:
        """Of a pipeline with so many units."""
        return self.pipeline_seconds + self.unit_seconds * num_units


def fit_overhead(build: MeasuredBuild, first: MeasuredBuild) -> Overhead:
    """From the same steps with few units and with many.

    The median over steps without a shuffle that did the same number of units; ingest is left out,
    which loads models and kernels in the first build.

    Args:
        build: With a unit for each piece.
        first: With a unit for each subset.
    """
    num_many, most = _median(build)
    num_few, least = _median(first)
    if num_many <= num_few:
        return Overhead(most, 0.0)
    slope = max(0.0, (most - least) / (num_many - num_few))
    return Overhead(max(0.0, least - slope * num_few), slope)


def work_seconds(build: MeasuredBuild, step: str) -> float:
    """CPU seconds of a step's units."""
    return sum(unit.cpu_seconds for unit in build.units if unit.step == step)


def num_units(build: MeasuredBuild, step: str) -> int:
    """Of a step."""
    return sum(unit.step == step for unit in build.units)


def _median(build: MeasuredBuild) -> tuple[int, float]:
    """Units of a step without a shuffle, and CPU seconds beside their work; nothing without any."""
    rests = [
        cost.cpu_seconds - work_seconds(build, name)
        for name, cost in build.steps.items()
        if name in WITHOUT_SHUFFLE
    ]
    counts = [num_units(build, name) for name in build.steps if name in WITHOUT_SHUFFLE]
    return (max(counts), max(0.0, median(rests))) if rests else (0, 0.0)
