"""Batches for one rank of a training run, with a position that fits any number of ranks.

Step k of all ranks together takes the next `batch_size * world_size` samples of one global
sequence; rank r takes its contiguous share of them. The only state is how far the sequence was
handed out, so it is the same on every rank and can be taken up by any number of them.
"""

import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.loaders.dataset import TokenDataset
from haybale.loaders.prefetch import prefetched
from haybale.loaders.samples import IGNORED_LABEL, Windows, widen

FORMAT = "haybale/loader@1"

Batch = dict[str, Tensor]

_PLANNED_SAMPLES = 4096  # positions cost less when many are permuted in one go


class TokenLoader:
    """Iterates over one rank's batches of a dataset.

    Batches are dictionaries of tensors on `device`:

    - `input_ids`, `labels` int64 [B, T]; labels are -100 where the next token begins a document
    - `position_ids` int32 [B, T]: from 0 at the start of each sample and document
    - `cu_seqlens` int32 [B T + 1]: where documents begin in the flattened batch, then B T to the
      end; as FlashAttention's functions for variable lengths want it, with `max_seqlen` T. The
      shape is fixed, so that compiled graphs fit every batch.

    A pass is `num_samples` samples; what is left of it when no whole step fits any more is dropped.
    Iterating again goes on with the next pass, or, after a `break`, with the next batch.

    Args:
        dataset: What to load.
        batch_size: Samples per step and rank (B).
        rank: Of this process; from `torch.distributed` where that is initialised, else 0.
        world_size: Number of ranks; likewise, else 1.
        device: Where the tensors go. To a CUDA device they travel from pinned memory in the
            shards' narrow integers, and are widened there.
        num_samples: Samples of a pass over all ranks; by default `len(dataset)`.
        prefetch: Batches that a thread makes ahead while the model works; 0 for no thread.

    Raises:
        RecipeError: If a setting cannot be right.
    """

    def __init__(
        self,
        dataset: TokenDataset,
        batch_size: int = 8,
        rank: int | None = None,
        world_size: int | None = None,
        device: str | torch.device = "cpu",
        num_samples: int | None = None,
        prefetch: int = 2,
    ) -> None:
        self.dataset, self.batch_size = dataset, batch_size
        self.rank, self.world_size = _resolve_rank(rank, world_size)
        self.device = torch.device(device)
        self.num_samples = len(dataset) if num_samples is None else num_samples
        self.prefetch = prefetch
        if batch_size < 1 or prefetch < 0:
            raise RecipeError(
                "expected batch_size of at least 1 and prefetch of at least 0, "
                f"found {batch_size} and {prefetch}"
            )
        self._step_samples = batch_size * self.world_size
        if self.num_samples < self._step_samples:
            raise RecipeError(
                f"a step takes {self._step_samples} samples ({batch_size} on each of "
                f"{self.world_size} ranks), but a pass has only {self.num_samples}; "
                "choose a smaller batch_size or a larger num_samples"
            )
        self._cursor = 0
        self._begin = 0  # where the current iteration began, or the next one will
        self._jumps = 0  # how often load_state_dict moved the cursor
        self._active: weakref.ref[Iterator[Batch]] | None = None

    def __len__(self) -> int:
        """Batches of the current iteration; before it begins, of the next one."""
        return (self._end(self._begin) - self._begin) // self._step_samples

    def __iter__(self) -> Iterator[Batch]:
        """Go on from the cursor to the end of the pass; an earlier iterator ends."""
        active = self._active() if self._active else None
        if active is not None:
            active.close()  # type: ignore[attr-defined]
        self._begin = self._cursor
        batches = self._batches()
        self._active = weakref.ref(batches)
        return batches

    def state_dict(self) -> dict[str, Any]:
        """Where the next batch begins: the same on every rank, a few short JSON values.

        It counts batches handed out, not those made ahead.
        """
        return {"format": FORMAT, **self.dataset.order_facts(), "cursor": self._cursor}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken, with any batch size and number of ranks.

        An iteration under way goes on from there too.

        Raises:
            CheckpointMismatchError: If the state belongs to another corpus, order or version.
        """
        here = self.state_dict()
        different = [name for name in here if name != "cursor" and state.get(name) != here[name]]
        if different:
            sides = "; ".join(f"{n}: {state.get(n)!r} there, {here[n]!r} here" for n in different)
            raise CheckpointMismatchError(
                f"the saved position does not fit this dataset ({sides}); "
                "open the dataset with the settings it was saved with"
            )
        cursor = state.get("cursor")
        if not isinstance(cursor, int) or cursor < 0:
            raise CheckpointMismatchError(f"expected a cursor of at least 0, found {cursor!r}")
        self._begin = self._cursor = self._next_step(cursor)
        self._jumps += 1

    def _end(self, cursor: int) -> int:
        """The end of the pass that the cursor lies in."""
        return (cursor // self.num_samples + 1) * self.num_samples

    def _next_step(self, cursor: int) -> int:
        """The cursor, or the start of the next pass where no whole step is left of this one."""
        end = self._end(cursor)
        return cursor if cursor + self._step_samples <= end else end

    def _batches(self) -> Iterator[Batch]:
        jumps = -1
        while jumps != self._jumps:
            jumps = self._jumps
            made = prefetched(self._made(self._cursor, self._end(self._cursor)), self.prefetch)
            for batch in made:
                ready = self._to_device(batch)
                self._cursor = self._next_step(self._cursor + self._step_samples)
                yield ready
                if jumps != self._jumps:
                    made.close()  # type: ignore[attr-defined]
                    break

    def _made(self, cursor: int, end: int) -> Iterator[Batch]:
        """This rank's batches from the cursor on, in ordinary or pinned memory."""
        share = self.batch_size * self.rank + np.arange(self.batch_size)
        planned_steps = -(-_PLANNED_SAMPLES // self.batch_size)
        for first in range(0, (end - cursor) // self._step_samples, planned_steps):
            last = min(first + planned_steps, (end - cursor) // self._step_samples)
            steps = cursor + np.arange(first, last) * self._step_samples
            sources, samples = self.dataset.locate((steps[:, None] + share).ravel())
            for at in range(0, len(sources), self.batch_size):
                chosen = slice(at, at + self.batch_size)
                yield self._on_host(self.dataset.read(sources[chosen], samples[chosen]))

    def _on_host(self, windows: Windows) -> Batch:
        if self.device.type == "cpu":
            inputs, labels = widen(windows.tokens, windows.position_ids)
            return {
                "input_ids": torch.from_numpy(inputs),
                "labels": torch.from_numpy(labels),
                "position_ids": torch.from_numpy(windows.position_ids[:, :-1]).contiguous(),
                "cu_seqlens": torch.from_numpy(windows.cu_seqlens),
            }
        signed = windows.tokens.view(np.int16 if windows.tokens.itemsize == 2 else np.int32)
        batch = {
            "tokens": torch.from_numpy(signed),
            "position_ids": torch.from_numpy(windows.position_ids),
            "cu_seqlens": torch.from_numpy(windows.cu_seqlens),
        }
        if self.device.type != "cuda":
            return batch
        return {name: tensor.pin_memory() for name, tensor in batch.items()}

    def _to_device(self, batch: Batch) -> Batch:
        if self.device.type == "cpu":
            return batch
        moved = {name: tensor.to(self.device, non_blocking=True) for name, tensor in batch.items()}
        return widen_on_device(moved)


def widen_on_device(batch: Batch) -> Batch:
    """Inputs and labels from tokens and positions [B, T + 1], on whatever device they are.

    The tokens' bits travel as signed integers, for which every device has all operations.
    """
    narrow, position_ids = batch["tokens"], batch["position_ids"]
    tokens = narrow.to(torch.int64) & ((1 << (8 * narrow.element_size())) - 1)
    begins = position_ids[:, 1:] == 0
    return {
        "input_ids": tokens[:, :-1].contiguous(),
        "labels": tokens[:, 1:].masked_fill(begins, IGNORED_LABEL),
        "position_ids": position_ids[:, :-1].contiguous(),
        "cu_seqlens": batch["cu_seqlens"],
    }


def _resolve_rank(rank: int | None, world_size: int | None) -> tuple[int, int]:
    if (rank is None) != (world_size is None):
        raise RecipeError("give both rank and world_size, or neither")
    if rank is None or world_size is None:
        distributed = torch.distributed
        if not (distributed.is_available() and distributed.is_initialized()):
            return 0, 1
        return distributed.get_rank(), distributed.get_world_size()
    if not 0 <= rank < world_size:
        raise RecipeError(f"expected a rank in [0, {world_size}), found {rank}")
    return rank, world_size
