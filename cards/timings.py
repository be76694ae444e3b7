"""What building took: the timings of all finished units of work, added up by stage.

They differ from run to run, so they stay in the corpus's folder `run/` and outside every digest;
only `haybale card build` reads them, while that folder is there.
"""

import json

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
    for path in folder.list(RUN):
        _, stage, *below = path.split("/")
        if not below or not path.endswith(".json"):
            continue
        record = json.loads(folder.read(path))
        timing = record.get("timing") if isinstance(record, dict) else None
        if timing is None:  # a plan, or the record of a whole step
            continue
        sums = found.setdefault(stage, dict.fromkeys((*TIMES, MEMORY), 0.0))
        for name in TIMES:
            sums[name] += timing[name]
        sums[MEMORY] = max(sums[MEMORY], timing[MEMORY])
    return dict(sorted(found.items()))
