"""Training runs in a CSV file.

One row a run with the columns `params`, `tokens` (or `flops`, or both) and `loss`, in nats per
token. With a column `run` a run may have many rows, its training curve; its last row is the
finished run. Other columns are not read.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from haybale.scaling.flops import training_flops
from haybale.scaling.runs import Runs, RunsError, TrainingCurve

FLOPS_TOLERANCE = 0.2
"""How far `flops` may lie from 6ND in a file that gives tokens too. The full count of Hoffmann et
al. 2022 (arXiv 2203.15556, table A4) is at most 10 % off; more means another convention."""


def read_runs(path: Path) -> Runs:
    """Read a CSV file of runs.

    Raises:
        RunsError: A column is missing, or a value cannot be one; says in which line.
        OSError: The file cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, skipinitialspace=True)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            _check_columns(path, columns)
            points = [
                (_run_of(row), *_point(row, f"{path}, line {reader.line_num}")) for row in reader
            ]
    except (csv.Error, UnicodeDecodeError) as error:
        raise RunsError(f"{path}: not a CSV file of runs: {error}") from None
    if not points:
        raise RunsError(f"{path}: no rows below the header; expected one or more for each run")
    if "run" not in columns:
        return Runs.of(*zip(*(point[1:] for point in points), strict=True))
    names = sorted({point[0] for point in points})
    return Runs.of_curves([_curve(path, name, points) for name in names])


def _check_columns(path: Path, columns: list[str]) -> None:
    found = ", ".join(columns) or "nothing"
    for name in ("params", "loss"):
        if name not in columns:
            raise RunsError(f"{path}: no column {name!r}; its header has {found}")
    if "tokens" not in columns and "flops" not in columns:
        raise RunsError(f"{path}: no column 'tokens' or 'flops'; its header has {found}")


def _run_of(row: Mapping[str, str | None]) -> str:
    return (row.get("run") or "").strip()


def _point(row: Mapping[str, str | None], where: str) -> tuple[float, float, float]:
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
        raise RunsError(f"{where}: {name} is {text!r}; expected a number above 0") from None
    if not (math.isfinite(value) and value > 0):
        raise RunsError(f"{where}: {name} is {text}; expected a number above 0")
    return value


def _curve(
    path: Path, name: str, points: Sequence[tuple[str, float, float, float]]
) -> TrainingCurve:
    own = sorted(point[1:] for point in points if point[0] == name)
    if not name:
        raise RunsError(f"{path}: a row has no value for run; expected the name of its run")
    sizes = sorted({point[0] for point in own})
    if len(sizes) > 1:
        raise RunsError(
            f"{path}: run {name!r} has params {sizes[0]:.10g} and {sizes[1]:.10g}; expected "
            "one size"
        )
    tokens = np.array([point[1] for point in own], np.float64)
    if np.any(np.diff(tokens) == 0):
        twice = tokens[1:][np.diff(tokens) == 0][0]
        raise RunsError(f"{path}: run {name!r} has two rows at {twice:.10g} tokens; expected one")
    return TrainingCurve(sizes[0], tokens, np.array([point[2] for point in own], np.float64))
