"""Approach 2 as a picture: IsoFLOP curves with their minima."""

import numpy as np
from matplotlib.axes import Axes

from haybale.scaling.isoflop import IsoFlopFit
from haybale.scaling.plots.amounts import power, write_amounts
from haybale.scaling.plots.figure import FAINT, INK, size_colours

_APART = 0.025
"""Of the panel's height: less and two lines of text would overlap."""


def draw_isoflop(axes: Axes, found: IsoFlopFit) -> None:
    """The runs of each budget, its parabola, and the minimum where it counts.

    The left panel of figure 3 of Hoffmann et al. 2022.
    """
    colours = size_colours()(np.linspace(0.0, 1.0, len(found.profiles)))
    losses = np.concatenate([profile.losses for profile in found.profiles])
    span, named = losses.max() - losses.min(), None
    minima = []
    for profile, colour in zip(found.profiles, colours, strict=True):
        smallest, largest = profile.parameters.min(), profile.parameters.max()
        sizes = np.geomspace(smallest, largest, 100)
        axes.plot(sizes, profile.loss(sizes), color=colour, lw=1.2, alpha=0.8)
        axes.scatter(profile.parameters, profile.losses, s=14, color=colour, lw=0)
        # Beside its curve, not in a legend: nobody tells nine shades apart. Where curves end close
        # to each other the cheaper budget is named.
        end = (largest, float(profile.loss(largest)))
        if named is None or named[1] - end[1] > _APART * span:
            named = end
            axes.annotate(
                power(profile.flops),
                end,
                xytext=(5, -3),
                textcoords="offset points",
                fontsize=7,
                color=colour,
            )
        if profile.used:
            minima.append((profile.best_parameters, profile.least_loss))
    across, down = zip(*minima, strict=True)
    axes.plot(across, down, color=FAINT, ls="--", lw=1)
    axes.scatter(across, down, marker="*", s=80, color=INK, lw=0, zorder=3, label="minima")
    every = np.concatenate([profile.parameters for profile in found.profiles])
    low, high = every.min() / 1.3, every.max() * 2.5
    axes.set(xscale="log", xlabel="parameters", ylabel="loss, nats per token", xlim=(low, high))
    axes.set_title("IsoFLOP curves and their FLOPs (approach 2)")
    write_amounts(axes.xaxis, low, high)
    axes.legend(loc="upper right")
