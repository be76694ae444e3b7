"""The tables that a run leaves behind: one row per step, and one per validation."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOSSES = (
    "step",
    "tokens",
    "loss",
    "learning_rate",
    "tokens_per_second",
    "data_wait_fraction",
)
VALIDATIONS = ("step", "tokens", "loss", "bits_per_byte")


class StepTable:
    """A CSV file with a row per step, that a resumed run goes on with.

    Args:
        path: The file.
        columns: Its columns; the first is `step`.
        last_step: Rows of later steps belong to work that was lost, and are removed.
    """

    def __init__(self, path: Path, columns: Sequence[str], last_step: int) -> None:
        kept = _rows_until(path, columns, last_step) if path.exists() else []
        temporary = path.with_name(f"{path.name}.tmp")
        with temporary.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([columns, *kept])
        temporary.replace(path)
        self._file = path.open("a", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file, lineterminator="\n")

    def add(self, *values: Any) -> None:
        """Append a row; it is on its way to the disk when this returns."""
        self._writer.writerow(values)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _rows_until(path: Path, columns: Sequence[str], last_step: int) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    # A run that was killed can leave a torn last row.
    whole = [row for row in rows if len(row) == len(columns) and row[0].isdigit()]
    return [row for row in whole if int(row[0]) <= last_step]
