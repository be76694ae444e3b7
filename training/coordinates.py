"""The coordinate check: how far activations move in the first steps, at several widths.

With muP they move as far at every width, in every layer; without, further in wider models, which
then want a lower learning rate (Yang et al. 2022, arXiv 2203.03466, appendix D.1 and figure 5). It
takes seconds, and shows at once where a multiplier or a learning rate is wrong.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from haybale.loaders.batches import Batch
from haybale.training.model import Decoder, ModelSettings
from haybale.training.optimizer import build_optimizer

_PARTS = ("attention_in", "attention_out", "gate_and_up", "down")


def moved_coordinates(
    settings: ModelSettings,
    vocabulary_size: int,
    batches: Sequence[Batch],
    learning_rate: float,
    seed: int = 0,
) -> dict[str, float]:
    """Train for a few steps, and see how far activations went.

    Args:
        settings: Of the model.
        vocabulary_size: Of the tokens.
        batches: One per step, with the model's fields; the first shows the activations.
        learning_rate: At the base width.
        seed: Of the weights.

    Returns:
        By layer, mean absolute change of a coordinate of its output: of each block's matrices, as
        in `blocks.0.down`, and of the `logits`.
    """
    torch.manual_seed(seed)
    model = Decoder(settings, vocabulary_size)
    optimizer = build_optimizer(model, learning_rate, 0.0, settings.width_ratio)
    before = _outputs(model, batches[0])
    for batch in batches:
        model(**batch).backward()
        optimizer.step()
        optimizer.zero_grad()
    after = _outputs(model, batches[0])
    return {name: float((after[name] - before[name]).abs().mean()) for name in before}


def coordinate_slopes(
    settings: ModelSettings,
    widths: Sequence[int],
    vocabulary_size: int,
    batches: Sequence[Batch],
    learning_rate: float,
    seed: int = 0,
) -> dict[str, float]:
    """How the movement of each layer grows with the width.

    Args:
        settings: Of the models; their number of heads follows the width.
        widths: Of the models, each a multiple of the settings' head width.
        vocabulary_size: Of the tokens.
        batches: As for `moved_coordinates`.
        learning_rate: Likewise.
        seed: Likewise.

    Returns:
        By layer, the exponent of the width that fits best: 0 is flat, 1 is in proportion.
    """
    moved = []
    for width in widths:
        shape = replace(settings, width=width, heads=width // settings.head_width)
        moved.append(moved_coordinates(shape, vocabulary_size, batches, learning_rate, seed))
    logarithms = np.log(np.array(widths))
    return {
        name: float(np.polyfit(logarithms, np.log([one[name] for one in moved]), 1)[0])
        for name in moved[0]
    }


@torch.no_grad()
def _outputs(model: Decoder, batch: Batch) -> dict[str, Tensor]:
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    with _recorded(model) as outputs:
        outputs["logits"] = model.logits(**inputs)
    return outputs


@contextmanager
def _recorded(model: Decoder) -> Iterator[dict[str, Tensor]]:
    outputs: dict[str, Tensor] = {}

    def record(name: str) -> Any:
        def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            outputs[name] = output

        return keep

    hooks = [
        module.register_forward_hook(record(name))
        for name, module in model.named_modules()
        if name.endswith(_PARTS)
    ]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()
