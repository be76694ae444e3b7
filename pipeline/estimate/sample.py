"""A real build of the drawn pieces, in a folder of its own, measured step by step."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apache_beam.runners.runner import PipelineResult

from haybale.corpus.errors import RecipeError
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.estimate.compilation import watch_compilation
from haybale.pipeline.estimate.records import Unit, part_units, read_units
from haybale.pipeline.estimate.refusals import refused_here, unreadable_of
from haybale.pipeline.jobs.tokenizer import FACTS_PATH, read_token_format
from haybale.pipeline.planning.dependencies import dependencies
from haybale.pipeline.planning.earlier import find_earlier
from haybale.pipeline.planning.evaluation import read_evaluation
from haybale.pipeline.planning.plan import Part, plan_as_json
from haybale.pipeline.planning.workspace import write_workspace
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.recipe.tokenizer_settings import TokenizerSettings
from haybale.pipeline.runners import Engine
from haybale.pipeline.stages import STAGES, run_stages
from haybale.pipeline.units.timing import process_cpu_seconds

VOCABULARY_SHARE = 0.25
"""A vocabulary for the sample is learned from no more than this share of its text, or the share
that the build's own will be of all text: a vocabulary fits best what it was learned from."""
_LEAST_VOCABULARY = 512


@dataclass(frozen=True)
class StepCost:
    """What a Beam pipeline took, work and engine together.

    Attributes:
        stage: One of the five.
        cpu_seconds: Of this process.
        wall_seconds: From its begin to its end.
    """

    stage: str
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True)
class MeasuredBuild:
    """A build and what it took, on one core.

    Attributes:
        folder: Where it is.
        parts: Its plan.
        units: All that was done.
        steps: Every step that is a Beam pipeline, by its name.
        stages: CPU and wall seconds of each stage, what the driver does by itself included; the
            compilation of kernels is no CPU time of theirs.
        vocabulary_bytes: Text that its vocabulary was learned from; 0 where a model was given.
        vocabulary_size: Pieces that were learned, or of the model that was given; 0 before.
        unsupported: What the text of the sample said to a vocabulary of the recipe's size; None: it
            supports that.
        compile_seconds: CPU time that kernels took to compile, which no earlier build had used;
            steps and units hold it.
    """

    folder: Folder
    parts: tuple[Part, ...]
    units: tuple[Unit, ...]
    steps: dict[str, StepCost]
    stages: dict[str, tuple[float, float]]
    vocabulary_bytes: int
    vocabulary_size: int
    unsupported: str | None
    compile_seconds: float


class _Meter(Progress):
    """Shows progress, and notes what each Beam pipeline takes."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(quiet=True)
        self._shown = progress
        self.stage = STAGES[0]
        self.steps: dict[str, StepCost] = {}
        self._watched: list[str] = []
        self._pipelines: set[str] = set()

    @contextlib.contextmanager
    def watch(self, title: str, *args: Any, **options: Any) -> Iterator[Any]:
        """See `Progress.watch`."""
        wall, cpu = time.perf_counter(), process_cpu_seconds()
        self._watched.append(title)
        with self._shown.watch(f"sample: {title}", *args, **options) as noted:
            yield noted
        if self._watched.pop() in self._pipelines:
            self.steps[title] = StepCost(
                self.stage, process_cpu_seconds() - cpu, time.perf_counter() - wall
            )

    def note_pipeline(self) -> None:
        """What is watched just now is a Beam pipeline."""
        self._pipelines.add(self._watched[-1])


@dataclass(frozen=True)
class _MeteredEngine(Engine):
    """Runs pipelines in this process, and tells the meter of each."""

    meter: _Meter = field(kw_only=True)

    def run(self, *args: Any, **options: Any) -> PipelineResult:
        """See `Engine.run`."""
        self.meter.note_pipeline()
        return super().run(*args, **options)


def build_sample(
    loaded: LoadedRecipe,
    parts: tuple[Part, ...],
    output: Path,
    progress: Progress,
    last_stage: str = STAGES[-1],
    sampled_fraction: float = 1.0,
) -> MeasuredBuild:
    """Build a corpus of these parts, in this process.

    The recipe is the user's, but for the vocabulary, which is learned from less text where the
    sample has little, and has fewer pieces where that text does not support as many; and that any
    number of records may be unreadable.

    Args:
        loaded: The recipe.
        parts: What to build from.
        output: An empty folder.
        progress: Where progress is shown.
        last_stage: Stop after this one.
        sampled_fraction: The parts' share of all input.
    """
    meter, folder = _Meter(progress), Folder(output)
    limit = loaded.recipe.ingest.max_unreadable_fraction
    loaded = _tolerant(loaded)
    earlier = find_earlier(loaded)
    small = loaded
    write_workspace(folder, loaded, plan_as_json(loaded, parts, earlier))
    depends_on = dependencies(loaded, parts)
    engine, evaluation = _MeteredEngine(meter=meter), read_evaluation(loaded)
    stages, compile_seconds = {}, 0.0
    unsupported: RecipeError | None = None
    for place, stage in enumerate(STAGES[: STAGES.index(last_stage) + 1]):
        meter.stage = stage
        if stage == "tokenizer":
            _check_kept(limit, folder, parts)
            small = _with_less_text(loaded, folder, sampled_fraction)
        wall, cpu = time.perf_counter(), process_cpu_seconds()
        with watch_compilation() as compilation:
            while True:
                context = BuildContext(folder, small, parts, earlier, evaluation, engine, meter)
                try:
                    run_stages(context, STAGES[: place + 1], depends_on)
                    break
                except RecipeError as error:
                    if stage != "tokenizer":
                        raise
                    unsupported = unsupported or error
                    if (fewer := _fewer_pieces(small)) is None:
                        raise unsupported from None  # of what the recipe asks for
                    small = fewer
                    for done in folder.list("run"):
                        if done.startswith("run/tokenizer"):
                            folder.remove(done)
        spent = process_cpu_seconds() - cpu - compilation.cpu_seconds
        stages[stage] = (max(0.0, spent), time.perf_counter() - wall)
        compile_seconds += compilation.cpu_seconds
    units = read_units(folder)
    facts = next((unit.facts for unit in units if unit.step == "tokenizer"), {})
    learned = folder.exists(FACTS_PATH)
    return MeasuredBuild(
        folder,
        parts,
        units,
        meter.steps,
        stages,
        int(facts.get("sample_bytes", 0)),
        read_token_format(folder).vocabulary_size if learned else 0,
        str(unsupported) if unsupported else None,
        compile_seconds,
    )


def _tolerant(loaded: LoadedRecipe) -> LoadedRecipe:
    """The recipe, going on however many records cannot be read: an estimate counts them."""
    ingest = replace(loaded.recipe.ingest, max_unreadable_fraction=1.0)
    return replace(loaded, recipe=replace(loaded.recipe, ingest=ingest))


def _check_kept(limit: float, folder: Folder, parts: tuple[Part, ...]) -> None:
    """Where nothing is left because nothing could be read, say so, and why."""
    units = read_units(folder)
    if any(unit.facts["documents"] for unit in part_units(units, "ingest", parts).values()):
        return
    if said := refused_here(unreadable_of(units, parts), limit):
        raise RecipeError(said)


def _with_less_text(loaded: LoadedRecipe, folder: Folder, fraction: float) -> LoadedRecipe:
    """The recipe with as much text to learn from as the sample is good for."""
    training = loaded.recipe.tokenizer.train
    if training is None:
        return loaded
    ingested = (unit for unit in read_units(folder) if unit.step == "ingest")
    num_bytes = sum(unit.ledger.total(outcome="kept").text_bytes for unit in ingested)
    most = max(VOCABULARY_SHARE * num_bytes, fraction * training.sample_bytes)
    return _with_training(loaded, sample_bytes=max(1, min(training.sample_bytes, round(most))))


def _with_training(loaded: LoadedRecipe, **changed: Any) -> LoadedRecipe:
    training = loaded.recipe.tokenizer.train
    assert training is not None
    tokenizer = TokenizerSettings(train=replace(training, **changed))
    return replace(loaded, recipe=replace(loaded.recipe, tokenizer=tokenizer))


def _fewer_pieces(loaded: LoadedRecipe) -> LoadedRecipe | None:
    """The recipe with half the vocabulary; None where less would say nothing."""
    training = loaded.recipe.tokenizer.train
    if training is None or training.vocabulary_size // 2 < _LEAST_VOCABULARY:
        return None
    return _with_training(loaded, vocabulary_size=training.vocabulary_size // 2)
