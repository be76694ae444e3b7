"""Loss on held-out text."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset, TokenLoader
from haybale.loaders.samples.widen import IGNORED_LABEL
from haybale.training.documents import without_spare_bounds
from haybale.training.model import MODEL_FIELDS
from haybale.training.ranks import Ranks
from haybale.training.recipe import largest_divisor

SPLIT = "validation"
_WHOLE_BATCHES = 16
"""Samples are a multiple of it, if so many: divisible by batches of most sizes and processes."""


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
        batch_size: Samples at a time and process, at most.
        num_samples: At most as many; how many does not depend on batches and processes.
        ranks: They share the samples, where these can be shared evenly.

    Raises:
        RecipeError: If the split has not one sample.
    """

    def __init__(
        self, data: Path, sequence_length: int, batch_size: int, num_samples: int, ranks: Ranks
    ) -> None:
        try:
            dataset = TokenDataset(data, sequence_length, shuffle=None, split=SPLIT, weights=None)
        except RecipeError as error:
            raise RecipeError(
                f"{error}; or train without validation: training.validation_samples = 0"
            ) from None
        num_samples = min(num_samples, len(dataset))
        num_samples -= num_samples % min(_WHOLE_BATCHES, num_samples)
        # FSDP needs every process in every pass; where shares would differ, each measures it all.
        self._sharing = ranks if num_samples % ranks.world_size == 0 else Ranks(0, 1, ranks.device)
        share = num_samples // self._sharing.world_size
        self._dataset, self._num_samples = dataset, num_samples
        self._batch_size = largest_divisor(share, batch_size)
        totals = read_manifest(Folder(str(data))).totals[SPLIT]
        self._tokens_per_byte = _sum(totals, "tokens") / _sum(totals, "text_bytes")

    @torch.no_grad()
    def measure(self, model: nn.Module) -> Validation:
        """The model's loss now. Every process must call it.

        Raises:
            HaybaleError: If it is no number.
        """
        ranks = self._sharing
        loader = TokenLoader(
            self._dataset,
            self._batch_size,
            rank=ranks.rank,
            world_size=ranks.world_size,
            device=ranks.device,
            num_samples=self._num_samples,
            fields=MODEL_FIELDS,
        )
        sums = torch.zeros(2, dtype=torch.float64, device=ranks.device)
        for batch in itertools.islice(loader, len(loader)):
            num_targets = (batch["labels"] != IGNORED_LABEL).sum()
            with torch.autocast(ranks.device.type, torch.bfloat16, ranks.device.type == "cuda"):
                loss = model(**without_spare_bounds(batch))
            sums += torch.stack([loss * num_targets, num_targets])
        total, num_targets = ranks.summed(sums).tolist()
        mean = total / max(1, num_targets)
        if not math.isfinite(mean):
            raise HaybaleError(
                f"the loss on held-out text is {mean}: the model has diverged; lower "
                "training.learning_rate, or lengthen training.warmup_fraction"
            )
        return Validation(mean, mean / math.log(2) * self._tokens_per_byte)


def _sum(totals: Mapping[str, Mapping[str, int]], name: str) -> int:
    return sum(counts[name] for counts in totals.values())
