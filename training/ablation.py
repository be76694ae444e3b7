"""The same small model trained on two corpora, and measured on text that neither has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.training.ablation_encoding import encode_held_out, text_bytes
from haybale.training.ablation_interval import Difference, paired_difference
from haybale.training.ablation_run import AblationRun
from haybale.training.ablation_text import HeldOut, held_out_text
from haybale.training.counted import OnTokens, unheard
from haybale.training.recipe import TrainingRecipe

OnRuns = Callable[[Sequence[AblationRun]], None]


@dataclass(frozen=True)
class Ablation:
    """What came of it.

    Attributes:
        first: Bits per byte of models of the first corpus, by seed.
        second: Of the second one.
        difference: The second less the first.
        num_tokens: That each model was trained on.
        num_documents: Held out.
        num_bytes: Of their text.
        num_trained: Documents left out because one of the corpora trains on them.
    """

    first: tuple[float, ...]
    second: tuple[float, ...]
    difference: Difference
    num_tokens: int
    num_documents: int
    num_bytes: int
    num_trained: int


def ablate(
    corpora: tuple[Path, Path],
    recipe: TrainingRecipe,
    num_seeds: int,
    output: Path,
    device: str = "cpu",
    *,
    held_out: Path | None = None,
    on_plan: OnRuns | None = None,
    on_tokens: OnTokens | None = None,
) -> Ablation:
    """Train `num_seeds` models on each corpus, on equally many tokens, and compare them.

    Each model has its corpus's own vocabulary and meets the held-out text in its own tokens; bits
    per byte are of the text, whatever the tokens. Stopped at any moment, it goes on when called
    again.

    Args:
        corpora: Two finished corpora.
        recipe: Of each model; the seed is replaced by 0, 1, ...
        num_seeds: Two or more.
        output: Folder with a folder for each run.
        device: As PyTorch names it.
        held_out: Finished corpus whose validation split to measure on; by default that of both.
        on_plan: Told, before the first, which runs are left to do.
        on_tokens: Told how many more tokens of training are done.

    Raises:
        RecipeError: If there are too few seeds, or a corpus trains on the held-out text.
        ManifestMismatchError: If a corpus is not finished.
        CheckpointMismatchError: If the folder has runs of another recipe or corpus.
    """
    if num_seeds < 2:
        raise RecipeError(f"seeds: expected at least 2 for an interval, found {num_seeds}")
    if recipe.training.tokens is None:
        raise RecipeError(
            "an ablation is at equal tokens: expected training.tokens, found tokens_per_parameter, "
            "which depends on the vocabulary; give --tokens"
        )
    text = held_out_text([held_out] if held_out else corpora, corpora)
    if held_out and text.num_trained:
        raise RecipeError(
            f"{held_out}: {text.num_trained} of its validation documents are in a training split "
            "of the corpora compared; hold out other files, or leave --held-out away: then "
            "documents are taken that neither trains on"
        )
    runs = _runs(corpora, recipe, num_seeds, output, text)
    if on_plan:
        on_plan(tuple(run for run in runs if run.measured() is None))
    bits = tuple(run.bits_per_byte(device, on_tokens or unheard) for run in runs)
    first, second = bits[:num_seeds], bits[num_seeds:]
    return Ablation(
        first,
        second,
        paired_difference(first, second),
        runs[0].num_tokens,
        len(text.texts),
        text_bytes(text.texts),
        text.num_trained,
    )


def _runs(
    corpora: tuple[Path, Path],
    recipe: TrainingRecipe,
    num_seeds: int,
    output: Path,
    text: HeldOut,
) -> list[AblationRun]:
    """All seeds of the first corpus, then of the second; the text is written for both."""
    runs = []
    for side, data in zip("ab", corpora, strict=True):
        encoded = output / f"held-out-{side}"
        encode_held_out(text, data, encoded)
        for seed in range(num_seeds):
            training = replace(recipe.training, seed=seed, validation_samples=0)
            seeded = replace(recipe, training=training)
            runs.append(AblationRun(seeded, data, output / f"{side}-seed-{seed}", encoded))
    return runs
