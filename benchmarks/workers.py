"""How much faster two worker processes do the stages without a shuffle than one.

    python benchmarks/workers.py [--workers 2] [--bytes 1_000_000_000]

The JSONL files of the real text are read again and again under other names until there are enough
bytes; about 1 GB gives 120 core-seconds.
Both runs read the same parts, do ingest and nothing else, and must leave the same bytes. Printed:
seconds of both, their ratio, and of the run with more workers what each process spent and how long
all of them together waited. The machine must be free: the ratio says nothing beside other work.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine

RECIPE = """
name = "workers"
[ingest]
part_bytes = 16_000_000
[dedup]
[tokenizer]
train = { vocabulary_size = 1000 }
[[subsets]]
name = "web"
paths = ["*.jsonl*"]
quality = "gopher"
"""


def write_input(data: Path, folder: Path, num_bytes: int) -> Path:
    """Links to the JSONL files of the data, as often as it takes; returns the recipe's path."""
    files = sorted(data.rglob("*.jsonl*"))
    if not files:
        sys.exit(f"{data}: expected *.jsonl files below this folder, found none")
    total = number = 0
    while total < num_bytes:
        source = files[number % len(files)]
        suffix = source.name[source.name.index(".jsonl") :]
        (folder / f"{number:04d}{suffix}").symlink_to(source.absolute())
        total += source.stat().st_size
        number += 1
    (folder / "recipe.toml").write_text(RECIPE)
    return folder / "recipe.toml"


def run(recipe: Path, output: Path, workers: int) -> tuple[float, float]:
    """Ingest; returns wall and CPU seconds, those of ended processes beside the driver included."""
    before, started = _cpu_seconds(), time.perf_counter()
    progress = Progress(quiet=True)
    build(recipe, str(output), engine=Engine(workers), last_stage="ingest", progress=progress)
    return time.perf_counter() - started, _cpu_seconds() - before


def _cpu_seconds() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def unit_seconds(output: Path) -> list[float]:
    """CPU seconds of every part."""
    folder = Folder(str(output))
    records = (path for path in folder.list("run/ingest") if path.endswith(".json"))
    return [read_parsed(folder, path)["timing"]["cpu_seconds"] for path in records]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    wanted = parser.parse_args()
    if not (data := os.environ.get("HAYBALE_DATA")):
        print("skipped: HAYBALE_DATA names no folder of real text")
        return 0
    with tempfile.TemporaryDirectory() as name:
        recipe = write_input(Path(data), Path(name), wanted.bytes)
        one, many = Path(name, "one"), Path(name, "many")
        wall_one, cpu_one = run(recipe, one, 1)
        wall_many, cpu_many = run(recipe, many, wanted.workers)
        units = unit_seconds(many)
        same = all(
            path.read_bytes() == (many / path.relative_to(one)).read_bytes()
            for path in one.rglob("*")
            if path.is_file() and path.relative_to(one).parts[0] != "run"
        )
        shutil.rmtree(many)
    ratio = wall_one / wall_many
    idle = 1 - sum(units) / (wanted.workers * wall_many)
    print(f"{os.cpu_count()} cores; {len(units)} parts of {min(units):.1f} to {max(units):.1f} s")
    print(f"1 worker   {wall_one:8.1f} s, {cpu_one:8.1f} CPU s")
    print(f"{wanted.workers} workers  {wall_many:8.1f} s, {cpu_many:8.1f} CPU s")
    print(f"ratio      {ratio:8.2f}, processes idle or waiting {idle:.0%} of the time")
    print(f"same bytes {same}")
    print(
        json.dumps(
            {
                "name": f"workers_{wanted.workers}",
                "ours": wall_many,
                "peer": wall_one,
                "unit": f"seconds of ingest with {wanted.workers} workers; peer is one worker",
                "ratio": ratio,
                "peer_version": "haybale",
            }
        )
    )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
