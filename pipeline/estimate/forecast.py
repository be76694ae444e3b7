"""The estimate: draws a sample, builds it, and says what the whole will be and cost."""

import math
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.pipeline.engines.memory import IDLE_BYTES
from haybale.pipeline.estimate.costs import StageCost, stage_costs, training_bytes
from haybale.pipeline.estimate.disk import folder_bytes, temporary_bytes
from haybale.pipeline.estimate.jobs import num_jobs
from haybale.pipeline.estimate.observed import Observed
from haybale.pipeline.estimate.piece_parts import empty_part, parts_of
from haybale.pipeline.estimate.pieces import Piece, Stratum, draw
from haybale.pipeline.estimate.places import Dataflow, Here, dataflow, here
from haybale.pipeline.estimate.quantities import Quantity
from haybale.pipeline.estimate.sample import build_sample
from haybale.pipeline.estimate.shuffles import (
    ELSEWHERE,
    Capacity,
    Shuffle,
    driver_graph_bytes,
    num_pipelines_more,
    shuffles,
)
from haybale.pipeline.estimate.workload import Workload, workload
from haybale.pipeline.planning.plan import plan_parts
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.recipe.shard_settings import ShardSettings
from haybale.pipeline.report.amounts import count_of
from haybale.pipeline.runners import Engine

DEFAULT_SAMPLE_BYTES = 32 << 20
_FIRST_BYTES = 16 << 10
"""Of each piece's kind, in the build that loads everything."""
_SHUFFLE_FACTOR = 9  # a local engine holds a shuffle at up to so many times its size
_BEFORE_LEARNING = ("ingest", "deduplicate/bands", "deduplicate/shingles", "deduplicate/verified")


@dataclass(frozen=True)
class Setting:
    """Where a build would run.

    Attributes:
        engine: On this computer.
        num_cores: Of this computer.
        num_vcpus: Of the workers of a Dataflow job.
        core_speed: Of these, relative to a core of this computer.
    """

    engine: Engine
    num_cores: int
    num_vcpus: int
    core_speed: float


@dataclass(frozen=True)
class Forecast:
    """What a build of some size will be and cost.

    Attributes:
        load: Documents and tokens.
        costs: Core-seconds of each stage here.
        shuffles: Bytes across each shuffle here.
        folders: Bytes of each folder of the output.
        temporary: Bytes at most below `run/` besides.
        training_bytes: Text that the vocabulary is learned from.
        num_shards: Files of tokens.
        here: On this computer.
        dataflow: On Dataflow.
    """

    load: Workload
    costs: Mapping[str, StageCost]
    shuffles: Mapping[str, Shuffle]
    folders: Mapping[str, Quantity]
    temporary: Quantity
    training_bytes: float
    num_shards: Quantity
    here: Here
    dataflow: Dataflow


@dataclass(frozen=True)
class Estimate:
    """A sample, and what it lets expect.

    Attributes:
        loaded: The recipe.
        strata: What was drawn.
        observed: What was found.
        whole: The recipe's input.
        scaled: As much input of the same mixture as gives the tokens asked for; None: none were.
    """

    loaded: LoadedRecipe
    strata: tuple[Stratum, ...]
    observed: Observed
    whole: Forecast
    scaled: Forecast | None

    @property
    def is_of_all(self) -> bool:
        """Whether the sample is all input."""
        return all(stratum.sampled_bytes == stratum.num_bytes for stratum in self.strata)


def estimate(
    loaded: LoadedRecipe,
    setting: Setting,
    *,
    sample_bytes: int = DEFAULT_SAMPLE_BYTES,
    seed: int = 0,
    num_tokens: float | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Estimate a build. Nothing is written but to a temporary folder, which is gone afterwards.

    Args:
        loaded: The recipe.
        setting: Where the build would run.
        sample_bytes: Of input, as stored.
        seed: Another one draws another sample.
        num_tokens: To be scaled to, with the same mixture.
        progress: Where progress is shown.

    Raises:
        RecipeError: If the recipe is wrong or goes by lists of ids, or the sample keeps no
            document.
    """
    if loaded.recipe.ids is not None:
        raise RecipeError(
            "ids: a list of ids tells exactly what such a build will hold, and an id is of a "
            "place in a whole file, so pieces of files have none that are listed; see the card of "
            "the build that wrote the list, or estimate the recipe without [ids]"
        )
    progress = progress or Progress()
    parts = plan_parts(loaded)
    if not any(part.num_bytes for part in parts):
        raise RecipeError("the input is empty: there is nothing to draw a sample from")
    strata = draw(loaded, parts, sample_bytes, seed)
    pieces = tuple(piece for stratum in strata for piece in stratum.pieces)
    num_bytes = sum(piece.num_bytes for piece in pieces)
    with tempfile.TemporaryDirectory(prefix="haybale-estimate-") as temporary:
        folder = Path(temporary)
        for name in ("first", "input", "first-input"):
            (folder / name).mkdir()
        progress.line(
            f"sample: {num_bytes / 1e6:,.1f} MB of {sum(p.num_bytes for p in parts) / 1e6:,.1f} MB "
            f"of input in {count_of(len(pieces), 'piece')}"
        )
        beginnings = tuple(_beginning(each.pieces[0]) for each in strata if each.pieces)
        few = parts_of(beginnings, loaded, folder / "first-input")
        first = build_sample(loaded, few, folder / "first", Progress(quiet=True), "deduplicate")
        chosen = parts_of(pieces, loaded, folder / "input")
        chosen += empty_part(loaded, chosen, folder / "input")
        fraction = num_bytes / sum(part.num_bytes for part in parts)
        sample = folder / "sample"
        build = build_sample(loaded, chosen, sample, progress, sampled_fraction=fraction)
        if build.compile_seconds:
            progress.line("sample: built again, since kernels compiled: once for an installation")
            shutil.rmtree(sample)
            build = build_sample(loaded, chosen, sample, progress, sampled_fraction=fraction)
        observed = Observed(strata, build, first)
        load = workload(observed, Counter(part.subset for part in parts))
        whole = _forecast(observed, load, loaded, setting)
        scaled = None
        if num_tokens is not None:
            factor = num_tokens / max(1.0, load.total("tokens").value)
            scaled = _forecast(observed, load.scaled(factor), loaded, setting)
        return Estimate(loaded, strata, observed, whole, scaled)


def _beginning(piece: Piece) -> Piece:
    return replace(piece, stop=min(piece.stop, piece.start + _FIRST_BYTES))


def _forecast(
    observed: Observed, load: Workload, loaded: LoadedRecipe, setting: Setting
) -> Forecast:
    recipe, engine = loaded.recipe, setting.engine
    found = shuffles(observed, load, recipe, Capacity.of(engine))
    costs = stage_costs(observed, load, recipe, num_pipelines_more(found, observed))
    vocabulary = recipe.tokenizer.train.vocabulary_size if recipe.tokenizer.train else 0
    vocabulary = vocabulary or observed.build.vocabulary_size
    worker = Quantity.exact(_worker_bytes(observed), "measured")
    largest = max((each.num_bytes.value / each.num_passes for each in found.values()), default=0.0)
    driver = Quantity.exact(
        max(
            worker.value,
            IDLE_BYTES + _SHUFFLE_FACTOR * largest,
            IDLE_BYTES + driver_graph_bytes(observed, load).value,
        )
    )
    there = shuffles(observed, load, recipe, ELSEWHERE)
    remote_costs = stage_costs(observed, load, recipe, num_pipelines_more(there, observed))
    return Forecast(
        load,
        costs,
        found,
        folder_bytes(observed, load, recipe, vocabulary),
        temporary_bytes(observed, load, recipe),
        training_bytes(load, recipe),
        num_shards(load, recipe.shards),
        here(costs, engine.workers, setting.num_cores, driver, worker),
        dataflow(
            remote_costs,
            there,
            num_jobs(observed, load, there),
            setting.num_vcpus,
            setting.core_speed,
            worker,
            load.num_parts,
        ),
    )


def _worker_bytes(observed: Observed) -> float:
    """The most memory of this process before a vocabulary was learned: flat, whatever the input."""
    units = observed.build.units
    learned = [unit.peak_memory_bytes for unit in units if unit.step in _BEFORE_LEARNING]
    return max(learned, default=0.0)


def num_shards(load: Workload, settings: ShardSettings) -> Quantity:
    """Files of tokens: of each subset and split those that are full, and one that is not."""
    share = settings.validation_fraction
    total = Quantity.exact(0.0)
    for subset in load.subsets.values():
        for part in (1 - share, share) if share else (1.0,):
            ends = (
                math.ceil(end * part / settings.target_tokens)
                for end in (subset.tokens.value, subset.tokens.low, subset.tokens.high)
            )
            total += Quantity.of(ends, "computed")
    return total
