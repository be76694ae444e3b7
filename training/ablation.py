"""The same small model trained on two corpora, and measured on text that neither has."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.training.ablation_encoding import encode_held_out, text_bytes
from haybale.training.ablation_interval import Difference, paired_difference
from haybale.training.ablation_text import held_out_text
from haybale.training.checkpoint import NAME, load_checkpoint
from haybale.training.counted import OnTokens, train_counted, unheard
from haybale.training.evaluate import Validation, Validator
from haybale.training.model import Decoder
from haybale.training.ranks import joined_ranks
from haybale.training.recipe import TrainingRecipe

_MEASURED = "held-out.json"


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
    bits: dict[str, list[float]] = {"a": [], "b": []}
    for (side, measured), data in zip(bits.items(), corpora, strict=True):
        encoded = output / f"held-out-{side}"
        text_digest = encode_held_out(text, data, encoded)
        for seed in range(num_seeds):
            seeded = replace(
                recipe, training=replace(recipe.training, seed=seed, validation_samples=0)
            )
            run = _Run(seeded, data, output / f"{side}-seed-{seed}", device)
            measured.append(run.bits_per_byte(encoded, text_digest, on_tokens or unheard))
    first, second = (tuple(measured) for measured in bits.values())
    return Ablation(
        first,
        second,
        paired_difference(first, second),
        recipe.training.num_steps(0) * recipe.training.step_tokens,
        len(text.texts),
        text_bytes(text.texts),
        text.num_trained,
    )


@dataclass(frozen=True)
class _Run:
    """One model."""

    recipe: TrainingRecipe
    data: Path
    output: Path
    device: str

    def bits_per_byte(self, encoded: Path, text_digest: str, on_tokens: OnTokens) -> float:
        """Of the trained model; it is trained and measured unless it has been."""
        corpus = read_manifest(Folder(str(self.data))).digest
        identity = digest(canonical_json([asdict(self.recipe), corpus, text_digest]))
        path, settings = self.output / _MEASURED, self.recipe.training
        if path.exists():
            saved = json.loads(path.read_text(encoding="utf-8"))
            if saved["identity"] == identity:
                on_tokens(settings.num_steps(0) * settings.step_tokens)
                return float(saved["bits_per_byte"])
        train_counted(self.recipe, self.data, self.output, self.device, on_tokens)
        measured = self._measure(encoded)
        content = json.dumps({"identity": identity, **asdict(measured)}, indent=2) + "\n"
        Folder(str(self.output)).commit_bytes(_MEASURED, content.encode())
        return measured.bits_per_byte

    def _measure(self, encoded: Path) -> Validation:
        """Loss on all whole samples of the held-out text."""
        saved = load_checkpoint(self.output)
        if saved is None:
            raise CheckpointMismatchError(f"{self.output / NAME}: was removed; begin again")
        settings = self.recipe.training
        vocabulary_size = read_manifest(Folder(str(encoded))).tokens.vocabulary_size
        with joined_ranks(self.device) as ranks:
            model = Decoder(self.recipe.model, vocabulary_size).to(ranks.device)
            model.load_state_dict(saved["model"])
            length, batch_size = settings.sequence_length, settings.accumulation_batch
            validator = Validator(encoded, length, batch_size, _ALL_SAMPLES, ranks)
            return validator.measure(model)


_ALL_SAMPLES = 1 << 30
