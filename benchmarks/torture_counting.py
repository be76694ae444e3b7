"""Which positions each step of a run takes, counted one by one: the oracle of the torture."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Counting:
    """Which positions each step takes.

    Attributes:
        pass_samples: What is left of a pass when no step fits is dropped.
        handed_out: Samples handed out, or dropped.
        steps: Steps taken.
        skipped: Positions left out.
        taken: Positions of all samples handed out, in order.
        pass_begins: Whether the last step was the last of a pass.
    """

    pass_samples: int
    handed_out: int = 0
    steps: int = 0
    skipped: frozenset[int] = frozenset()
    taken: list[int] = field(default_factory=list)
    pass_begins: bool = False

    def copy(self) -> "Counting":
        return Counting(
            self.pass_samples, self.handed_out, self.steps, self.skipped, list(self.taken)
        )

    def positions(self, start: int, stop: int) -> list[int]:
        """Of the samples with these numbers among all that are not left out."""
        numbered = zip(range(stop), self._kept(), strict=False)
        return [position for number, position in numbered if number >= start]

    def _kept(self) -> Iterator[int]:
        return (position for position in count() if position not in self.skipped)

    def settle(self, step_samples: int) -> None:
        """Drop the rest of the pass if no step fits into it."""
        within = self.handed_out % self.pass_samples
        self.pass_begins = within == 0
        if within + step_samples > self.pass_samples:
            self.handed_out += self.pass_samples - within
            self.pass_begins = True

    def take(self, step_samples: int) -> None:
        """A step of that many samples."""
        self.taken += self.positions(self.handed_out, self.handed_out + step_samples)
        self.handed_out += step_samples
        self.steps += 1
        self.settle(step_samples)

    def skip(self, step_samples: int, first: int, last: int) -> None:
        """Leave out what steps would take: from `first` to before `last`, counted from now."""
        ahead, bounds = self.copy(), []
        for _ in range(last + 1):
            bounds.append(ahead.handed_out)
            ahead.take(step_samples)
        self.skipped = self.skipped.union(self.positions(bounds[first], bounds[last]))
