"""A mixture that changes at stated positions: stage after stage, each with weights of its own.

Each stage interleaves its sources from its first position on. What every source gave in the stages
before is a table of sources x stages, so that ordinals go on from stage to stage, and any position
costs the same. Stages are only ever appended: what was drawn before does not depend on what comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.loaders.mixture.interleaving import MAX_POSITION, Mixture
from haybale.loaders.mixture.tree import Int64s
from haybale.loaders.order.grouping import grouped


@dataclass(frozen=True)
class Stage:
    """A part of the training run with one mixture, as a user writes it.

    Attributes:
        weights: Shares of tokens by subset; a subset that is not named has none.
        tokens: Length of the stage, rounded to the nearest whole sample. None: without end, for
            the last stage.
    """

    weights: Mapping[str, float]
    tokens: int | None = None


@dataclass(frozen=True)
class SolvedStage:
    """A stage in samples and whole weights; see `haybale.loaders.mixture.plan`.

    Attributes:
        start: Its first position.
        num_samples: Its length; None: without end.
        weights: A whole number for each source of the plan; at least one is above zero.
    """

    start: int
    num_samples: int | None
    weights: tuple[int, ...]


class StagedMixture:
    """Which source each position draws from, over all stages: a pure function of the position.

    Args:
        sources: Names, in the order of the stages' weights.
        stages: At least one; each begins where the one before ends, and only the last may be
            without end.

    Attributes:
        num_positions: Samples of all stages; None: without end.
    """

    def __init__(self, sources: Sequence[str], stages: Sequence[SolvedStage]) -> None:
        self.sources, self.stages = tuple(sources), tuple(stages)
        self._mixtures = [_Interleaving(stage.weights) for stage in stages]
        counts = np.zeros(len(sources), np.int64)
        before, end = [], 0
        for stage, mixture in zip(stages, self._mixtures, strict=True):
            if stage.start != end or len(stage.weights) != len(sources):
                raise ValueError(f"expected a stage of {len(sources)} sources from {end} on")
            before.append(counts)
            if stage.num_samples is None:
                break
            counts = counts + mixture.counts(stage.num_samples)
            end += stage.num_samples
        if not stages or len(before) < len(stages):
            raise ValueError("expected stages of which only the last is without end")
        self._starts = np.array([stage.start for stage in stages], np.int64)
        self._before = np.array(before)  # int64[stages, sources]: drawn before each stage
        self.num_positions = None if stages[-1].num_samples is None else end

    def locate(self, positions: npt.ArrayLike) -> tuple[Int64s, Int64s]:
        """The source of each position, and how often that source came before.

        Args:
            positions: int64[positions], each at least 0 and below `num_positions`.

        Returns:
            Numbers in `sources` and ordinals, int64[positions] each.

        Raises:
            IndexError: If a position is out of range.
        """
        given = np.asarray(positions, np.int64)
        if given.size:
            self._check(int(given.min()), int(given.max()) + 1)
        sources, ordinals = np.empty_like(given), np.empty_like(given)
        for number, of_stage in grouped(self._starts.searchsorted(given, side="right") - 1):
            drawn, count = self._mixtures[number].locate(given[of_stage] - self._starts[number])
            sources[of_stage] = drawn
            ordinals[of_stage] = count + self._before[number, drawn]
        return sources, ordinals

    def position(self, source: int, ordinal: int) -> int | None:
        """The position at which a source comes for the given time: the inverse of `locate`.

        Returns:
            None if the plan never draws that often from the source.
        """
        before = self._before[:, source]
        number = int(before.searchsorted(ordinal, side="right")) - 1
        if ordinal < 0 or not self.stages[number].weights[source]:
            return None
        stage = self.stages[number]
        within = self._mixtures[number].position(source, ordinal - int(before[number]))
        if stage.num_samples is not None and within >= stage.num_samples:
            return None
        return stage.start + within

    def counts(self, num_positions: int) -> tuple[int, ...]:
        """How often each source comes in the first positions.

        Raises:
            IndexError: If the plan has fewer.
        """
        self._check(0, num_positions)
        number = max(0, int(self._starts.searchsorted(num_positions)) - 1)
        counts = self._mixtures[number].counts(num_positions - self.stages[number].start)
        return tuple((self._before[number] + counts).tolist())

    def history(self, num_positions: int) -> list[list[Any]]:
        """All that decides what the first positions draw, fit for JSON.

        Two plans with the same history draw the same there. Where a stage ends is not part of it
        until the next one begins.

        Returns:
            [start, {source: weight above zero}] of each stage begun before `num_positions`.
        """
        return [
            [stage.start, _weights_above_zero(self.sources, stage)]
            for stage in self.stages
            if stage.start < num_positions
        ]

    def _check(self, first: int, end: int) -> None:
        last = MAX_POSITION if self.num_positions is None else self.num_positions
        if first < 0 or end > last:
            raise IndexError(f"expected positions in [0, {last})")


def _weights_above_zero(sources: Sequence[str], stage: SolvedStage) -> dict[str, int]:
    named = zip(sources, stage.weights, strict=True)
    return {source: weight for source, weight in named if weight}


class _Interleaving:
    """A stage's `Mixture` over its sources, which may be some of all."""

    def __init__(self, weights: Sequence[int]) -> None:
        self._chosen = np.flatnonzero(weights)
        self._num_sources = len(weights)
        self._mixture = Mixture([weights[source] for source in self._chosen.tolist()])

    def locate(self, positions: Int64s) -> tuple[Int64s, Int64s]:
        sources, ordinals = self._mixture.locate(positions)
        return np.asarray(self._chosen[sources]), ordinals

    def counts(self, num_positions: int) -> Int64s:
        counts = np.zeros(self._num_sources, np.int64)
        counts[self._chosen] = self._mixture.counts(num_positions)
        return counts

    def position(self, source: int, ordinal: int) -> int:
        return self._mixture.position(int(self._chosen.searchsorted(source)), ordinal)
