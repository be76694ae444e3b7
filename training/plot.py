"""A run as a picture: its loss, and how fast it went. Needs Matplotlib."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from haybale.corpus.errors import RecipeError
from haybale.scaling.amounts import amount
from haybale.scaling.plots.figure import COLOURS, written_figure
from haybale.training.logs import STEPS, VALIDATIONS, read_log

_TOP_PERCENTILE = 98
"""Of tokens/s; the axis ends a little above it, whatever a few steps reached."""


def plot_run(run: Path, path: Path) -> None:
    """Draw what a run logged.

    Args:
        run: Folder of the run.
        path: File to write, which ends in `.png` or `.svg`.

    Raises:
        RecipeError: If there is no step to draw.
    """
    steps, validations = read_log(run / STEPS), read_log(run / VALIDATIONS)
    if not steps:
        raise RecipeError(f"{run / STEPS}: expected steps of a training run, found none")
    with written_figure(path, num_panels=2) as (left, right):
        draw_losses(left, steps, validations)
        draw_speed(right, steps)


def draw_losses(axes: Axes, steps: list[dict[str, Any]], validations: list[dict[str, Any]]) -> None:
    """Loss over tokens, of each step and of each validation."""
    axes.plot(
        _column(steps, "tokens"), _column(steps, "loss"), color=COLOURS[0], lw=0.8, label="training"
    )
    title = "Loss"
    if validations:
        tokens, losses = _column(validations, "tokens"), _column(validations, "loss")
        axes.plot(tokens, losses, "o-", color=COLOURS[1], ms=4, lw=1.2, label="validation")
        title += f": {validations[-1]['bits_per_byte']:.3f} bits per byte in the end"
    axes.set(ylabel="loss, nats per token")
    axes.set_title(title)
    axes.legend(loc="upper right")
    _label_tokens(axes)


def draw_speed(axes: Axes, steps: list[dict[str, Any]]) -> None:
    """Tokens per second over tokens; in the title what is typical of the run."""
    speeds = _column(steps, "tokens_per_second")
    axes.plot(_column(steps, "tokens"), speeds, color=COLOURS[2], lw=0.8)
    axes.set(ylabel="tokens per second")
    axes.set_ylim(0, 1.15 * np.percentile(speeds, _TOP_PERCENTILE))
    told = [f"{amount(float(np.median(speeds)))} tokens/s"]
    if steps[-1]["mfu"] is not None:
        told.append(f"MFU {np.median(_column(steps, 'mfu')):.1%}")
    told.append(f"data wait {_wait_fraction(steps):.2%}")
    axes.set_title(", ".join(told))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: amount(number)))
    _label_tokens(axes)


def _wait_fraction(steps: list[dict[str, Any]]) -> float:
    """Of all steps' time: each step's share weighs as much as the step took."""
    seconds = 1 / _column(steps, "tokens_per_second")
    return float(np.average(_column(steps, "data_wait_fraction"), weights=seconds))


def _label_tokens(axes: Axes) -> None:
    axes.set(xlabel="tokens")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: amount(number)))


def _column(lines: list[dict[str, Any]], name: str) -> Any:
    return np.array([line[name] for line in lines], dtype=np.float64)
