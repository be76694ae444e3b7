"""How long the trainer waited for data."""

import time
from dataclasses import asdict, dataclass
from typing import Any

STALL_SECONDS = 1e-3
"""A longer wait for a batch counts as a stall."""


@dataclass
class LoaderMetrics:
    """Counted since the loader was made, or since `reset`.

    Attributes:
        batches: Handed out.
        tokens: Inputs in them.
        wait_seconds: Time the trainer spent waiting for them.
        other_seconds: Time between handing one out and being asked for the next.
        stalls: Waits of more than `STALL_SECONDS`, without the first of each iteration.
        longest_wait_seconds: Likewise without the first.
        first_wait_seconds: The first wait of the latest iteration: start-up.
    """

    batches: int = 0
    tokens: int = 0
    wait_seconds: float = 0.0
    other_seconds: float = 0.0
    stalls: int = 0
    longest_wait_seconds: float = 0.0
    first_wait_seconds: float = 0.0

    def __post_init__(self) -> None:
        self._handed_out: float | None = None

    @property
    def wait_fraction(self) -> float:
        """Share of the time spent waiting for data, start-up included; 0 before any batch."""
        total = self.wait_seconds + self.other_seconds
        return self.wait_seconds / total if total else 0.0

    def begin(self) -> None:
        """An iteration begins: the time since the last batch is not the trainer's step."""
        self._handed_out = None

    def waited(self, asked: float, tokens: int) -> None:
        """Count a batch that was asked for at a time of `time.perf_counter` and is there now."""
        now = time.perf_counter()
        waited = now - asked
        self.batches += 1
        self.tokens += tokens
        self.wait_seconds += waited
        if self._handed_out is None:
            self.first_wait_seconds = waited
        else:
            self.other_seconds += asked - self._handed_out
            self.stalls += waited > STALL_SECONDS
            self.longest_wait_seconds = max(self.longest_wait_seconds, waited)
        self._handed_out = now

    def reset(self) -> None:
        """Begin to count anew."""
        self.__init__()  # type: ignore[misc]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for logs."""
        return {**asdict(self), "wait_fraction": self.wait_fraction}
