"""How far a run has come in the sequence: all that a loader must remember."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.loaders.dataset import TokenDataset
from haybale.loaders.mixture.interleaving import MAX_POSITION
from haybale.loaders.position.skips import Skips
from haybale.loaders.position.steps import Segment, Steps
from haybale.loaders.whole_numbers import whole

FORMAT = "haybale/loader@2"


class Position:
    """The cursor of a run, and what is needed to count its steps.

    Args:
        dataset: Whose sequence it is.
        step_samples: Samples of a step, of all ranks.
        pass_samples: Samples of a pass.

    Attributes:
        cursor: Samples handed out, or dropped at a pass's end; skipped ones do not count.
        step: Steps handed out.
        steps: Which samples each of them took.
        skips: What is left out of the sequence.
    """

    def __init__(self, dataset: TokenDataset, step_samples: int, pass_samples: int) -> None:
        self._dataset = dataset
        self._step_samples, self._pass_samples = step_samples, pass_samples
        self.cursor = self.step = 0
        self.skips = Skips()
        self.steps = Steps([Segment(0, 0, step_samples, pass_samples)])

    def end(self, cursor: int) -> int:
        """The end of the pass that a cursor lies in, or of the sequence."""
        end = (cursor // self._pass_samples + 1) * self._pass_samples
        return end if self._limit is None else min(end, self._limit)

    def cursors(self, cursor: int) -> range:
        """Where the steps begin from a cursor to the end of its pass."""
        last = self.end(cursor) - self._step_samples
        return range(cursor, last + 1, self._step_samples)

    def advance(self) -> None:
        """A batch is handed out."""
        self.cursor = self._next_step(self.cursor + self._step_samples)
        self.step += 1

    def _next_step(self, cursor: int) -> int:
        """The cursor, or the start of the next pass where no whole step is left of this one."""
        end = (cursor // self._pass_samples + 1) * self._pass_samples
        if cursor + self._step_samples <= end:
            return cursor
        # Where no pass follows, a plan with more stages goes on from here.
        return end if self._limit is None or end < self._limit else cursor

    @property
    def _limit(self) -> int | None:
        """Samples that can be handed out at all; None: without end."""
        limit = self._dataset.num_positions
        return None if limit is None else limit - self.skips.num_samples

    def seek(self, step: int | None, tokens: int | None) -> None:
        """Move to another step; see `TokenLoader.seek`."""
        if (step is None) == (tokens is None):
            raise RecipeError("seek: give a step or tokens, and not both")
        if step is None:
            step = self._step_after(whole("tokens", tokens, 0))
        step = whole("step", step, 0)
        cursor = self.steps.cursor(step)
        self._check_reachable(f"seek: step {step}", cursor)
        self.cursor, self.step = cursor, step
        self.steps = self.steps.going_on(step, self.cursor, self._step_samples, self._pass_samples)

    def _check_reachable(self, what: str, cursor: int) -> None:
        most = MAX_POSITION if self._limit is None else self._limit
        if cursor > most:
            raise RecipeError(
                f"{what} is after {cursor} samples, and the sequence ends after {most}; add a "
                "stage, or stay before its end"
            )

    def _step_after(self, tokens: int) -> int:
        length = self._dataset.sequence_length
        cursor, rest = divmod(tokens, length)
        step = self.steps.step_at(cursor)
        if step is not None and rest == 0 and self.steps.cursor(step) == cursor:
            return step
        before = cursor
        while (known := self.steps.step_at(before)) is None and before > 0:
            before -= 1  # samples dropped at a pass's end: fewer than a step
        near = [self.steps.cursor((known or 0) + n) * length for n in (0, 1)]
        raise RecipeError(
            f"seek: no step begins after {tokens} tokens; near it are {near[0]} and {near[1]}"
        )

    def skip(self, steps: range) -> None:
        """Leave out what some coming steps would take; see `TokenLoader.skip`."""
        right = isinstance(steps, range) and steps.step == 1 and len(steps) > 0
        if not right or steps.start < self.step:
            raise RecipeError(
                f"skip: expected a range of steps from {self.step} on, without gaps, found {steps}"
            )
        first, last = (self.steps.cursor(step) for step in (steps.start, steps.stop))
        self._check_reachable(f"skip: the end of {steps}", last)
        begin, end = (int(at) for at in self.skips.positions(np.array([first, last - 1])))
        self.skips = self.skips.with_range(begin, end + 1)

    def cursor_of(self, step: int) -> int:
        """Samples handed out before a step.

        Raises:
            RecipeError: If it is from before what is remembered, or beyond the sequence's end.
        """
        segment, cursor = self.steps.segment(step), self.steps.cursor(step)
        self._check_reachable(f"the end of step {step}", cursor + segment.step_samples)
        return cursor

    def positions(self, step: int) -> list[int]:
        """Positions of the samples of a step, of all ranks."""
        segment, cursor = self.steps.segment(step), self.steps.cursor(step)
        handed_out = cursor + np.arange(segment.step_samples)
        positions: list[int] = self.skips.positions(handed_out).tolist()
        return positions

    def step_of(self, position: int) -> int | None:
        """The step that hands out a position; None if none does."""
        cursor = self.skips.handed_out(position)
        return None if cursor is None else self.steps.step_at(cursor)

    def as_json(self) -> dict[str, Any]:
        """What `load` takes: short values, the same on every rank but for `damaged`."""
        state = {**self._facts(self.cursor, self.skips), "cursor": self.cursor, "step": self.step}
        state["steps"] = self.steps.as_json()
        # Always there: a distributed checkpoint restores just the keys that a fresh state has.
        state["skips"], state["damaged"] = self.skips.as_json(), self._dataset.damaged
        return state

    def _facts(self, cursor: int, skips: Skips) -> dict[str, Any]:
        drawn = int(skips.positions(np.array([cursor]))[0]) if cursor else 0
        facts = {"format": FORMAT, **self._dataset.order_facts()}
        return {**facts, "drawn": self._dataset.history(drawn)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved position; see `TokenLoader.load_state_dict`."""
        if not isinstance(state, Mapping) or state.get("format") != FORMAT:
            found = state.get("format") if isinstance(state, Mapping) else state
            raise CheckpointMismatchError(
                f"expected a saved position of format {FORMAT}, found {found!r}"
            )
        cursor, step = (_count(state, name) for name in ("cursor", "step"))
        skips = Skips.from_json(state.get("skips", []))
        limit = self._dataset.num_positions
        if limit is not None and cursor > limit - skips.num_samples:
            raise CheckpointMismatchError(
                f"the saved position is after {cursor} samples, and the stages here end after "
                f"{limit - skips.num_samples}; open the dataset with those it was saved with"
            )
        here = self._facts(cursor, skips)
        here["corpus"] = self._dataset.same_order_as(state.get("corpus"))
        if different := [name for name in here if state.get(name) != here[name]]:
            sides = "; ".join(f"{n}: {state.get(n)!r} there, {here[n]!r} here" for n in different)
            raise CheckpointMismatchError(
                f"the saved position does not fit this dataset ({sides}); "
                "open the dataset with the settings it was saved with"
            )
        steps = Steps.from_json(state.get("steps"))
        self._dataset.remember_damage(state.get("damaged", []))
        self.skips, self.step = skips, step
        self.cursor = self._next_step(cursor)
        self.steps = steps.going_on(step, self.cursor, self._step_samples, self._pass_samples)


def _count(state: Mapping[str, Any], name: str) -> int:
    try:
        return whole(name, state.get(name), 0)
    except RecipeError as error:
        raise CheckpointMismatchError(f"the saved position has a damaged {error}") from None
