"""Training runs in a CSV file.

One row a run with the columns `params`, `tokens` (or `flops`, or both) and `loss`, in nats per
token. With a column `run` a run may have many rows, its training curve; its last row is the
finished run. Other columns are not read, but one that nearly says `run` is refused: points of a
curve would count as runs.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from haybale.scaling.run_point import COLUMNS, point_of
from haybale.scaling.runs import Runs, RunsError, TrainingCurve

_LEAST_TOKENS_PER_PARAMETER = 1e-4
"""Of a finished run, below which a column counts in millions or billions: MT-NLG, which had the
fewest tokens for its size of all large models, had 0.5."""

_SHOWN_COLUMNS = 12
"""Of a header in an error: exports of experiment trackers have hundreds."""


def read_runs(path: Path) -> Runs:
    """Read a CSV file of runs.

    Raises:
        RunsError: A column is missing, or a value cannot be one; says in which line.
        OSError: The file cannot be read.
    """
    curves: dict[str, list[tuple[float, float, float]]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, skipinitialspace=True)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            _check_columns(path, columns)
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                _check_width(row, where, len(columns))
                curves.setdefault(_run_of(row), []).append(point_of(row, where))
    except (csv.Error, UnicodeDecodeError) as error:
        raise RunsError(f"{path}: not a CSV file of runs: {error}") from None
    if not curves:
        raise RunsError(f"{path}: no rows below the header; expected one or more for each run")
    if "run" in columns:
        runs = Runs.of_curves([_curve(path, name, curves[name]) for name in sorted(curves)])
    else:
        runs = Runs.of(*zip(*curves[""], strict=True))
    _check_units(path, runs)
    return runs


def _check_columns(path: Path, columns: list[str]) -> None:
    more = f" and {len(columns) - _SHOWN_COLUMNS} more" if len(columns) > _SHOWN_COLUMNS else ""
    found = (", ".join(columns[:_SHOWN_COLUMNS]) or "nothing") + more
    for name in ("params", "loss"):
        if name not in columns:
            raise RunsError(f"{path}: no column {name!r}; its header has {found}")
    if "tokens" not in columns and "flops" not in columns:
        raise RunsError(f"{path}: no column 'tokens' or 'flops'; its header has {found}")
    similar = [name for name in columns if "run" in name.lower()]
    if "run" not in columns and similar:
        raise RunsError(
            f"{path}: no column 'run', but {similar[0]!r}; name it 'run', so that rows of one run "
            "are its training curve, or take it out where each row is a finished run"
        )
    for name in ("run", *COLUMNS):
        if columns.count(name) > 1:
            raise RunsError(f"{path}: two columns {name!r}; expected one: its header has {found}")


def _check_width(row: Mapping[str | None, object], where: str, num_columns: int) -> None:
    """A number with commas between its thousands falls apart into several."""
    if None in row:
        raise RunsError(
            f"{where}: more values than the {num_columns} columns of the header; numbers are "
            "written without commas"
        )


def _check_units(path: Path, runs: Runs) -> None:
    """Refuse counts of millions or billions: 6ND of them would be no FLOPs."""
    ratios = runs.tokens / runs.parameters
    fewest = int(ratios.argmin())
    if ratios[fewest] < _LEAST_TOKENS_PER_PARAMETER:
        raise RunsError(
            f"{path}: a finished run has {runs.tokens[fewest]:.4g} tokens for "
            f"{runs.parameters[fewest]:.4g} params; expected counts of both, not of millions or "
            "billions"
        )


def _run_of(row: Mapping[str, str | None]) -> str:
    return (row.get("run") or "").strip()


def _curve(path: Path, name: str, points: list[tuple[float, float, float]]) -> TrainingCurve:
    if not name:
        raise RunsError(f"{path}: a row has no value for run; expected the name of its run")
    own = sorted(points)
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
