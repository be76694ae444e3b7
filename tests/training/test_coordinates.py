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
    # Logits begin as 1 / sqrt(width) with a readout that does not begin at zero, as muP allows
    # (Yang et al. 2022, appendix D.2), and in few steps a part of their movement goes by the start.
    assert -0.35 < slopes.pop("logits") < 0.2
    assert max(map(abs, slopes.values())) < 0.1, slopes


def test_without_it_they_move_further_in_wider_models() -> None:
    # Adam's steps do not depend on the gradient's size, so that a sum over `width` inputs moves
    # in proportion: exponents near 1 in the first block. What comes after it moves with it.
    slopes = _slopes(replace(SETTINGS, base_width=None))
    assert min(slopes.values()) > 0.25, slopes
    assert min(slope for name, slope in slopes.items() if name.startswith("blocks.0.")) > 0.5
