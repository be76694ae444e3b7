"""Loss on held-out text."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset, TokenLoader
from haybale.loaders.samples.widen import IGNORED_LABEL
from haybale.training.model import MODEL_FIELDS, Decoder

SPLIT = "validation"


@dataclass(frozen=True)
class Validation:
    """A model's loss on held-out text.

    Attributes:
        loss: Mean cross-entropy, nats per token.
        bits_per_byte: The same per byte of text, which tokenizers cannot flatter: the loss in bits
            times the split's tokens per byte of UTF-8.
    """

    loss: float
    bits_per_byte: float


class Validator:
    """Measures on the same samples of the validation split each time.

    Subsets come in their natural shares, in the corpus's order.

    Args:
        data: The corpus.
        sequence_length: T.
        batch_size: Samples at a time.
        num_samples: At most as many.
        device: Of the model.

    Raises:
        RecipeError: If the split has not one sample.
    """

    def __init__(
        self,
        data: Path,
        sequence_length: int,
        batch_size: int,
        num_samples: int,
        device: torch.device,
    ) -> None:
        try:
            dataset = TokenDataset(data, sequence_length, shuffle=None, split=SPLIT, weights=None)
        except RecipeError as error:
            raise RecipeError(
                f"{error}; or train without validation: training.validation_samples = 0"
            ) from None
        num_samples = min(num_samples, len(dataset))
        batch_size = min(batch_size, num_samples)
        num_samples -= num_samples % batch_size
        self._dataset, self._device = dataset, device
        self._batch_size, self._num_samples = batch_size, num_samples
        totals = read_manifest(Folder(str(data))).totals[SPLIT]
        self._tokens_per_byte = _sum(totals, "tokens") / _sum(totals, "text_bytes")

    @torch.no_grad()
    def measure(self, model: Decoder) -> Validation:
        """The model's loss now."""
        loader = TokenLoader(
            self._dataset,
            self._batch_size,
            rank=0,
            world_size=1,
            device=self._device,
            num_samples=self._num_samples,
            fields=MODEL_FIELDS,
        )
        total, num_targets = 0.0, 0
        for batch in itertools.islice(loader, len(loader)):
            targets = int((batch["labels"] != IGNORED_LABEL).sum())
            with torch.autocast(self._device.type, torch.bfloat16, self._device.type == "cuda"):
                loss = model(**batch)
            total += float(loss) * targets
            num_targets += targets
        mean = total / max(1, num_targets)
        return Validation(mean, mean / math.log(2) * self._tokens_per_byte)


def _sum(totals: Mapping[str, Mapping[str, int]], name: str) -> int:
    return sum(counts[name] for counts in totals.values())
