"""What building took: the timings of all finished units of work, added up by stage.

They differ from run to run, so they stay in the corpus's folder `run/` and outside every digest;
only `haybale card build` reads them, while that folder is there.
"""

import json
from typing import Any

from haybale.corpus.storage import Folder

RUN = "run"
TIMES = ("cpu_seconds", "wall_seconds")
MEMORY = "peak_memory_bytes"


def read_timings(folder: Folder) -> dict[str, dict[str, float]]:
    """Timings by stage: the first folder below `run/`, such as `ingest`.

    Args:
        folder: The corpus.

    Returns:
        Stage to `cpu_seconds` and `wall_seconds`, sums over its units, and `peak_memory_bytes`, the
        most that a process held; empty where `run/` is gone.
    """
    found: dict[str, dict[str, float]] = {}
    whole: set[str] = set()
    # A step's record comes before those of its units, which a later step may have removed.
    for path in sorted(folder.list(RUN), key=lambda path: path.count("/")):
        if not path.endswith(".json") or _is_below(path, whole):
            continue
        record = json.loads(folder.read(path))
        timing = _timing(record)
        if timing is None:  # a plan, or the record of a run
            continue
        if "sums" in record:
            whole.add(path.removesuffix(".json"))
        stage = path.split("/")[1].removesuffix(".json")
        sums = found.setdefault(stage, dict.fromkeys((*TIMES, MEMORY), 0.0))
        for name in TIMES:
            sums[name] += timing[name]
        sums[MEMORY] = max(sums[MEMORY], timing[MEMORY])
    return dict(sorted(found.items()))


def _timing(record: Any) -> dict[str, float] | None:
    """Of a unit, or the sum over the units of a step."""
    if not isinstance(record, dict):
        return None
    timing: dict[str, float] | None = record.get("sums", record).get("timing")
    return timing or None


def _is_below(path: str, folders: set[str]) -> bool:
    return any(path[:at] in folders for at, letter in enumerate(path) if letter == "/")
