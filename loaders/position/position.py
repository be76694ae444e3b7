"""How far a run has come in the sequence: all that a loader must remember."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.loaders.dataset import TokenDataset
from haybale.loaders.position.skips import Skips
from haybale.loaders.position.steps import Segment, Steps

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
        limit = self._dataset.num_positions
        return end if limit is None else min(end, limit - self.skips.num_samples)

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
        return cursor if cursor + self._step_samples <= end else end

    def seek(self, step: int | None, tokens: int | None) -> None:
        """Move to another step; see `TokenLoader.seek`."""
        if (step is None) == (tokens is None):
            raise RecipeError("seek: give a step or tokens, and not both")
        if step is None:
            step = self._step_after(tokens or 0)
        if step < 0:
            raise RecipeError(f"seek: expected a step of at least 0, found {step}")
        self.cursor, self.step = self.steps.cursor(step), step
        self.steps = self.steps.going_on(step, self.cursor, self._step_samples, self._pass_samples)

    def _step_after(self, tokens: int) -> int:
        length = self._dataset.sequence_length
        step = self.steps.step_at(max(0, tokens // length))
        if tokens < 0 or step is None or self.steps.cursor(step) * length != tokens:
            near = [] if step is None else [self.steps.cursor(step + n) * length for n in (0, 1)]
            raise RecipeError(
                f"seek: no step begins after {tokens} tokens; near it are "
                f"{' and '.join(map(str, near)) or 'none'}"
            )
        return step

    def skip(self, steps: range) -> None:
        """Leave out what some coming steps would take; see `TokenLoader.skip`."""
        if steps.step != 1 or not steps or steps.start < self.step:
            raise RecipeError(
                f"skip: expected a range of steps from {self.step} on, without gaps, found {steps}"
            )
        first, last = (self.steps.cursor(step) for step in (steps.start, steps.stop))
        begin, end = (int(at) for at in self.skips.positions(np.array([first, last - 1])))
        limit = self._dataset.num_positions
        if limit is not None and end >= limit:
            raise RecipeError(f"skip: {steps} goes beyond the sequence's {limit} samples")
        self.skips = self.skips.with_range(begin, end + 1)

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
        counts = [state.get(name) for name in ("cursor", "step")]
        if state.get("format") == FORMAT and not all(
            isinstance(count, int) and count >= 0 for count in counts
        ):
            raise CheckpointMismatchError(
                f"expected a cursor and a step of at least 0, found {counts[0]!r} and {counts[1]!r}"
            )
        cursor, step = (count if isinstance(count, int) else 0 for count in counts)
        skips = Skips.from_json(state.get("skips", []))
        here = self._facts(cursor, skips)
        if different := [name for name in here if state.get(name) != here[name]]:
            sides = "; ".join(f"{n}: {state.get(n)!r} there, {here[n]!r} here" for n in different)
            raise CheckpointMismatchError(
                f"the saved position does not fit this dataset ({sides}); "
                "open the dataset with the settings it was saved with"
            )
        steps = Steps.from_json(state.get("steps"))
        self.skips, self.step = skips, step
        self.cursor = self._next_step(cursor)
        self.steps = steps.going_on(step, self.cursor, self._step_samples, self._pass_samples)
