"""Model FLOPs utilisation: what of the hardware's peak goes into the model's own arithmetic.

Chowdhery et al. 2022 (PaLM, arXiv 2204.02311), appendix B: 6 N + 12 L H Q T per token, T being the
tokens that attention spans. Of documents in a sample it spans only their own length, so T is their
mean length, each token counting its own document's. As in the paper, causality does not halve it.
"""

import torch
from torch import Tensor

from haybale.scaling.hardware import PEAK_FLOPS
from haybale.training.model import Decoder


def squared_lengths(cu_seqlens: Tensor) -> Tensor:
    """Sum over documents of their squared lengths, int64: T as in the paper times all tokens."""
    return (cu_seqlens.diff().long() ** 2).sum()


def step_flops(model: Decoder, num_tokens: int, squares: int) -> float:
    """Operations of a training step.

    Args:
        model: N counts the matrices that tokens are multiplied by, the readout among them.
        num_tokens: Of the step.
        squares: `squared_lengths` of all of it.
    """
    settings = model.settings
    attention = 12.0 * settings.depth * settings.width * squares  # H Q = width
    return 6.0 * model.num_multiplied * num_tokens + attention


def peak_flops(device: torch.device, num_devices: int) -> float | None:
    """Dense bfloat16 operations per second of so many such devices; None where not known."""
    if device.type != "cuda":
        return None
    peak = peak_of_card(torch.cuda.get_device_name(device))
    return None if peak is None else peak * num_devices


def peak_of_card(name: str) -> float | None:
    """The same of one card by its name, such as `NVIDIA H100 80GB HBM3` or `NVIDIA H100 PCIe`."""
    words = name.lower().replace("-", " ").split()
    for card in sorted(PEAK_FLOPS, key=len, reverse=True):
        if all(word in words for word in card.split("-")):
            return PEAK_FLOPS[card]
    return None
