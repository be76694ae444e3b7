"""One model of an ablation: trained on a corpus, and measured on the held-out text."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import CheckpointMismatchError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.training.ablation_encoding import SUBSET
from haybale.training.checkpoint import NAME, load_checkpoint
from haybale.training.counted import OnTokens, train_counted
from haybale.training.evaluate import SPLIT, Validation, Validator
from haybale.training.model import Decoder
from haybale.training.ranks import joined_ranks
from haybale.training.recipe import TrainingRecipe

_MEASURED = "held-out.json"
_ALL_SAMPLES = 1 << 30


@dataclass(frozen=True)
class AblationRun:
    """One model.

    Attributes:
        recipe: What to train; its budget is in `tokens`.
        data: The corpus.
        output: Folder of the run.
        encoded: The held-out text in the corpus's tokens.
    """

    recipe: TrainingRecipe
    data: Path
    output: Path
    encoded: Path

    @property
    def num_tokens(self) -> int:
        """That it is trained on."""
        return self.recipe.training.num_steps(0) * self.recipe.training.step_tokens

    @property
    def vocabulary_size(self) -> int:
        """Of the corpus's tokenizer."""
        return read_manifest(Folder(str(self.data))).tokens.vocabulary_size

    @property
    def num_held_out(self) -> int:
        """Tokens that it is measured on."""
        return read_manifest(Folder(str(self.encoded))).totals[SPLIT][SUBSET]["tokens"]

    @property
    def is_trained(self) -> bool:
        """Whether an earlier life ended its training."""
        saved = load_checkpoint(self.output)
        return saved is not None and bool(saved["step"] == self.recipe.training.num_steps(0))

    def measured(self) -> float | None:
        """Bits per byte, where an earlier life of this very run measured them."""
        path = self.output / _MEASURED
        if not path.exists():
            return None
        saved = json.loads(path.read_text(encoding="utf-8"))
        return float(saved["bits_per_byte"]) if saved["identity"] == self._identity() else None

    def bits_per_byte(self, device: str, on_tokens: OnTokens) -> float:
        """Of the trained model; it is trained and measured unless it has been."""
        known = self.measured()
        if known is not None:
            on_tokens(self.num_tokens, earlier=True)
            return known
        train_counted(self.recipe, self.data, self.output, device, on_tokens)
        found = self._measure(device)
        content = json.dumps({"identity": self._identity(), **asdict(found)}, indent=2) + "\n"
        Folder(str(self.output)).commit_bytes(_MEASURED, content.encode())
        return found.bits_per_byte

    def _identity(self) -> str:
        corpora = [read_manifest(Folder(str(path))).digest for path in (self.data, self.encoded)]
        return digest(canonical_json([asdict(self.recipe), *corpora]))

    def _measure(self, device: str) -> Validation:
        """Loss on all whole samples of the held-out text."""
        saved = load_checkpoint(self.output)
        if saved is None:
            raise CheckpointMismatchError(f"{self.output / NAME}: was removed; begin again")
        settings = self.recipe.training
        with joined_ranks(device) as ranks:
            model = Decoder(self.recipe.model, self.vocabulary_size).to(ranks.device)
            model.load_state_dict(saved["model"])
            length, batch_size = settings.sequence_length, settings.accumulation_batch
            validator = Validator(self.encoded, length, batch_size, _ALL_SAMPLES, ranks)
            return validator.measure(model)
