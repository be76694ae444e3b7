"""How long a run will take: a few of its steps are timed before it begins."""

from statistics import median
from time import perf_counter

import torch

from haybale.training.model import Decoder
from haybale.training.optimizer import build_optimizer
from haybale.training.ranks import joined_ranks
from haybale.training.recipe import TrainingRecipe, TrainingSettings

_FORWARD_SHARE = 1 / 3
"""Of a step: going back takes twice as long."""
_NUM_TIMED = 5


def seconds_for(
    recipe: TrainingRecipe,
    vocabulary_size: int,
    device: str,
    num_measured: int = 0,
    *,
    is_trained: bool = False,
) -> float:
    """An estimate for a whole run by one process: training, its validations, and measuring.

    The loader, logs and checkpoints are not in it.

    Args:
        recipe: Of the run, with a budget in `tokens`.
        vocabulary_size: Of the corpus's tokenizer.
        device: As PyTorch names it.
        num_measured: Tokens of other text that the finished model is measured on.
        is_trained: Whether that is all that is left.

    Raises:
        RecipeError: If there is no such device, or the tokens do not fill a step.
    """
    settings = recipe.training
    num_steps = settings.num_steps(0)
    num_rounds = settings.batch_size // settings.accumulation_batch
    with joined_ranks(device) as ranks:
        model = Decoder(recipe.model, vocabulary_size).to(ranks.device)
        round_seconds, update_seconds = _timed(model, settings, ranks.device)
    step_seconds = num_rounds * round_seconds + update_seconds
    forward = _FORWARD_SHARE * round_seconds / (settings.step_tokens // num_rounds)
    measuring = num_measured * forward
    if is_trained:
        return measuring
    return num_steps * step_seconds + _validated(settings, num_steps) * forward + measuring


def _validated(settings: TrainingSettings, num_steps: int) -> int:
    """Tokens of all validations."""
    every = settings.validate_every or num_steps
    return -(-num_steps // every) * settings.validation_samples * settings.sequence_length


def _timed(model: Decoder, settings: TrainingSettings, device: torch.device) -> tuple[float, float]:
    """Seconds that gradients of a round take, and an update."""
    optimizer = build_optimizer(model, settings.learning_rate, settings.weight_decay)
    batch_size, length = settings.accumulation_batch, settings.sequence_length
    shape, kind = (batch_size, length), torch.int32
    ids = torch.randint(model.vocabulary_size, shape, device=device)
    positions = torch.arange(length, dtype=kind, device=device).expand(shape)
    bounds = torch.arange(0, batch_size * length + 1, length, dtype=kind, device=device)
    rounds, updates = [], []
    for _ in range(_NUM_TIMED):
        times = [_now(device)]
        with torch.autocast(device.type, torch.bfloat16, device.type == "cuda"):
            loss = model(input_ids=ids, position_ids=positions, cu_seqlens=bounds, labels=ids)
        loss.backward()
        times.append(_now(device))
        optimizer.step()
        optimizer.zero_grad()
        times.append(_now(device))
        rounds.append(times[1] - times[0])
        updates.append(times[2] - times[1])
    return median(rounds), median(updates)  # the first, which warms up, is the slowest


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return perf_counter()
