"""Samples as arrays: what a model is given, from windows of the streams."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.loaders.stream import Int32s, Int64s

IGNORED_LABEL = -100
"""What `torch.nn.functional.cross_entropy` leaves out of the loss."""

Item = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Windows:
    """B samples before widening: little to copy to a device.

    Attributes:
        tokens: uint16 or uint32 [B, T + 1]; the last column is only a label.
        position_ids: int32 [B, T + 1]; 0 where a document, or the sample, begins.
        cu_seqlens: int32 [B T + 1], flat over the B samples, padded with B T.
    """

    tokens: npt.NDArray[Any]
    position_ids: Int32s
    cu_seqlens: Int32s

    def item(self) -> Item:
        """The arrays of a single sample, as `TokenDataset` returns them."""
        inputs, labels = widen(self.tokens, self.position_ids)
        return {
            "input_ids": inputs[0],
            "labels": labels[0],
            "position_ids": self.position_ids[0, :-1],
            "cu_seqlens": self.cu_seqlens,
        }


def build_windows(tokens: npt.NDArray[Any], document_starts: Iterable[Int64s]) -> Windows:
    """Positions and boundaries for tokens [B, T + 1].

    Args:
        tokens: The samples' tokens.
        document_starts: Where documents begin, as rising offsets in the flattened tokens.
    """
    num_samples, width = tokens.shape
    rows = np.arange(0, tokens.size, width)  # a sample never attends to another one
    is_start = np.zeros(tokens.size, np.bool_)
    is_start[rows] = True
    for starts in document_starts:
        is_start[starts] = True
    (begins,) = np.nonzero(is_start)
    lengths = np.diff(begins, append=tokens.size)
    position_ids = np.arange(tokens.size, dtype=np.int32)
    position_ids -= np.repeat(begins.astype(np.int32), lengths)
    is_input = begins % width < width - 1  # what begins in the last column is no input
    inputs = begins[is_input] - begins[is_input] // width
    num_inputs = num_samples * (width - 1)
    cu_seqlens = np.full(num_inputs + 1, num_inputs, np.int32)
    cu_seqlens[: len(inputs)] = inputs
    return Windows(tokens, position_ids.reshape(tokens.shape), cu_seqlens)


def widen(tokens: npt.NDArray[Any], position_ids: Int32s) -> tuple[Int64s, Int64s]:
    """Inputs and labels, int64 [B, T] each, from tokens and positions [B, T + 1]."""
    inputs = tokens[:, :-1].astype(np.int64)
    labels = tokens[:, 1:].astype(np.int64)
    labels[position_ids[:, 1:] == 0] = IGNORED_LABEL
    return inputs, labels
