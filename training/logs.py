"""The logs that a run leaves behind: a line of JSON per step, and one per validation."""

import json
import os
from pathlib import Path
from typing import Any

STEPS = "steps.jsonl"
VALIDATIONS = "validations.jsonl"


class StepLog:
    """A file of JSON lines with a number `step`, that a resumed run goes on with.

    Args:
        path: The file.
        last_step: Lines of later steps belong to work that was lost, and are removed.
    """

    def __init__(self, path: Path, last_step: int) -> None:
        kept = [line for line in read_log(path) if line["step"] <= last_step]
        temporary = path.with_name(f"{path.name}.tmp")
        temporary.write_text("".join(map(_line, kept)), encoding="utf-8")
        temporary.replace(path)
        self._file = path.open("a", encoding="utf-8")

    def add(self, line: dict[str, Any]) -> None:
        """Append a line; it is on its way to the disk when this returns."""
        self._file.write(_line(line))
        self._file.flush()

    def sync(self) -> None:
        """See all lines on the disk: a checkpoint must not survive a power cut that they do not."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, rising in `step`; none where there is no file.

    What a run that was killed tore is left out.
    """
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def _line(line: dict[str, Any]) -> str:
    return json.dumps(line) + "\n"
