"""Runs whose law is known: a published loss, with noise of so many parts of it."""

import numpy as np

from haybale.scaling.laws import ParametricLoss
from haybale.scaling.runs import Runs, TrainingCurve


def scattered(law: ParametricLoss, noise: float, seed: int, num_runs: int = 240) -> Runs:
    """Sizes and budgets drawn over the ranges of figure 4 of Hoffmann et al. 2022."""
    rng = np.random.default_rng(seed)
    sizes = np.exp(rng.uniform(np.log(5e7), np.log(1.6e10), num_runs))
    tokens = np.exp(rng.uniform(np.log(6e18), np.log(3e21), num_runs)) / 6 / sizes
    factors = np.exp(noise * rng.normal(size=num_runs))
    return Runs.of(sizes, tokens, _losses(law, sizes, tokens) * factors)


def isoflops(
    law: ParametricLoss, noise: float, seed: int, reach: tuple[float, float] = (-1.2, 1.2)
) -> Runs:
    """Nine budgets from 6e18 to 3e21, nine sizes each, in log N about the best."""
    rng = np.random.default_rng(seed)
    budgets = np.repeat(np.geomspace(6e18, 3e21, 9), 9)
    best = np.array([law.frontier.parameters(budget) for budget in budgets])
    sizes = best * np.exp(np.tile(np.linspace(*reach, 9), 9))
    tokens = budgets / 6 / sizes
    factors = np.exp(noise * rng.normal(size=len(sizes)))
    return Runs.of(sizes, tokens, _losses(law, sizes, tokens) * factors)


def curves(
    law: ParametricLoss, noise: float, seed: int, num_sizes: int = 24, num_points: int = 100
) -> Runs:
    """Each size on five horizons, a quarter to four times its best.

    Before its end a run lies above the law by up to 3 %, as under a learning rate that follows a
    cosine.
    """
    rng = np.random.default_rng(seed)
    found = []
    for size in np.geomspace(4e7, 1e10, num_sizes):
        for horizon in np.geomspace(0.25, 4, 5) * law.frontier.tokens_for(size):
            tokens = np.linspace(horizon / num_points, horizon, num_points)
            early = 1 + 0.03 * (1 + np.cos(np.pi * tokens / horizon)) / 2
            factors = early * np.exp(noise * rng.normal(size=num_points))
            losses = _losses(law, np.full(num_points, size), tokens) * factors
            found.append(TrainingCurve(size, tokens, losses))
    return Runs.of_curves(found)


def _losses(law: ParametricLoss, sizes: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    return np.array([law.loss(size, read) for size, read in zip(sizes, tokens, strict=True)])
