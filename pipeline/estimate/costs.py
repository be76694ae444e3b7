"""Core-seconds of a build, stage by stage: what is fixed, and what grows with the input.

    stage = start + engine, by pipelines and units + work of parts, by subset + the rest

Work of parts is what their records say, above that of an empty part. What a step takes beside its
units' work and the engine's overhead is its shuffle, where it has one, and grows with documents;
what a stage takes beside its steps is the driver's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from haybale.pipeline.estimate.observed import Observed
from haybale.pipeline.estimate.overheads import (
    WITHOUT_SHUFFLE,
    Overhead,
    fit_overhead,
    num_units,
    work_seconds,
)
from haybale.pipeline.estimate.quantities import Quantity, total_of
from haybale.pipeline.estimate.sample import MeasuredBuild
from haybale.pipeline.estimate.workload import Workload
from haybale.pipeline.recipe.build_recipe import BuildRecipe
from haybale.pipeline.stages import STAGES

TRAINING_EXPONENTS = (1.1, 1.0, 1.2)
"""Learning takes sample bytes to a power like this: best, least, most. Counting substrings sorts
all suffixes, n log n; passes over the sample are n. Assumed."""

_AFTER_DUPLICATES = ("tokenize/tokens",)
"""Steps whose work is on documents that are left."""
_OF_DUPLICATES = ("deduplicate/shingles", "deduplicate/verified", "deduplicate/removals")
"""Steps whose work is on duplicates."""


@dataclass(frozen=True)
class StageCost:
    """CPU time of a stage.

    Attributes:
        work: Core-seconds that workers share.
        driver: Core-seconds of one process, while workers wait; a vocabulary is learned here.
        num_pipelines: Beam pipelines: on Dataflow each is a job.
    """

    work: Quantity
    driver: Quantity
    num_pipelines: int

    @property
    def total(self) -> Quantity:
        """Core-seconds in all."""
        return self.work + self.driver


def stage_costs(
    observed: Observed, load: Workload, recipe: BuildRecipe, num_passes: Mapping[str, int]
) -> dict[str, StageCost]:
    """CPU time of every stage.

    Args:
        observed: The sample.
        load: What is to be done.
        recipe: Validated.
        num_passes: Pipelines of steps that run in passes, by the beginning of their names, more
            than the sample had.
    """
    overhead = fit_overhead(observed.build, observed.first)
    costs = {}
    for stage in STAGES:
        steps = [name for name, cost in observed.build.steps.items() if cost.stage == stage]
        work = [_step(observed, load, name, overhead) for name in steps]
        work.append(Quantity.exact(_start(observed, stage, overhead)))
        more = sum(count for name, count in num_passes.items() if name.startswith(stage))
        work.append(Quantity.exact(more * overhead.pipeline_seconds))
        driver = _training(observed, load, recipe) if stage == "tokenizer" else None
        costs[stage] = StageCost(
            total_of(work), driver or _driver(observed, load, stage), len(steps) + more
        )
    return costs


def _step(observed: Observed, load: Workload, name: str, overhead: Overhead) -> Quantity:
    build = observed.build
    parts, each = observed.of_parts(name), build.steps[name]
    above, fixed = observed.above_empty(name, lambda unit: unit.cpu_seconds)
    of_parts = []
    for subset, quantity in above.items():
        one, scaled = load.subsets[subset], quantity.scaled(load.scale)
        if name in _AFTER_DUPLICATES:
            scaled = scaled.times(one.correction, "measured")
        if name in _OF_DUPLICATES:
            scaled = scaled.scaled(max(1.0, one.rises))
        of_parts.append(scaled)
    work = total_of(of_parts)
    others = work_seconds(build, name) - sum(unit.cpu_seconds for unit in parts.values())
    growth = _growth(observed, load)
    count = num_units(build, name)
    rest = each.cpu_seconds - work_seconds(build, name) - overhead.seconds(count)
    shuffled = 0.0 if name == "ingest" or name in WITHOUT_SHUFFLE else max(0.0, rest)
    num_parts = load.num_parts if parts else count
    certain = fixed * (load.num_parts if parts else 0) + overhead.seconds(num_parts)
    return work + growth.scaled(max(0.0, others) + shuffled) + Quantity.exact(certain)


def _growth(observed: Observed, load: Workload) -> Quantity:
    """Documents kept, as a multiple of the sample's."""
    found = sum(unit.facts["documents"] for unit in observed.of_parts("ingest").values())
    return load.total("kept").scaled(1 / max(1, found))


def _start(observed: Observed, stage: str, overhead: Overhead) -> float:
    """What a stage takes once: models and kernels are loaded by the first build, not the second."""
    first = observed.first
    if stage not in first.stages:
        return 0.0
    steps = [name for name, cost in first.steps.items() if cost.stage == stage]
    engine = sum(overhead.seconds(num_units(first, name)) for name in steps)
    return max(0.0, first.stages[stage][0] - engine - _again(observed, steps))


def _again(observed: Observed, steps: list[str]) -> float:
    """What the first build's work would have taken with everything loaded."""
    first = sum(part.num_bytes for part in observed.first.parts)
    second = sum(part.num_bytes for part in observed.build.parts)
    return sum(work_seconds(observed.build, name) for name in steps) * first / max(1, second)


def _driver(observed: Observed, load: Workload, stage: str) -> Quantity:
    """What the driver does between pipelines: graphs, plans, records of all parts, the card.

    At least what it took here; it reads a record of every part, and tables of documents at most.
    """
    seconds = driver_seconds(observed.build, stage)
    parts = max(1.0, load.num_parts / len(observed.build.parts))
    documents = max(parts, _growth(observed, load).high)
    return Quantity(seconds * parts, seconds, seconds * documents, "computed")


def driver_seconds(build: MeasuredBuild, stage: str) -> float:
    """CPU seconds of a stage outside of its pipelines."""
    steps = (cost.cpu_seconds for cost in build.steps.values() if cost.stage == stage)
    return max(0.0, build.stages[stage][0] - sum(steps)) if stage in build.stages else 0.0


def training_bytes(load: Workload, recipe: BuildRecipe) -> float:
    """Text that the vocabulary will be learned from; 0 where a model is given."""
    training = recipe.tokenizer.train
    return min(training.sample_bytes, load.total("left_bytes").value) if training else 0.0


def _training(observed: Observed, load: Workload, recipe: BuildRecipe) -> Quantity:
    learned = observed.build.vocabulary_bytes
    seconds = driver_seconds(observed.build, "tokenizer")
    if learned == 0:
        return Quantity.exact(seconds, "measured")
    ratio = max(1.0, training_bytes(load, recipe) / learned)
    return Quantity.of((seconds * ratio**power for power in TRAINING_EXPONENTS), "assumed")
