"""Models that were trained, against the frontier: who had too few tokens for their size."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from haybale.scaling.laws import ComputeFrontier
from haybale.scaling.plots.amounts import write_amounts
from haybale.scaling.plots.figure import COLOURS, INK
from haybale.scaling.runs import Floats

_LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def draw_allocation(
    axes: Axes,
    models: Sequence[tuple[str, float, float]],
    frontiers: Mapping[str, ComputeFrontier],
) -> None:
    """Size over FLOPs of models, and the best size by each frontier.

    Figure 1 of Hoffmann et al. 2022. A model above a line is larger than its compute called for.

    Args:
        axes: To draw on.
        models: Name, parameters and tokens of each.
        frontiers: By the name that the legend gives them.
    """
    sizes = np.array([num_parameters for _, num_parameters, _ in models])
    budgets = np.array([6.0 * params * tokens for _, params, tokens in models])
    flops = np.geomspace(budgets.min() / 10, budgets.max() * 10, 300)
    low, high = sizes.min() / 8, sizes.max() * 4
    lines = []
    for index, (name, frontier) in enumerate(frontiers.items()):
        best = np.array([frontier.parameters(budget) for budget in flops])
        colour, line = COLOURS[index % len(COLOURS)], _LINES[index % len(_LINES)]
        axes.plot(flops, best, color=colour, ls=line, lw=1.5, label=name)
        lines.append(np.column_stack([flops, best]))
    axes.scatter(budgets, sizes, marker="*", s=80, color=INK, lw=0, zorder=3)
    axes.set(xscale="log", yscale="log", xlabel="training FLOPs (6ND)", ylabel="parameters")
    axes.set(xlim=(flops[0], flops[-1]), ylim=(low, high))
    axes.set_title("Models against the efficient frontier")
    write_amounts(axes.yaxis, low, high)
    axes.legend(loc="lower right")
    named = [(name, 6.0 * params * tokens, params) for name, params, tokens in models]
    _name(axes, named, lines)


def _name(axes: Axes, models: Sequence[tuple[str, float, float]], lines: Sequence[Floats]) -> None:
    """Write names beside their stars, where they hide least.

    Args:
        axes: With its limits set.
        models: Name, FLOPs and parameters.
        lines: FLOPs and parameters of points that a name should not hide, float64 [points, 2].
    """
    assert isinstance(axes.figure, Figure)
    axes.figure.draw_without_rendering()  # or the panel has no place yet
    points_per_pixel = 72.0 / axes.figure.dpi
    stars = axes.transData.transform([model[1:] for model in models]) * points_per_pixel
    taken = [_Box(x - 5, y - 5, 10, 10) for x, y in stars]
    for line in lines:
        shown = axes.transData.transform(line) * points_per_pixel
        taken += [_Box(x - 1, y - 1, 2, 2) for x, y in shown]
    for (name, budget, size), (x, y) in zip(models, stars, strict=True):
        wide, high = 4.9 * len(name), 9.0
        places = [
            _Box(x + 7, y - high / 2, wide, high),
            _Box(x - 7 - wide, y - high / 2, wide, high),
        ]
        places += [_Box(x - wide / 2, y + up, wide, high) for up in (6, -15)]
        places += [
            _Box(left, y + up, wide, high) for left in (x + 3, x - 3 - wide) for up in (5, -14)
        ]
        best = min(places, key=lambda place: sum(place.shared(other) for other in taken))
        taken.append(best)
        offset = (best.left - x, best.low - y + 1.5)
        axes.annotate(name, (budget, size), xytext=offset, textcoords="offset points", fontsize=8)


class _Box(NamedTuple):
    """On paper, in points."""

    left: float
    low: float
    wide: float
    high: float

    def shared(self, other: "_Box") -> float:
        wide = min(self.left + self.wide, other.left + other.wide) - max(self.left, other.left)
        high = min(self.low + self.high, other.low + other.high) - max(self.low, other.low)
        return max(wide, 0.0) * max(high, 0.0)
