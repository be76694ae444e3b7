"""One look for all figures, and the file that one is written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg")
INK = "#1f2933"
FAINT = "#9aa5b1"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Told apart by colour-blind readers too (Okabe and Ito 2008)."""
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "font.size": 9,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "legend.edgecolor": "none",
    "legend.fontsize": 8,
    "legend.framealpha": 0.85,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",  # text stays text: it can be searched and read aloud
    "svg.hashsalt": "haybale",  # or the ids of one figure differ from run to run
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@contextmanager
def written_figure(path: Path, num_panels: int = 1) -> Iterator[list[Axes]]:
    """Panels side by side to draw on; written at the end, the same bytes for the same drawing.

    Args:
        path: Ends in one of `SUFFIXES`.
        num_panels: How many.
    """
    with rc_context(_STYLE):
        figure = Figure(figsize=(4.8 * num_panels, 4.4), layout="constrained")
        yield list(figure.subplots(1, num_panels, squeeze=False)[0])
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, dpi=150, metadata=metadata)


def size_colours() -> Colormap:
    """From light to dark, without the yellow that white paper swallows."""
    return ListedColormap(colormaps["viridis_r"](np.linspace(0.15, 1.0, 256)))
