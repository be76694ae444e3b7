"""The published approaches side by side: what each makes of one budget, and how sure it is."""

from dataclasses import dataclass

from haybale.scaling.budget import Allocation, Budget
from haybale.scaling.laws import (
    BESIROGLU,
    HOFFMANN_1,
    HOFFMANN_2,
    HOFFMANN_3,
    ComputeFrontier,
    ParametricLoss,
)

FITTED_FLOPS = (6e18 * 3e21) ** 0.5
"""The middle, on a logarithmic scale, of the budgets at which Hoffmann et al. 2022 trained (section
3.2). There the fitted model sizes are known best: frontiers of other exponents turn about it."""


@dataclass(frozen=True)
class Approach:
    """One way from a budget to a model.

    Attributes:
        name: As on the command line.
        title: In words.
        frontier: Model size by compute.
        law: The loss that the frontier minimises; None where only the frontier was fitted.
        exponents: Interval of the frontier's exponent, 10th to 90th percentile (Hoffmann et al.
            2022, table 2; Besiroglu et al. 2024).
    """

    name: str
    title: str
    frontier: ComputeFrontier
    law: ParametricLoss | None
    exponents: tuple[float, float]

    @property
    def label(self) -> str:
        """For a line of a table or a legend."""
        return f"approach {self.name}" if self.name.isdigit() else self.name

    @property
    def is_outside_its_interval(self) -> bool:
        """Whether the published interval leaves out the exponent of the published constants."""
        low, high = self.exponents
        return not low <= self.frontier.exponent <= high

    def edges(self) -> tuple[ComputeFrontier, ...]:
        """Frontiers of the interval's two exponents, equal to this one at `FITTED_FLOPS`."""
        size = self.frontier.parameters(FITTED_FLOPS)
        return tuple(
            ComputeFrontier.through(size, FITTED_FLOPS, exponent) for exponent in self.exponents
        )


@dataclass(frozen=True)
class Row:
    """What an approach makes of a budget.

    Attributes:
        approach: Whose answer it is.
        allocation: N and D.
        params: Interval of N, from least to most.
        tokens: Interval of D.
        loss: Nats per token, where the approach has a law.
    """

    approach: Approach
    allocation: Allocation
    params: tuple[float, float]
    tokens: tuple[float, float]
    loss: float | None


# The interval of approach 3 leaves out the exponent that the fit's own constants give, 0.4565: as
# the paper prints it. Besiroglu et al. 2024 show that it is far too narrow: theirs is 0.5126 within
# 1.2816 standard errors of 0.018, 46 times as wide; the narrow one would take 240 x 46^2 runs.
APPROACHES = {
    approach.name: approach
    for approach in (
        Approach("1", "minima of training curves", HOFFMANN_1, None, (0.488, 0.502)),
        Approach("2", "runs of equal compute", HOFFMANN_2, None, (0.462, 0.534)),
        Approach("3", "a loss fitted to all runs", HOFFMANN_3.frontier, HOFFMANN_3, (0.454, 0.455)),
        Approach(
            "corrected", "approach 3, fitted anew", BESIROGLU.frontier, BESIROGLU, (0.4895, 0.5357)
        ),
    )
}
"""Approaches 1 to 3 of Hoffmann et al. 2022 (arXiv 2203.15556), and the third as corrected by
Besiroglu et al. 2024 (arXiv 2404.10102)."""


def side_by_side(budget: Budget) -> tuple[Row, ...]:
    """What every approach makes of a budget."""
    return tuple(_row(approach, budget) for approach in APPROACHES.values())


def _row(approach: Approach, budget: Budget) -> Row:
    allocation, law = budget.spend(approach.frontier), approach.law
    edges = [budget.spend(frontier) for frontier in approach.edges()]
    return Row(
        approach,
        allocation,
        params=_span([edge.params for edge in edges]),
        tokens=_span([edge.tokens for edge in edges]),
        loss=law.loss(allocation.params, allocation.tokens) if law else None,
    )


def _span(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)
