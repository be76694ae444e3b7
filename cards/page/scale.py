"""Axes: where a value lies between 0 and 1, and where round numbers stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log, log2, log10

from haybale.cards.page.numbers import count


@dataclass(frozen=True)
class Linear:
    """From 0 to `top`."""

    top: float

    def place(self, value: float) -> float:
        """In [0, 1]."""
        return min(max(value / self.top, 0.0), 1.0) if self.top else 0.0

    def ticks(self, max_ticks: int = 4) -> list[float]:
        """Multiples of 1, 2 or 5 times a power of ten, from 0 to at most `top`."""
        if self.top <= 0:
            return [0]
        rough = self.top / max_ticks
        power = 10.0 ** floor(log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
        return [number * step for number in range(floor(self.top / step * 1.0001) + 1)]


@dataclass(frozen=True)
class Logarithmic:
    """From `low` to `high`, both above 0."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """In [0, 1]; what lies outside is put at the end."""
        if value <= self.low:
            return 0.0
        return min(log(value / self.low) / log(self.high / self.low), 1.0)

    def ticks(self, max_ticks: int = 6) -> list[float]:
        """Powers of ten, and 2 and 5 times them where there is room; of two, around 1."""
        if self.high / self.low <= 2**max_ticks and self.low < 1 < self.high:
            return [2.0**power for power in range(ceil(log2(self.low)), floor(log2(self.high)) + 1)]
        first, last = floor(log10(self.low)), ceil(log10(self.high))
        steps = [
            [factor * 10.0**power for power in range(first, last + 1, every) for factor in factors]
            for factors, every in (((1, 2, 5), 1), ((1,), 1), ((1,), 2), ((1,), 3), ((1,), 4))
        ]
        inside = [
            [tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001]
            for ticks in steps
        ]
        return next((ticks for ticks in inside if len(ticks) <= max_ticks), inside[-1])


def around(baseline: float, values: Sequence[float]) -> Logarithmic:
    """An axis on which `baseline` is the middle and all positive values have room."""
    far = max([2.0, *(max(value / baseline, baseline / value) for value in values if value > 0)])
    reach = 2.0 ** min(ceil(log2(far) * 0.999), 10)
    return Logarithmic(baseline / reach, baseline * reach)


def tick_text(value: float) -> str:
    """A short name of a round number: 0.25, 20, 5k, 1M, 2B, 1T."""
    for scale, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= scale:
            return f"{value / scale:,g}{letter}"
    return count(value) if value >= 1 or value == 0 else f"{value:g}"
