"""Batches for one rank of a training run, with a position that fits any number of ranks.

Step k of all ranks together takes the next `batch_size * world_size` samples of one global
sequence; rank r takes its contiguous share of them. The only state is how far the sequence was
handed out, so it is the same on every rank and can be taken up by any number of them.
"""

import inspect
import time
import weakref
from collections.abc import Generator, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from haybale.corpus.errors import RecipeError
from haybale.loaders.batches import DEFAULT_FIELDS, Batch, BatchMaker, BatchShape
from haybale.loaders.dataset import TokenDataset
from haybale.loaders.device import SideStream, known_device
from haybale.loaders.explain import ExplainedSample, ExplainedStep, SeenAt
from haybale.loaders.metrics import LoaderMetrics
from haybale.loaders.position.position import Position
from haybale.loaders.prefetch import prefetched
from haybale.loaders.ranks import resolve_rank
from haybale.loaders.whole_numbers import whole

if TYPE_CHECKING:
    from torch.distributed.device_mesh import DeviceMesh

    from haybale.loaders.preview.preview import Preview

Group = tuple[list[Batch], "torch.cuda.Event | None"]


class TokenLoader:
    """Iterates over one rank's batches of a dataset.

    Batches are dictionaries, tensors on `device`:

    - `input_ids`, `labels` int64 [B, T]; labels are -100 where the next token begins a document,
      and at padding
    - `position_ids` int32 [B, T]: from 0 at the start of each sample and document
    - `cu_seqlens` int32 [B max_documents + 1]: where documents begin in the flattened batch, then
      B T to the end; as FlashAttention's functions for variable lengths want it. The shape is
      fixed, so that compiled graphs fit every batch.
    - `max_seqlen`: T, a Python int: no document of a batch is longer
    - `sample_index` int64 [B], if asked for: each sample's position in the sequence
    - `source_id` int64 [B], if asked for: its subset's number in `dataset.sources`
    - `shift_labels`, if asked for: the same tensor as `labels`, by the name under which Hugging
      Face's models take labels that are shifted already; they would shift `labels` once more

    A pass is `num_samples` samples; what is left of it when no whole step fits any more is dropped.
    Iterating again goes on with the next pass, or, after a `break`, with the next batch.

    Args:
        dataset: What to load.
        batch_size: Samples per step and rank (B).
        rank: Of this process; from `mesh`, or from `torch.distributed` where that is initialised,
            else 0.
        world_size: Number of ranks; likewise, else 1.
        device: Where the tensors go. To a CUDA device they travel from pinned memory in the
            shards' narrow integers, on a stream of their own, and are widened there.
        num_samples: Samples of a pass over all ranks; by default `len(dataset)`.
        prefetch: Groups of batches that a thread makes ahead while the model works; 0 for no
            thread. A group is as many batches as make 2^18 tokens, at least one.
        mesh: The data-parallel `DeviceMesh`, in place of rank and world_size.
        fields: What batches have, and in which order.
        max_documents: Room for documents of one sample in `cu_seqlens`; by default T, which always
            suffices. A batch with more is an error that says how many it has.

    Attributes:
        metrics: How long the trainer waited for batches; see `LoaderMetrics`.

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
        *,
        mesh: "DeviceMesh | None" = None,
        fields: tuple[str, ...] = DEFAULT_FIELDS,
        max_documents: int | None = None,
    ) -> None:
        self.dataset, self.batch_size = dataset, whole("batch_size", batch_size, 1)
        self.rank, self.world_size = resolve_rank(rank, world_size, mesh)
        self.device = known_device(device)
        self.prefetch = whole("prefetch", prefetch, 0)
        room = dataset.sequence_length if max_documents is None else max_documents
        shape = BatchShape(
            self.batch_size,
            self.rank,
            self.world_size,
            (fields,) if isinstance(fields, str) else tuple(fields),
            whole("max_documents", room, 1),
            self.device,
        )
        self._shape = shape
        self._stream = SideStream(self.device)
        wanted = len(dataset) if num_samples is None else num_samples
        self.num_samples = whole("num_samples", wanted, 1)
        limit = dataset.num_positions
        if limit is not None and self.num_samples > limit:
            raise RecipeError(
                f"num_samples: a pass of {self.num_samples} is asked for, and the stages end after "
                f"{limit}; add a stage, or choose at most {limit}"
            )
        most = self.num_samples // self.world_size
        if self.num_samples < shape.step_samples:
            raise RecipeError(
                f"a step takes {shape.step_samples} samples ({batch_size} on each of "
                f"{self.world_size} ranks), but a pass has only {self.num_samples}; "
                + (f"choose a batch_size of at most {most}, or " if most else "choose ")
                + f"a num_samples of at least {shape.step_samples}"
            )
        self._position = Position(dataset, shape.step_samples, self.num_samples)
        self._begin = 0  # where the current iteration began, or the next one will
        self._jumps = 0  # how often the position was moved by anything but a batch
        self._active: weakref.ref[Generator[Batch, None, None]] | None = None
        self._is_ended = False
        self.metrics = LoaderMetrics()

    def __len__(self) -> int:
        """Batches of the whole pass, whether or not some were handed out before a restart.

        Lightning and Hugging Face's Trainer count steps within a pass and compare with this.
        """
        return len(self._position.cursors(self._begin // self.num_samples * self.num_samples))

    def __iter__(self) -> Iterator[Batch]:
        """Go on from the cursor to the end of the pass; an earlier iterator ends."""
        self.close()
        self._begin, self._is_ended = self._position.cursor, False
        self.metrics.begin()
        batches = self._batches()
        self._active = weakref.ref(batches)
        return batches

    def __getstate__(self) -> dict[str, Any]:
        """A copy has the position, and iterations of its own."""
        return {**self.__dict__, "_active": None, "_stream": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._stream = SideStream(self.device)

    def __enter__(self) -> "TokenLoader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the iteration under way, and its thread."""
        active = self._active() if self._active else None
        if active is None:
            return
        if inspect.getgeneratorstate(active) == inspect.GEN_RUNNING:
            self._is_ended = True  # asked by a signal or another thread: no batch follows
            return
        active.close()
        self.dataset.expect(())

    def state_dict(self) -> dict[str, Any]:
        """Where the next batch begins: the same on every rank, a few short JSON values.

        It counts batches handed out, not those made ahead. Its names are always the same, as
        distributed checkpoints need. Damaged record batches are those that this rank met; it needs
        none of the others': they are met again.
        """
        return self._position.as_json()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken, with any batch size and number of ranks.

        An iteration under way goes on from there too. The dataset may have other stages after the
        position than it had, or more of them.

        Raises:
            CheckpointMismatchError: If the state belongs to another corpus, order or version.
        """
        self._position.load(state)
        self._jumped()

    def seek(self, step: int | None = None, tokens: int | None = None) -> None:
        """Go on with another step, earlier or later.

        Args:
            step: Which, counted from 0.
            tokens: Or the inputs of all samples before it, those dropped at a pass's end included.

        Raises:
            RecipeError: If no step begins there.
        """
        self._position.seek(step, tokens)
        self._jumped()

    def skip(self, steps: range) -> None:
        """Leave out the samples that some coming steps would have taken.

        The first of these steps takes what the one after the last would have taken, and so on. What
        is left out is kept in `state_dict` and `skipped`.

        Args:
            steps: Of those to come, without gaps.

        Raises:
            RecipeError: If a step has been already, or there are gaps.
        """
        self._position.skip(steps)
        self._jumped()

    @property
    def remaining_steps(self) -> int:
        """Steps of this pass that are still to come."""
        return len(self._position.cursors(self._position.cursor))

    @property
    def step(self) -> int:
        """The next step: how many were handed out, of all runs that this position comes from."""
        return self._position.step

    def drawn(self) -> dict[str, int]:
        """Inputs that the run drew of each subset up to here, over all ranks and restarts.

        As `haybale card build --drawn` reads them. Samples that were skipped are left out; those
        dropped at the end of a pass are counted.
        """
        length, skips = self.dataset.sequence_length, self._position.skips
        end = int(skips.positions(np.array([self._position.cursor]))[0])
        drawn = self.dataset.draws(end)
        for first, last in skips.ranges:
            if last <= end:
                before, after = self.dataset.draws(first), self.dataset.draws(last)
                drawn = {name: drawn[name] - after[name] + before[name] for name in drawn}
        return {name: count * length for name, count in drawn.items()}

    @property
    def skipped(self) -> tuple[tuple[int, int], ...]:
        """First and one past the last position of each stretch that is left out."""
        return self._position.skips.ranges

    def peek(self, step: int) -> Batch:
        """This rank's batch of any step of this size, without going there.

        Raises:
            RecipeError: If the step is of another batch size or number of ranks, or beyond the end
                of the sequence.
        """
        cursor = self._position.cursor_of(whole("step", step, 0))
        if self._position.steps.segment(step).step_samples != self._shape.step_samples:
            raise RecipeError(
                f"peek: step {step} has another batch size or number of ranks than this loader; "
                "explain shows its samples"
            )
        with self._stream.active():
            batch = BatchMaker(self.dataset, self._shape).batch(cursor, self._position.skips)
            sent = self._stream.sent()
        self._stream.receive(batch, sent)
        return batch

    def preview(self) -> "Preview":
        """What the first pass sees of each subset, skips aside; `print` shows it as tables."""
        return self.dataset.preview(self.num_samples * self.dataset.sequence_length)

    def explain(self, step: int) -> ExplainedStep:
        """The documents in a step, of all ranks.

        Where a sample is damaged, these are the documents of what stands in for it.

        Raises:
            RecipeError: If the step is from before what the position remembers.
        """
        samples = []
        self._position.cursor_of(whole("step", step, 0))
        size = self._position.steps.segment(step).step_samples
        same_size = size == self._shape.step_samples
        for number, position in enumerate(self._position.positions(step)):
            source, sample = (int(found[0]) for found in self.dataset.locate([position]))
            documents = tuple(self.dataset.documents(position))
            rank = number // self.batch_size if same_size else None
            samples.append(
                ExplainedSample(position, rank, self.dataset.sources[source], sample, documents)
            )
        return ExplainedStep(step, tuple(samples))

    def where(self, doc_id: str) -> list[SeenAt]:
        """The steps of this pass, and of those before it, that see a document.

        Not those where it only stands in for a damaged sample; `explain` shows these.

        Args:
            doc_id: In hex.

        Raises:
            RecipeError: If the id is no id, or of no document of this split.
        """
        until = self._position.end(self._position.cursor) + self._position.skips.num_samples
        if self.dataset.num_positions is not None:
            until = min(until, self.dataset.num_positions)
        return [
            SeenAt(self._position.step_of(seen.position), seen.position, seen.source, seen.epoch)
            for seen in self.dataset.where(doc_id, until)
        ]

    def _jumped(self) -> None:
        self._begin = self._position.cursor
        self._jumps += 1

    def _batches(self) -> Generator[Batch, None, None]:
        jumps, step_tokens = -1, self.batch_size * self.dataset.sequence_length
        while jumps != self._jumps:
            jumps = self._jumps
            made = prefetched(self._groups(), self.prefetch)
            try:
                asked = time.perf_counter()
                for group, sent in made:
                    for batch in group:
                        if self._is_ended:
                            return
                        if sent is not None:
                            self._stream.receive(batch, sent)
                        self._position.advance()
                        self.metrics.waited(asked, step_tokens)
                        yield batch
                        asked = time.perf_counter()
                        if jumps != self._jumps:
                            break
                    if jumps != self._jumps:
                        break
                    del group  # the thread that made it frees it
            finally:
                made.close()  # type: ignore[attr-defined]

    def _groups(self) -> Iterator[Group]:
        """This rank's batches from the cursor to the end of the pass, on the device."""
        cursors = self._position.cursors(self._position.cursor)
        groups = BatchMaker(self.dataset, self._shape).groups(cursors, self._position.skips)
        while True:
            with self._stream.active():
                group = next(groups, None)
                if group is None:
                    return
                sent = self._stream.sent()
            yield group, sent
