"""Documents to measure on, and the CPU seconds of a pass over them."""

import os
import statistics
import sysconfig
import time
from pathlib import Path

import pyarrow as pa

REPEATS = 5
BATCH_BYTES = 4_000_000
SOURCES = ("massiveweb", "news", "wikipedia")


def real_text() -> list[str]:
    """English documents, whole."""
    import orjson
    import zstandard

    texts = []
    for source in SOURCES:
        for path in sorted(Path(os.environ["HAYBALE_DATA"], source).glob("*.jsonl.zst")):
            with path.open("rb") as file:
                lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
            rows = map(orjson.loads, lines)
            texts += [row["text"] for row in rows if row.get("lang") == "en" and row["text"]]
    return texts


def library_text() -> list[str]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    return [path.read_text(errors="replace") for path in sorted(folder.glob("*.py"))]


def spread_sample(texts: list[str], num_bytes: int) -> list[str]:
    """Documents at even distances that make about so many bytes."""
    total = sum(len(text.encode()) for text in texts)
    return texts[:: max(1, round(total / num_bytes))]


def batches(texts: list[str]) -> list[pa.Array]:
    whole = pa.array(texts, pa.large_string())
    rows = max(1, round(len(texts) * BATCH_BYTES / whole.nbytes))
    return [whole.slice(at, rows) for at in range(0, len(texts), rows)]


def cpu_seconds(function: object, arrays: list[pa.Array]) -> float:
    """Median CPU seconds of a pass over all arrays."""
    runs = []
    for _ in range(REPEATS + 1):
        start = time.process_time()
        for array in arrays:
            function(array)  # type: ignore[operator]
        runs.append(time.process_time() - start)
    return statistics.median(runs[1:])  # the first one compiles
