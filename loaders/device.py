"""Sends batches to a device in the shards' narrow integers, and widens them there.

To a CUDA device they go from pinned memory, on a stream of their own beside the model's work: two
bytes a token and a few for boundaries, where inputs, labels and positions are twenty.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from haybale.corpus.errors import RecipeError
from haybale.loaders.samples.reader import Gathered, too_many_documents
from haybale.loaders.samples.widen import IGNORED_LABEL

if TYPE_CHECKING:
    from haybale.loaders.batches import Batch, BatchShape


def known_device(device: torch.device | str) -> torch.device:
    """The device of that name, if PyTorch finds it.

    Raises:
        RecipeError: If it is none, or there is no such one here.
    """
    try:
        found = torch.device(device)
    except RuntimeError:
        raise RecipeError(f"device: expected cpu or cuda, found {device!r}") from None
    if found.type == "cuda" and not torch.cuda.is_available():
        raise RecipeError(f"device: PyTorch finds no {device}; use cpu, or install a CUDA build")
    return found


def to_device(gathered: Gathered, first: int, shape: "BatchShape", across: bool) -> "Batch":
    """A batch on its device.

    Args:
        gathered: Samples of some batches.
        first: The batch's first of them.
        shape: What batches are like.
        across: Whether a document's last token has the next document's first as its label.

    Raises:
        RecipeError: If the batch has more documents than `cu_seqlens` has room for.
    """
    narrow = narrow_batch(gathered, first, shape.batch_size, across)
    num_documents = len(narrow["boundaries"])
    if "cu_seqlens" in shape.made_fields and num_documents > shape.batch_size * shape.max_documents:
        raise RecipeError(too_many_documents(num_documents, shape.batch_size, shape.max_documents))
    moved = {name: move(tensor, shape.device) for name, tensor in narrow.items()}
    return widen_on_device(moved, shape.max_documents, shape.made_fields)


def narrow_batch(
    gathered: Gathered, first: int, batch_size: int, across: bool
) -> dict[str, Tensor]:
    """What is sent of a batch.

    Returns:
        `tokens` int16 or int32 [B, T + 1], the bits of unsigned ids: devices have all operations
        for signed ones; `boundaries` int32[documents], where documents begin in the flattened
        inputs; `unlabelled` int32[...], inputs in these without a label, but for those from
        `labelled` int32[B] on in each row.
    """
    last = first + batch_size
    tokens = gathered.tokens[first:last]
    width = tokens.shape[1]
    starts = gathered.starts[gathered.starts_until[first] : gathered.starts_until[last]]
    rows, columns = np.divmod(starts - np.int32(first * width), np.int32(width))
    places = rows * np.int32(width - 1) + columns
    ends = places[columns > 0] - 1 if not across else places[:0]
    arrays: dict[str, npt.NDArray[Any]] = {
        "tokens": tokens.view(np.int16 if tokens.itemsize == 2 else np.int32),
        "boundaries": places[columns < width - 1],
        "unlabelled": ends,
        "labelled": gathered.labelled[first:last],
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def widen_on_device(
    narrow: dict[str, Tensor], max_documents: int, fields: tuple[str, ...]
) -> "Batch":
    """The arrays of a batch from what was sent, on whatever device that is."""
    sent, boundaries = narrow["tokens"], narrow["boundaries"]
    tokens = sent.to(torch.int64) & ((1 << (8 * sent.element_size())) - 1)
    batch_size, length = tokens.shape[0], tokens.shape[1] - 1
    num_inputs, device = batch_size * length, sent.device
    batch: Batch = {}
    if "input_ids" in fields:
        batch["input_ids"] = tokens[:, :-1].contiguous()
    if "labels" in fields:
        labels = tokens[:, 1:].contiguous()
        labels.view(-1)[narrow["unlabelled"].long()] = IGNORED_LABEL
        beyond = torch.arange(length, device=device) >= narrow["labelled"][:, None]
        batch["labels"] = labels.masked_fill_(beyond, IGNORED_LABEL)
    if "position_ids" in fields:
        places = torch.arange(num_inputs, dtype=torch.int32, device=device)
        begins = torch.zeros_like(places)
        begins[boundaries.long()] = boundaries
        batch["position_ids"] = (places - begins.cummax(0).values).view(batch_size, length)
    if "cu_seqlens" in fields:
        shape = (batch_size * max_documents + 1,)
        batch["cu_seqlens"] = torch.full(shape, num_inputs, dtype=torch.int32, device=device)
        batch["cu_seqlens"][: len(boundaries)] = boundaries
    return batch


def move(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor on a device; on its way to a CUDA device while this returns."""
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)  # memory that is not pinned may be used again at once


class SideStream:
    """A stream on which batches are sent and widened while the model works on another.

    Without a CUDA device it does nothing.

    Args:
        device: Where batches go.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def active(self) -> AbstractContextManager[object]:
        """While it lasts, this thread's work for the device goes on this stream."""
        return nullcontext() if self._stream is None else torch.cuda.stream(self._stream)

    def sent(self) -> "torch.cuda.Event | None":
        """Marks where the stream is now: all that was sent before."""
        return self._stream.record_event() if self._stream else None

    def receive(self, batch: "Batch", sent: "torch.cuda.Event | None") -> None:
        """Make the current stream wait for a batch, and its memory wait for the current stream."""
        if self._stream is None or sent is None:
            return
        current = torch.cuda.current_stream(self._stream.device)
        current.wait_event(sent)
        for value in batch.values():
            if isinstance(value, Tensor):
                value.record_stream(current)
