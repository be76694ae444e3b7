"""Approach 1 as a picture: training curves and their lower envelope."""

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm

from haybale.scaling.envelope import EnvelopeFit
from haybale.scaling.plots.amounts import write_amounts, write_powers
from haybale.scaling.plots.figure import COLOURS, size_colours
from haybale.scaling.runs import Runs
from haybale.scaling.smoothing import smoothed


def draw_envelope(axes: Axes, found: EnvelopeFit, runs: Runs) -> None:
    """Smoothed loss over FLOPs, coloured by size, and the points that the frontier goes through.

    The left panel of figure 2 of Hoffmann et al. 2022.
    """
    norm = LogNorm(runs.parameters.min(), runs.parameters.max())
    colours = size_colours()
    for curve in runs.curves:
        flops = 6.0 * curve.num_parameters * curve.tokens
        losses = smoothed(curve.tokens, curve.losses)
        axes.plot(flops, losses, color=colours(norm(curve.num_parameters)), lw=0.7, alpha=0.8)
    axes.scatter(found.flops, found.losses, s=5, color=COLOURS[1], lw=0, zorder=3, label="envelope")
    # What comes before the envelope begins would squeeze everything else.
    least, most = min(found.losses.min(), runs.losses.min()), found.losses.max()
    axes.set(xscale="log", xlabel="training FLOPs", ylabel="loss, nats per token")
    low, high = found.flops.min() / 2, runs.flops.max() * 2
    axes.set_xlim(low, high)
    write_powers(axes.xaxis, low, high)
    axes.set_ylim(least - 0.15 * (most - least), most + 0.5 * (most - least))
    axes.set_title("Training curves (approach 1)")
    assert axes.figure is not None
    bar = axes.figure.colorbar(ScalarMappable(norm, colours), ax=axes, label="parameters (colour)")
    write_amounts(bar.ax.yaxis, runs.parameters.min(), runs.parameters.max())
    axes.legend(loc="upper right")
