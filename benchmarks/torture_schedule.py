"""One random schedule of lives and deaths of a training run, and what must be true of it.

The oracle is naive: which positions a step takes is counted one by one (`torture_counting`), and
what a sample holds is asked of a freshly opened dataset, one position at a time.
"""

import random
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from torture_counting import Counting
from torture_processes import KilledRanks
from torture_ranks import FIELDS, Checkpoint, DroppedRanks, Life, sample_digest

ENDLESS = 1 << 40
MAX_STEPS = 8
"""Of one life."""


class Handed(NamedTuple):
    """A sample that some rank was handed; they sort as the sequence has them."""

    moment: int
    rank: int
    row: int
    position: int
    digest: str


class Schedule:
    """A run through several lives.

    Args:
        seed: All that happens follows from it.
        corpora: Folders of corpora that have the subsets `sources`.
        sources: Names of subsets.
        real: Whether ranks are processes and die by SIGKILL.

    Attributes:
        deaths: Of runs, so far.
        num_samples: Compared with the oracle.
    """

    def __init__(self, seed: int, corpora: list[Path], sources: list[str], real: bool) -> None:
        self._chance = chance = random.Random(seed)
        self._sources, self._real = sources, real
        self._path, shuffle = str(chance.choice(corpora)), chance.choice(["full", "block", None])
        self._dataset: dict[str, Any] = {
            "sequence_length": chance.choice([8, 16, 32]),
            "seed": chance.randrange(1 << 32),
            "shuffle": shuffle,
            "packing": chance.choice(["concatenate", "concatenate", "document_start"]),
        }
        if shuffle == "block":
            self._dataset |= {"block_tokens": chance.choice([256, 1024]), "window_blocks": 3}
        self._pass_samples = chance.choice([ENDLESS, ENDLESS, chance.randint(40, 300)])
        self._stages: list[tuple[dict[str, float], int | None]] = [(self._weights(), None)]
        self._moments = [Counting(self._pass_samples)]
        self._handed: list[Handed] = []
        self.deaths = self.num_samples = 0

    def run(self) -> None:
        """Live and die, then compare all that was handed out with the oracle.

        Raises:
            AssertionError: If a sample is missing, repeated, out of order, or another one.
        """
        checkpoint, num_lives = None, self._chance.randint(2, 5)
        for number in range(num_lives):
            if number and self._chance.random() < 0.4:
                self._append_stage()
            checkpoint = self._live(checkpoint, last=number == num_lives - 1)
            self.deaths += 1
        self._compare()

    def _live(self, checkpoint: Checkpoint | None, *, last: bool) -> Checkpoint | None:
        """From the checkpoint to the next death; what is left for the next life."""
        chance, life = self._chance, self._life(checkpoint)
        step_samples = life.world_size * life.batch_size
        counting = self._moments[-1].copy()
        counting.settle(step_samples)
        counting.pass_begins = False  # an iteration begins here
        self._moments.append(counting)
        with tempfile.TemporaryDirectory() as folder:
            ranks: DroppedRanks | KilledRanks
            if self._real:
                ranks = KilledRanks(life, checkpoint, Path(folder))
            else:
                ranks = DroppedRanks(life, checkpoint)
            try:
                for _ in range(chance.randint(0, MAX_STEPS)):
                    self._step(ranks, life)
                if last:
                    ranks.save(self._moment, 0)
            finally:
                hasty = chance.randrange(life.world_size)
                logs, found = ranks.kill(self._moment, hasty, saving=chance.random() < 0.3)
        checkpoint = found or checkpoint
        moment = checkpoint.moment if checkpoint else 0
        self._handed += [
            Handed(sample[0], rank, row, *sample[1:])
            for rank, log in enumerate(logs)
            for row, sample in enumerate(log)
        ]
        self._handed = [handed for handed in self._handed if handed.moment < moment]
        del self._moments[moment + 1 :]
        return checkpoint

    @property
    def _moment(self) -> int:
        return len(self._moments) - 1

    def _step(self, ranks: DroppedRanks | KilledRanks, life: Life) -> None:
        """A trainer's step: some micro-batches; before it perhaps a skip, after it a checkpoint."""
        step_samples = life.world_size * life.batch_size
        if self._chance.random() < 0.1:
            self._skip(ranks, step_samples)
        for _ in range(life.micro_batches):
            self._take(ranks, step_samples)
        if self._chance.random() < 0.3:
            ranks.save(self._moment, self._chance.randrange(life.world_size))

    def _take(self, ranks: DroppedRanks | KilledRanks, step_samples: int) -> None:
        """One micro-batch on every rank."""
        counting = self._moments[-1].copy()
        taken = ranks.take(self._moment)
        if taken == 0 and self._moments[-1].pass_begins:
            taken = ranks.take(self._moment)
        assert taken == step_samples, f"expected {step_samples} samples, got {taken}"
        counting.take(step_samples)
        self._moments.append(counting)

    def _skip(self, ranks: DroppedRanks | KilledRanks, step_samples: int) -> None:
        """Leave out one to three of the next steps."""
        first = self._chance.randint(0, 2)
        last = first + self._chance.randint(1, 3)
        counting = self._moments[-1].copy()
        counting.pass_begins = self._moments[-1].pass_begins
        ranks.skip(range(counting.steps + first, counting.steps + last))
        counting.skip(step_samples, first, last)
        self._moments.append(counting)

    def _life(self, checkpoint: Checkpoint | None) -> Life:
        chance = self._chance
        return Life(
            self._path,
            self._dataset,
            list(self._stages),
            world_size=chance.randint(1, 8),
            batch_size=chance.randint(1, 4),
            micro_batches=chance.randint(1, 3),
            prefetch=chance.randint(0, 2),
            group_tokens=chance.choice([1, 256, 2048]),
            planned_samples=chance.choice([1, 16, 128]),
            pass_samples=self._pass_samples,
            iterate_first=checkpoint is not None and chance.random() < 0.3,
            in_parts=chance.random() < 0.5,
        )

    def _weights(self) -> dict[str, float]:
        chosen = self._chance.sample(self._sources, self._chance.randint(1, len(self._sources)))
        return {source: self._chance.uniform(0.05, 1) for source in chosen}

    def _append_stage(self) -> None:
        """End the last stage where nothing of it was handed out yet, and append another."""
        length = self._dataset["sequence_length"]
        begin = sum(tokens for _, tokens in self._stages if tokens) // length
        handed_out = self._moments[-1].handed_out
        (reached,) = self._moments[-1].positions(handed_out, handed_out + 1)
        end = reached + self._chance.randint(0, 60)
        if end > begin:
            self._stages[-1] = (self._stages[-1][0], (end - begin) * length)
            self._stages.append((self._weights(), None))

    def _compare(self) -> None:
        handed = sorted(self._handed)
        positions, counting = [one.position for one in handed], self._moments[-1]
        assert positions == counting.taken, "the samples handed out are not those of the sequence"
        assert len(set(positions)) == len(positions), "a sample was handed out twice"
        if self._pass_samples == ENDLESS:
            whole = set(positions) | counting.skipped
            assert whole.issuperset(range(max(positions, default=-1) + 1)), "a sample is missing"
        dataset = self._life(None).open()
        for one in handed:
            sample = dataset.sample(one.position)
            digest = sample_digest(*(sample[name] for name in FIELDS[:3]))
            assert one.digest == digest, f"position {one.position} was another sample"
        self.num_samples = len(handed)
