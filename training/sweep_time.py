"""How long a sweep will take: a step of each run is timed before the first begins."""

from collections.abc import Sequence
from time import perf_counter

import torch

from haybale.training.model import Decoder
from haybale.training.ranks import joined_ranks
from haybale.training.sweep_grid import NUM_POINTS, GridRun

_FORWARD_SHARE = 1 / 3
"""Of a step: going back takes twice as long."""


def seconds_for(grid: Sequence[GridRun], vocabulary_size: int, device: str) -> float:
    """An estimate, of training and validation.

    Args:
        grid: The runs.
        vocabulary_size: Of the corpus's tokenizer.
        device: As PyTorch names it.

    Raises:
        RecipeError: If there is no such device.
    """
    with joined_ranks(device) as ranks:
        return sum(_seconds(run, vocabulary_size, ranks.device) for run in grid)


def _seconds(run: GridRun, vocabulary_size: int, device: torch.device) -> float:
    settings = run.recipe.training
    model = Decoder(run.recipe.model, vocabulary_size).to(device)
    batch_size, length = settings.accumulation_batch, settings.sequence_length
    shape, kind = (batch_size, length), torch.int32
    ids = torch.randint(vocabulary_size, shape, device=device)
    positions = torch.arange(length, dtype=kind, device=device).expand(shape)
    bounds = torch.arange(0, batch_size * length + 1, length, dtype=kind, device=device)
    taken = 0.0
    for _ in range(2):  # the first one also warms up
        begun = perf_counter()
        with torch.autocast(device.type, torch.bfloat16, device.type == "cuda"):
            loss = model(input_ids=ids, position_ids=positions, cu_seqlens=bounds, labels=ids)
        loss.backward()
        loss.detach().item()  # a GPU is waited for
        taken = perf_counter() - begun
    validated = NUM_POINTS * settings.validation_samples * length * _FORWARD_SHARE
    return taken * (run.num_tokens + validated) / (batch_size * length)
