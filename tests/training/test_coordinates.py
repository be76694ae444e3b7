from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from haybale.loaders.batches import Batch
from haybale.training.coordinates import coordinate_slopes
from haybale.training.model import ModelSettings

WIDTHS = (64, 128, 256, 512, 1024)
VOCABULARY = 64
SETTINGS = ModelSettings(depth=2, width=64, heads=4, base_width=64)


def _batches(number: int) -> Sequence[Batch]:
    """Four samples of 32 tokens, in which every second token follows from the one before it."""
    generator = torch.Generator().manual_seed(0)
    batches = []
    for _ in range(number):
        tokens = torch.randint(0, VOCABULARY, (4, 33), generator=generator)
        tokens[:, 1::2] = (tokens[:, 0:-1:2] + 1) % VOCABULARY
        batches.append(
            {
                "input_ids": tokens[:, :-1],
                "position_ids": torch.arange(32, dtype=torch.int32).expand(4, 32),
                "cu_seqlens": torch.tensor([0, 32, 64, 96, 128], dtype=torch.int32),
                "labels": tokens[:, 1:],
            }
        )
    return batches


def _slopes(settings: ModelSettings) -> dict[str, float]:
    return coordinate_slopes(settings, WIDTHS, VOCABULARY, _batches(3), learning_rate=1e-3)


@pytest.mark.parametrize("tied", [True, False])
def test_with_mup_activations_move_as_far_at_every_width(tied: bool) -> None:
    slopes = _slopes(replace(SETTINGS, tie_embeddings=tied))
    assert len(slopes) == 2 * 4 + 1
    assert max(map(abs, slopes.values())) < 0.2, slopes


def test_without_it_they_move_further_in_wider_models() -> None:
    # Adam's steps do not depend on the gradient's size, so that a sum over `width` inputs moves
    # in proportion: exponents near 1, and more where layers build on each other.
    slopes = _slopes(replace(SETTINGS, base_width=None))
    assert min(slopes.values()) > 0.5, slopes
