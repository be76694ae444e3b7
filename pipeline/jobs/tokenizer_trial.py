"""Another vocabulary from a build's survivors, measured on survivors that it was not learned from.

Reads a folder and writes nothing into it. Sample and training are those of the stage, so the same
settings give the model that the stage gave. What is held out is drawn from the other end of the
same order, less what was learned from: the same for every kind and size.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.storage import Folder
from haybale.pipeline.jobs.tokenizer import learning_line, training_draw
from haybale.pipeline.jobs.tokenizer_draw import Candidates, Draw
from haybale.pipeline.jobs.tokenizer_sample import SampledTexts, part_candidates, read_sample
from haybale.pipeline.planning.plan import PLAN_PATH, Part
from haybale.pipeline.planning.workspace import load_workspace
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.build_recipe import BuildRecipe
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.shuffle import Rows
from haybale.tokenization.report import Encoded, tokenizer_report
from haybale.tokenization.tally import PieceKinds, Tally
from haybale.tokenization.tokenizer import Tokenizer, load_tokenizer
from haybale.tokenization.train import TokenizerTraining, train

_BATCH_TEXTS = 256


@dataclass(frozen=True)
class Trial:
    """A vocabulary and how well it fits.

    Attributes:
        model: The file's bytes.
        facts: Settings, what was learned from, digest.
        report: On held-out survivors, see `haybale.tokenization.report`; of nothing where every
            document was learned from.
    """

    model: bytes
    facts: dict[str, Any]
    report: dict[str, Any]


@dataclass(frozen=True)
class Survivors:
    """The survivors of a build, in its folder.

    Attributes:
        folder: The corpus folder.
        loaded: Its recipe.
        parts: Its split plan.
    """

    folder: Folder
    loaded: LoadedRecipe
    parts: tuple[Part, ...]

    def learn(self, settings: TokenizerTraining, held_out_bytes: int, progress: Progress) -> Trial:
        """Learn a vocabulary and measure it.

        Args:
            settings: What to learn.
            held_out_bytes: How much to measure it on, split over subsets as the sample is.
            progress: Where progress is shown.

        Raises:
            RecipeError: If the survivors cannot give such a vocabulary.
        """
        seed, limit = self.loaded.recipe.seed, settings.max_document_bytes
        draw = training_draw(seed, settings)
        learned = self._draw(draw, progress, "tokenizer: drawing the sample")
        held_out = self._draw(
            Draw(seed, held_out_bytes, limit, from_end=True),
            progress,
            "tokenizer: drawing what is held out",
        )
        sample = read_sample(self.folder, self.parts, learned)
        facts = {"kind": settings.kind, "settings": vars(settings), **sample.as_facts()}
        progress.line(learning_line(settings, facts))
        model = train(sample.texts, settings)
        tokenizer = load_tokenizer(model)
        unseen = held_out[~np.isin(held_out["address"], learned["address"])]
        report = _measure(tokenizer, read_sample(self.folder, self.parts, unseen))
        return Trial(model, {**facts, "seed": seed, "digest": tokenizer.digest}, report)

    def _draw(self, draw: Draw, progress: Progress, title: str) -> Rows:
        candidates, done = Candidates(draw), 0
        with progress.watch(title, lambda: (done, len(self.parts))):
            for part in self.parts:
                candidates.add(part.subset, *part_candidates(self.folder, part, draw))
                done += 1
        return candidates.chosen(self.loaded)


def find_survivors(folder: Folder) -> Survivors:
    """The survivors of a build that is finished, or was stopped after deduplicate or later.

    Raises:
        RecipeError: If there is no such build.
    """
    if not folder.exists(PLAN_PATH):
        raise RecipeError(
            f"{folder.uri}: expected a folder that haybale build wrote, with its run/ in it, found "
            f"no {PLAN_PATH}"
        )
    loaded, parts = load_workspace(folder)
    if not folder.exists(MANIFEST_PATH):
        for step in _steps(loaded.recipe):
            if not folder.exists(f"run/{step}.json"):
                raise RecipeError(
                    f"{folder.uri}: its build has not come to who survives ({step} is not done); "
                    "run haybale build with --stage deduplicate first"
                )
    return Survivors(folder, loaded, parts)


def _steps(recipe: BuildRecipe) -> list[str]:
    """Steps that decide on survivors, in order."""
    chosen = any(subset.best_fraction is not None for subset in recipe.subsets)
    asked = {
        "ingest": True,
        "deduplicate/selection": chosen,
        "deduplicate/removals": recipe.dedup is not None,
        "repeats/cuts": recipe.repeats is not None,
        "decontaminate/verdicts": recipe.decontaminate is not None,
    }
    return [step for step, wanted in asked.items() if wanted]


def _measure(tokenizer: Tokenizer, sample: SampledTexts) -> dict[str, Any]:
    kinds = PieceKinds(tokenizer)
    tallies = {name: Tally(kinds) for name in sorted(set(sample.subsets))}
    for name, tally in tallies.items():
        rows = [row for row, subset in enumerate(sample.subsets) if subset == name]
        for at in range(0, len(rows), _BATCH_TEXTS):
            batch = rows[at : at + _BATCH_TEXTS]
            texts = pa.array([sample.texts[row] for row in batch], pa.large_string())
            languages = pa.array([sample.languages[row] for row in batch], pa.string())
            tally.add(tokenizer.encode(texts), texts, languages)
    languages_of: dict[str, dict[str, Encoded]] = {
        name: tally.languages for name, tally in tallies.items()
    }
    pieces = {name: tally.pieces for name, tally in tallies.items()}
    return tokenizer_report(tokenizer, languages_of, pieces)
