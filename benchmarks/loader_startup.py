"""Opening, resuming and feeding from a corpus of 1e12 tokens, beside one of 1e9.

The index has a row for each of a million record batches, the manifest names 40,000 files, and every
one of 10,000 shards is a hard link to the same real one, so all of it can be read; its tokens are
in the page cache. Each measurement is a process that has imported `haybale.loaders`, and has once
compiled its kernels. Times are medians of `NUM_REPEATS` processes.

The consumer takes 20 million tokens a second at even steps, sleeping in between, and counts how
long it waits for batches, and the CPU time of all threads but its own: early on, when most samples
are the first of their shard, and after most shards have been mapped.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from loader_corpora import make_tokens, write_repeated, write_shards

from haybale.corpus.storage import Folder

SHARD_TOKENS = 100_000_000
SUBSETS = {"books": 27, "c4": 10, "code": 3, "news": 10, "web": 48, "wikipedia": 2}
"""Percent of the shards; the mixture of MassiveText."""

NUM_SHARDS = {"1e12": 10_000, "1e9": 10}
NUM_REPEATS = 5
TOUCHED = 40_000
"""Samples after which 98 % of 10,000 shards have been mapped, in a full shuffle."""


def build(folder: Path) -> dict[str, Path]:
    """The corpora by size."""
    tokens = make_tokens(SHARD_TOKENS)
    _, tables = write_shards(Folder(str(folder)), "made", tokens, SHARD_TOKENS)
    paths = {}
    for size, count in NUM_SHARDS.items():
        parts = np.maximum(1, np.array(list(SUBSETS.values())) * count // 100)
        paths[size] = folder / size
        shard = folder / "shards/train/made/00000.arrow"
        write_repeated(
            paths[size], shard, tables[0], dict(zip(SUBSETS, parts.tolist(), strict=True))
        )
    return paths


def in_process(what: str, *arguments: object) -> dict[str, Any]:
    command = [
        sys.executable,
        Path(__file__).with_name("loader_opening.py"),
        what,
        *map(str, arguments),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of every number, also of those one level down."""
    return {
        key: medians([run[key] for run in runs])
        if isinstance(value, dict)
        else statistics.median(run[key] for run in runs)
        for key, value in runs[0].items()
    }


def show(found: dict[str, dict[str, Any]]) -> None:
    print(f"{'ms; median of ' + str(NUM_REPEATS):34}" + "".join(f"{size:>12}" for size in found))
    first = next(iter(found.values()))
    for key in (key for key in first if key not in ("before", "after", "state_bytes")):
        print(f"{key:34}" + "".join(f"{row[key] * 1e3:12.1f}" for row in found.values()))
    print(
        f"{'state_dict, bytes':34}" + "".join(f"{row['state_bytes']:12}" for row in found.values())
    )
    for name, key in (
        ("peak resident, MB", "VmHWM"),
        ("anonymous, MB", "Pss_Anon"),
        ("of files, MB", "Pss_File"),
    ):
        more = [row["after"][key] - row["before"][key] for row in found.values()]
        print(f"{name + ', beyond the imports':34}" + "".join(f"{value:12.1f}" for value in more))


def claim(name: str, ours: float, target: float, unit: str) -> None:
    """A line that sets a figure beside what the project asks of itself."""
    line = {
        "name": f"loader_startup/{name}",
        "ours": round(ours, 4),
        "peer": target,
        "unit": f"{unit}; peer is the target, at most",
        "ratio": round(target / ours, 2),
        "peer_version": "none",
    }
    print(json.dumps(line))


def main() -> None:
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory(
        dir=root / ".bench" if (root / ".bench").exists() else None
    ) as name:
        paths = build(Path(name))
        in_process("measure", paths["1e9"])  # compiles
        runs: dict[str, list[dict[str, Any]]] = {size: [] for size in paths}
        for _ in range(NUM_REPEATS):
            for size, path in paths.items():
                runs[size].append(in_process("measure", path) | in_process("measure_cold", path))
        consumers = {
            (size, batch_size, touched): in_process("consume", paths[size], batch_size, touched)
            for size, touched in (("1e9", 1_000), ("1e12", 1_000), ("1e12", TOUCHED))
            for batch_size in (8, 64)
        }
    found = {size: medians(of_size) for size, of_size in runs.items()}
    show(found)
    for (size, batch_size, touched), row in consumers.items():
        print(
            f"a consumer of {row['rate'] / 1e6:.1f} Mtokens/s, B = {batch_size}, {size} tokens, "
            f"after {touched:,} samples: waits {row['waiting_fraction']:.2%} of the time, other "
            f"threads use {row['threads_cores']:.3f} cores"
        )
    print()
    large, small = found["1e12"], found["1e9"]
    claim("first batch", large["first_batch"] * 1e3, 200, "ms")
    claim("resume", max(large[f"resume_{at}"] for at in (0, 50, 99)) * 1e3, 20, "ms")
    more = [row["after"]["Pss_Anon"] - row["before"]["Pss_Anon"] for row in (large, small)]
    claim("anonymous memory beyond the imports, 1e12 against 1e9", more[0], round(more[1], 1), "MB")
    for (size, batch_size, touched), row in consumers.items():
        where = f"at {size}, B = {batch_size}, after {touched:,} samples"
        claim(f"waiting {where}", row["waiting_fraction"], 0.01, "of the time")
        claim(f"threads {where}", row["threads_cores"], 0.1, "cores")


if __name__ == "__main__":
    sys.exit(main())
