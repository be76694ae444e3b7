"""Approach 3 as a picture: contours of the fitted loss, with the efficient frontier."""

import math
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet

from haybale.scaling.laws import ParametricLoss
from haybale.scaling.plots.amounts import write_amounts, write_powers
from haybale.scaling.plots.figure import COLOURS, INK, size_colours
from haybale.scaling.runs import Floats, Runs

_NUM_CONTOURS = 12
_LABELS_BELOW = 0.25


def draw_contours(axes: Axes, law: ParametricLoss, runs: Runs) -> None:
    """Loss over FLOPs and size, the runs it was fitted to, and the best size for each budget.

    The left panel of figure 4 of Hoffmann et al. 2022.
    """
    flops = np.geomspace(runs.flops.min() / 2, runs.flops.max() * 2, 200)
    sizes = np.geomspace(runs.parameters.min() / 2, runs.parameters.max() * 2, 200)
    tokens = flops[np.newaxis, :] / (6.0 * sizes[:, np.newaxis])
    too_small = law.parameter_scale / sizes[:, np.newaxis] ** law.alpha
    losses = law.irreducible + too_small + law.token_scale / tokens**law.beta
    # Spaced evenly in what is above the loss that no model can go below.
    reducible = runs.losses - law.irreducible
    lowest = max(reducible.min(), 0.01) * 0.9
    levels = law.irreducible + np.geomspace(lowest, reducible.max() * 1.2, _NUM_CONTOURS)
    drawn = axes.contour(flops, sizes, losses, levels=levels, cmap=size_colours(), linewidths=0.9)
    axes.scatter(runs.flops, runs.parameters, s=7, color=INK, alpha=0.5, lw=0, label="runs")
    best = np.array([law.frontier.parameters(budget) for budget in flops])
    inside = (best >= sizes[0]) & (best <= sizes[-1])
    axes.plot(flops[inside], best[inside], color=COLOURS[1], lw=2, label="efficient frontier")
    axes.set(xscale="log", yscale="log", xlabel="training FLOPs", ylabel="parameters")
    axes.set(xlim=(flops[0], flops[-1]), ylim=(sizes[0], sizes[-1]))
    _label(axes, drawn, law, flops, sizes)
    axes.set_title("Loss, nats per token (approach 3)")
    write_powers(axes.xaxis, flops[0], flops[-1])
    write_amounts(axes.yaxis, sizes[0], sizes[-1])
    axes.legend(loc="upper left")


def _label(
    axes: Axes, drawn: QuadContourSet, law: ParametricLoss, flops: Floats, sizes: Floats
) -> None:
    """Write losses where contours cross a line below the frontier, away from runs and edges."""
    below = np.array([law.frontier.parameters(budget) for budget in flops]) * _LABELS_BELOW
    along = [law.loss(size, budget / 6.0 / size) for size, budget in zip(below, flops, strict=True)]
    at = np.interp(-np.asarray(drawn.levels), -np.array(along), np.log(flops))
    places = [(budget, law.frontier.parameters(budget) * _LABELS_BELOW) for budget in np.exp(at)]
    inside = [
        (budget, size)
        for budget, size in places
        if flops[5] < budget < flops[-10] and size > sizes[5]
    ]
    axes.clabel(drawn, fmt=f"%.{num_decimals(drawn.levels)}f", fontsize=7, manual=inside)


def num_decimals(levels: Iterable[float]) -> int:
    """Decimals that tell neighbours among ascending levels apart, two at least."""
    return max(2, math.ceil(-math.log10(np.diff(list(levels)).min())))
