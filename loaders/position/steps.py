"""Which samples a step takes, past and to come, through changes of the batch size.

Samples are counted as they are handed out: number y is the y-th that was not skipped. A segment is
a run of steps of one size; its numbers say everything about its steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from haybale.corpus.errors import CheckpointMismatchError, RecipeError

MAX_SEGMENTS = 8
"""Segments remembered, so that a saved position stays small."""


@dataclass(frozen=True)
class Segment:
    """Steps of one size.

    Attributes:
        step: The first.
        cursor: Samples handed out before it.
        step_samples: Samples of a step, of all ranks.
        pass_samples: Samples of a pass; what is left of one when no whole step fits is dropped.
    """

    step: int
    cursor: int
    step_samples: int
    pass_samples: int

    def cursor_of(self, step: int) -> int:
        """Samples handed out, or dropped, before a step of this segment."""
        steps = step - self.step
        end = (self.cursor // self.pass_samples + 1) * self.pass_samples
        of_first_pass = (end - self.cursor) // self.step_samples
        if steps < of_first_pass:
            return self.cursor + steps * self.step_samples
        passes, steps = divmod(steps - of_first_pass, self.pass_samples // self.step_samples)
        return end + passes * self.pass_samples + steps * self.step_samples

    def step_at(self, cursor: int) -> int | None:
        """The step that hands out sample `cursor`; None if it is dropped at a pass's end."""
        end = (self.cursor // self.pass_samples + 1) * self.pass_samples
        of_first_pass = (end - self.cursor) // self.step_samples
        if cursor < end:
            step = (cursor - self.cursor) // self.step_samples
            return self.step + step if step < of_first_pass else None
        passes, rest = divmod(cursor - end, self.pass_samples)
        per_pass, step = self.pass_samples // self.step_samples, rest // self.step_samples
        return self.step + of_first_pass + passes * per_pass + step if step < per_pass else None


class Steps:
    """The segments of a run, the last of which goes on.

    Args:
        segments: In order, at least one.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = tuple(segments)

    def cursor(self, step: int) -> int:
        """Samples handed out before a step.

        Raises:
            RecipeError: If the step is from before what is remembered.
        """
        return self.segment(step).cursor_of(step)

    def segment(self, step: int) -> Segment:
        """The segment that a step belongs to."""
        for segment in reversed(self.segments):
            if step >= segment.step:
                return segment
        first = self.segments[0].step
        raise RecipeError(
            f"step {step}: this position remembers steps from {first} on (the last {MAX_SEGMENTS} "
            "changes of batch size or number of ranks); ask an earlier checkpoint"
        )

    def step_at(self, cursor: int) -> int | None:
        """The step that hands a sample out; None if none does, or it is too long ago."""
        later: Segment | None = None
        for segment in reversed(self.segments):
            if cursor >= segment.cursor:
                step = segment.step_at(cursor)
                # What the segment would have gone on with was dropped where the next one began.
                return None if later and step is not None and step >= later.step else step
            later = segment
        return None

    def going_on(self, step: int, cursor: int, step_samples: int, pass_samples: int) -> "Steps":
        """The same with steps of a size from here on; a segment more where that is new."""
        last = self.segments[-1]
        same = (last.step_samples, last.pass_samples) == (step_samples, pass_samples)
        if same and step >= last.step and last.cursor_of(step) == cursor:
            return self
        kept = [segment for segment in self.segments if segment.step < step]
        segments = [*kept, Segment(step, cursor, step_samples, pass_samples)]
        return Steps(segments[-MAX_SEGMENTS:])

    def as_json(self) -> list[list[int]]:
        """Four numbers for each segment."""
        return [[s.step, s.cursor, s.step_samples, s.pass_samples] for s in self.segments]

    @classmethod
    def from_json(cls, raw: object) -> "Steps":
        """The inverse of `as_json`.

        Raises:
            CheckpointMismatchError: If it is nothing of the kind.
        """
        try:
            segments = [Segment(*map(int, numbers)) for numbers in raw]  # type: ignore[attr-defined]
            if not segments or not all(map(_is_possible, segments)):
                raise ValueError
        except (TypeError, ValueError):
            raise CheckpointMismatchError(
                f"expected steps as lists of four numbers, found {raw!r}"
            ) from None
        return cls(segments)


def _is_possible(segment: Segment) -> bool:
    begins = segment.step >= 0 and segment.cursor >= 0
    return begins and 0 < segment.step_samples <= segment.pass_samples
