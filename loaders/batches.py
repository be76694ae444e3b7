"""Makes one rank's batches of a stretch of the sequence, a group of them at a time.

Positions cost less when many are permuted in one go, and a batch costs less when many are gathered
in one go: so positions are planned by the thousand, and batches are made in groups.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.loaders.dataset import TokenDataset
from haybale.loaders.device import move, to_device
from haybale.loaders.position.skips import Skips
from haybale.loaders.samples.buffers import Buffers
from haybale.loaders.samples.plan import SamplePlan
from haybale.loaders.samples.reader import WIDE_FIELDS

Batch = dict[str, Any]
"""Tensors by name, and `max_seqlen`, an int."""

FIELDS = (*WIDE_FIELDS, "max_seqlen", "sample_index", "source_id", "shift_labels")
"""Everything a batch can have."""

DEFAULT_FIELDS = FIELDS[:5]

GROUP_TOKENS = 1 << 18
"""Batches of so many tokens in all are made in one go, at most; one batch at least."""

_PLANNED_SAMPLES = 4096
_FIRST_PLANNED_SAMPLES = 128  # doubled from plan to plan


@dataclass(frozen=True)
class BatchShape:
    """What the batches of one rank are like.

    Attributes:
        batch_size: B, samples of a batch.
        rank: Of this process.
        world_size: Number of ranks; a step takes B samples for each.
        fields: Of `FIELDS`.
        max_documents: Room for documents of one sample in `cu_seqlens`.
        device: Where tensors go.
    """

    batch_size: int
    rank: int
    world_size: int
    fields: tuple[str, ...]
    max_documents: int
    device: torch.device

    def __post_init__(self) -> None:
        for name in self.fields:
            if name not in FIELDS:
                raise RecipeError(f"fields: a batch has no {name!r}; {nearest(name, FIELDS)}")
        if not self.fields or len(set(self.fields)) < len(self.fields):
            raise RecipeError(f"fields: expected some of {FIELDS}, each once, found {self.fields}")

    @property
    def made_fields(self) -> tuple[str, ...]:
        """`fields` without second names of the same tensor."""
        return tuple(dict.fromkeys(map(_own_name, self.fields)))

    @property
    def step_samples(self) -> int:
        """Samples of a step, of all ranks."""
        return self.batch_size * self.world_size


class BatchMaker:
    """Makes a rank's batches.

    Args:
        dataset: What of.
        shape: What they are like.
    """

    def __init__(self, dataset: TokenDataset, shape: BatchShape) -> None:
        self._dataset, self._shape = dataset, shape
        self._buffers = Buffers()
        self._share = shape.batch_size * shape.rank + np.arange(shape.batch_size)

    def groups(self, cursors: range, skips: Skips) -> Iterator[list[Batch]]:
        """The batches of some steps, in groups.

        Args:
            cursors: Samples handed out before each step.
            skips: What is left out of the sequence.
        """
        size = self._shape.batch_size
        most = GROUP_TOKENS // (size * self._dataset.sequence_length)
        most = max(1, min(most, self._dataset.max_held_samples // size))
        num_batches = 1  # the first comes at once, however many record batches a group needs
        for plan in self._plans(cursors, skips):
            first = 0
            while first < len(plan):
                last = min(first + num_batches * size, len(plan))
                yield self._made(plan.part(first, last))
                first, num_batches = last, min(2 * num_batches, most)

    def batch(self, cursor: int, skips: Skips) -> Batch:
        """One batch by itself: what the store expects stays as it is.

        Args:
            cursor: Samples handed out before its step.
            skips: What is left out of the sequence.
        """
        (batch,) = self._made(self._dataset.plan(skips.positions(cursor + self._share)))
        return batch

    def _plans(self, cursors: range, skips: Skips) -> Iterator[SamplePlan]:
        """Samples of some thousands at a time; those to come are told to the store."""
        shape = self._shape
        ahead = -(-self._dataset.lookahead_samples // shape.world_size)
        planned: deque[SamplePlan] = deque()
        num_planned = first = 0
        num_samples = _FIRST_PLANNED_SAMPLES
        while first < len(cursors):
            last = first + max(1, num_samples // shape.batch_size)
            begins = np.array(cursors[first:last])
            first, num_samples = last, min(2 * num_samples, _PLANNED_SAMPLES)
            plan = self._dataset.plan(skips.positions((begins[:, None] + self._share).ravel()))
            if not ahead:
                yield plan
                continue
            planned.append(plan)
            num_planned += len(plan)
            self._dataset.expect(planned)
            while num_planned > ahead:
                num_planned -= len(planned[0])
                yield planned.popleft()
        while planned:
            yield planned.popleft()
            self._dataset.expect(planned)

    def _made(self, plan: SamplePlan) -> list[Batch]:
        shape, size = self._shape, self._shape.batch_size
        num_batches = len(plan) // size
        gathered = self._dataset.gather(plan, self._buffers)
        columns: dict[str, Iterable[Any]] = {}
        if shape.device.type == "cpu":
            arrays = self._dataset.reader.widen(
                gathered, size, shape.max_documents, shape.made_fields, self._buffers
            )
            columns |= {name: torch.from_numpy(array).unbind() for name, array in arrays.items()}
        else:
            across = self._dataset.labels_across_documents
            firsts = range(0, len(plan), size)
            sent = [to_device(gathered, first, shape, across) for first in firsts]
            columns |= {name: [batch[name] for batch in sent] for name in sent[0]}
        for name, numbers in (("sample_index", plan.positions), ("source_id", plan.sources)):
            if name in shape.fields:
                column = torch.from_numpy(numbers.reshape(num_batches, size).copy()).unbind()
                columns[name] = [move(tensor, shape.device) for tensor in column]
        columns["max_seqlen"] = [self._dataset.sequence_length] * num_batches
        in_order = [columns[_own_name(name)] for name in shape.fields]
        return [
            dict(zip(shape.fields, values, strict=True)) for values in zip(*in_order, strict=True)
        ]


def _own_name(name: str) -> str:
    """Models of Hugging Face take labels that are shifted already by another name."""
    return "labels" if name == "shift_labels" else name


def tensors_of(batch: Batch) -> dict[str, Tensor]:
    """The tensors of a batch by name."""
    return {name: value for name, value in batch.items() if isinstance(value, Tensor)}
