"""One row of a file of runs: a size, the tokens read so far, and the loss by then."""

import math
from collections.abc import Mapping

from haybale.scaling.flops import training_flops
from haybale.scaling.runs import RunsError

FLOPS_TOLERANCE = 0.2
"""How far `flops` may lie from 6ND in a file that gives tokens too. The full count of Hoffmann et
al. 2022 (arXiv 2203.15556, table A4) is at most 10 % off; more means another convention."""

_RANGES = {"params": (1e3, 1e20), "tokens": (1.0, 1e20), "flops": (1.0, 1e40), "loss": (1e-3, 1e3)}
"""Less or more is another unit, or no language model."""

_ADVICE = {
    "params": " (a count, not of millions or billions)",
    "tokens": " (read so far; rows before the first step are to be left out)",
    "flops": " (spent so far; rows before the first step are to be left out)",
    "loss": " (nats per token, no perplexity; a run that diverged is to be left out)",
}

COLUMNS = tuple(_RANGES)
"""All that may be read of a row, but for the name of its run."""


def point_of(row: Mapping[str, str | None], where: str) -> tuple[float, float, float]:
    """Parameters, tokens and loss.

    Args:
        row: By column.
        where: File and line, for errors.

    Raises:
        RunsError: A value cannot be one, or contradicts another.
    """
    num_parameters = _number(row, "params", where)
    loss = _number(row, "loss", where)
    flops = _number(row, "flops", where) if "flops" in row else None
    if "tokens" not in row:
        assert flops is not None
        return num_parameters, flops / (6.0 * num_parameters), loss
    num_tokens = _number(row, "tokens", where)
    six = training_flops(num_parameters, num_tokens)
    if flops is not None and abs(math.log(flops / six)) > math.log1p(FLOPS_TOLERANCE):
        raise RunsError(
            f"{where}: flops is {flops:.4g}, but 6 x params x tokens is {six:.4g}; expected them "
            f"within {FLOPS_TOLERANCE:.0%}: count as 6ND, or leave the column flops out"
        )
    return num_parameters, num_tokens, loss


def _number(row: Mapping[str, str | None], name: str, where: str) -> float:
    text = (row[name] or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    least, most = _RANGES[name]
    if not least <= value <= most:
        raise RunsError(
            f"{where}: {name} is {text!r}; expected a number from {least:g} to {most:g}"
            f"{_ADVICE[name]}"
        )
    return value
