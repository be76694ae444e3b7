"""The ranks of a run to be tortured, as objects that are dropped.

A rank logs every sample that it is handed, as the trainer's moment, position and digest. A moment
is a count of all that the trainer did. A checkpoint holds the loader's state and the moment it was
taken at.
"""

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

import xxhash

from haybale.loaders import Stage, TokenDataset, TokenLoader, batches
from haybale.loaders.batches import Batch
from haybale.loaders.shards import local

NUM_HELD = 3
"""Batches that a trainer still holds while it takes the next."""

_MAX_MAPPED_BYTES = local.MAX_MAPPED_BYTES

FIELDS = ("input_ids", "labels", "position_ids", "sample_index")
Sample = tuple[int, int, str]
"""Moment, position in the sequence, digest of tokens, labels and positions."""


@dataclass(frozen=True)
class Life:
    """What a run is started with, until it is killed or ends.

    Attributes:
        path: The corpus.
        dataset: Arguments of TokenDataset, without stages.
        stages: Weights and tokens of each.
        world_size: Ranks.
        batch_size: Samples of a rank's step.
        micro_batches: Batches of a trainer's step; checkpoints lie between steps.
        prefetch: Groups of batches made ahead.
        group_tokens: Of a group; as small as the run is, so that death comes between groups too.
        planned_samples: Samples planned in one go; likewise.
        pass_samples: num_samples of the loader.
        iterate_first: Whether iteration begins before the state is loaded.
        in_parts: Whether shards are read in parts, as those of corpora are that may not all stay
            mapped.
    """

    path: str
    dataset: dict[str, Any]
    stages: list[tuple[dict[str, float], int | None]]
    world_size: int
    batch_size: int
    micro_batches: int
    prefetch: int
    group_tokens: int
    planned_samples: int
    pass_samples: int
    iterate_first: bool
    in_parts: bool

    def open(self) -> TokenDataset:
        local.MAX_MAPPED_BYTES = 0 if self.in_parts else _MAX_MAPPED_BYTES
        return TokenDataset(
            self.path, **self.dataset, stages=[Stage(*stage) for stage in self.stages]
        )


def sample_digest(*arrays: Any) -> str:
    hasher = xxhash.xxh3_64()
    for array in arrays:
        hasher.update(array.tobytes())
    return hasher.hexdigest()


def batch_digests(batch: Batch) -> list[str]:
    """Of each sample."""
    arrays = [batch[name].numpy() for name in FIELDS[:3]]
    return [sample_digest(*rows) for rows in zip(*arrays, strict=True)]


class Rank:
    """One rank's loader, and what it does at each step."""

    def __init__(
        self, life: Life, rank: int, state: dict[str, Any] | None, dataset: TokenDataset
    ) -> None:
        batches.GROUP_TOKENS = life.group_tokens
        batches._PLANNED_SAMPLES = life.planned_samples
        self._held: deque[tuple[Batch, list[str]]] = deque()
        self.loader = TokenLoader(
            dataset,
            life.batch_size,
            rank,
            life.world_size,
            prefetch=life.prefetch,
            num_samples=life.pass_samples,
            fields=FIELDS,
        )
        if life.iterate_first:
            self.batches = iter(self.loader)
            if state is not None:
                next(self.batches)  # resumed in the middle of another iteration
        if state is not None:
            self.loader.load_state_dict(state)
        if not life.iterate_first:
            self.batches = iter(self.loader)

    def take(self, moment: int) -> list[Sample]:
        """The next batch's samples; none where the pass ends, and then the next pass begins."""
        batch = next(self.batches, None)
        if batch is None:
            self.batches = iter(self.loader)
            return []
        digests = batch_digests(batch)
        self._held.append((batch, digests))
        if len(self._held) > NUM_HELD:
            held, before = self._held.popleft()
            assert batch_digests(held) == before, "a batch changed after it was handed out"
        positions = batch["sample_index"].tolist()
        return [(moment, *sample) for sample in zip(positions, digests, strict=True)]

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(json.dumps(self.loader.state_dict()))
        return found


@dataclass
class Checkpoint:
    """A saved state and the moment it was taken at."""

    moment: int
    state: dict[str, Any]


Remains = tuple[list[list[Sample]], Checkpoint | None]
"""What is left of killed ranks: their logs and the last checkpoint."""


class DroppedRanks:
    """All ranks in this process; killing them is forgetting them."""

    def __init__(self, life: Life, checkpoint: Checkpoint | None) -> None:
        state = checkpoint.state if checkpoint else None
        dataset = life.open()
        self._ranks = [Rank(life, rank, state, dataset) for rank in range(life.world_size)]
        self._logs: list[list[Sample]] = [[] for _ in self._ranks]
        self._saved: Checkpoint | None = None

    def take(self, moment: int, ranks: range | None = None) -> int:
        """One step on some ranks or all; the samples handed out."""
        taken = 0
        for number in ranks or range(len(self._ranks)):
            samples = self._ranks[number].take(moment)
            self._logs[number] += samples
            taken += len(samples)
        return taken

    def skip(self, steps: range) -> None:
        for rank in self._ranks:
            rank.loader.skip(steps)

    def save(self, moment: int, rank: int) -> None:
        states = [one.state() for one in self._ranks]
        assert all(state == states[0] for state in states), f"ranks differ: {states}"
        self._saved = Checkpoint(moment, states[rank])

    def kill(self, moment: int, hasty: int, saving: bool) -> Remains:
        """Forget them, after as many `hasty` ranks took a step that the others did not."""
        if saving:
            self.save(moment, hasty)
        elif hasty:
            self.take(moment, range(hasty))
        return self._logs, self._saved
