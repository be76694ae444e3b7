"""What a law is fitted to: training runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class RunsError(ValueError):
    """Runs that cannot be read, or from which a law does not follow: the user's to change."""


@dataclass(frozen=True)
class TrainingCurve:
    """The loss of one run on its way.

    Attributes:
        num_parameters: N.
        tokens: Read so far, float64 [points], rising.
        losses: In nats per token, float64 [points].
    """

    num_parameters: float
    tokens: Floats
    losses: Floats


@dataclass(frozen=True)
class Runs:
    """Finished runs, in an order of their own: that of a file's rows never matters.

    Attributes:
        parameters: N, float64 [runs].
        tokens: D, float64 [runs].
        losses: In nats per token, float64 [runs].
        curves: Of the same runs in the same order; empty where the file has no column `run`.
    """

    parameters: Floats
    tokens: Floats
    losses: Floats
    curves: tuple[TrainingCurve, ...] = ()

    @classmethod
    def of(
        cls,
        parameters: Sequence[float] | Floats,
        tokens: Sequence[float] | Floats,
        losses: Sequence[float] | Floats,
    ) -> "Runs":
        """Finished runs without their curves."""
        sizes, read, reached = (
            np.asarray(column, np.float64) for column in (parameters, tokens, losses)
        )
        order = np.lexsort((reached, read, sizes))
        return cls(sizes[order], read[order], reached[order])

    @classmethod
    def of_curves(cls, curves: Sequence[TrainingCurve]) -> "Runs":
        """Runs whose curves are known."""
        ordered = sorted(
            curves, key=lambda curve: (curve.num_parameters, *curve.tokens[::-1], *curve.losses)
        )
        return cls(
            np.array([curve.num_parameters for curve in ordered], np.float64),
            np.array([curve.tokens[-1] for curve in ordered], np.float64),
            np.array([curve.losses[-1] for curve in ordered], np.float64),
            tuple(ordered),
        )

    @property
    def flops(self) -> Floats:
        """C = 6ND, float64 [runs]."""
        return np.asarray(6.0 * self.parameters * self.tokens)

    def take(self, chosen: NDArray[np.intp]) -> "Runs":
        """These runs, by index; one may be taken twice."""
        curves = tuple(self.curves[index] for index in chosen) if self.curves else ()
        return Runs(self.parameters[chosen], self.tokens[chosen], self.losses[chosen], curves)

    def __len__(self) -> int:
        return len(self.losses)
