"""Candidates by the pipeline's own job: shuffles of an engine in passes that memory bounds.

    python benchmarks/dedup_passes.py [--documents 1e6 1e7] [--max-memory 2GiB]

The documents of `dedup_scale.py`, as the step `bands` would have left them: their places in the
policy's order, and the rows of 9 bands, sorted by key. Then the job that finds candidate pairs on
the local engine, one worker, as many passes as the memory allows. Seconds, CPU seconds and the peak
of the process's memory that no file backs (RssAnon): pages of mapped files can be dropped anytime.
"""

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from dedup_scale import NUM_BANDS, PART_ROWS, ROWS_PER_BAND, Corpus, ids_of

from haybale.cli.sizes import memory_bytes
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.policy import hub_order
from haybale.pipeline.dedup.rows import BANDED, NUM_RANKS, part_of, row_of
from haybale.pipeline.jobs.bands import bands_path, order_path
from haybale.pipeline.jobs.candidates import read_candidates
from haybale.pipeline.jobs.deduplicate import pass_candidates
from haybale.pipeline.jobs.regions import num_regions, region_of
from haybale.pipeline.planning.plan import Part, plan_as_json
from haybale.pipeline.planning.workspace import write_workspace
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import parse_build_recipe
from haybale.pipeline.rows.tables import write_rows
from haybale.pipeline.runners import Engine

RECIPE = {
    "name": "passes",
    "subsets": [{"name": "all", "paths": ["none"]}],
    "dedup": {"num_bands": NUM_BANDS, "band_rows": ROWS_PER_BAND},
    "tokenizer": {"train": {}},
}
MAX_RATIO = 12.0
NUM_WORDS = 2  # of the order of documents in a bucket


def main() -> None:
    """Measure, print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument("--max-memory", type=memory_bytes, default=2 << 30, metavar="SIZE")
    parser.add_argument("--folder", type=Path, help="where to work; 160 bytes a document")
    args = parser.parse_args()
    seconds = []
    print("  documents  passes  candidate pairs  seconds  CPU seconds  MiB at most")
    for count in map(int, args.documents):
        with tempfile.TemporaryDirectory(dir=args.folder) as name:
            context = write_input(Corpus(count), Path(name), Engine(1, (), args.max_memory))
            wall, cpu, peak = time.perf_counter(), time.process_time(), Peak()
            with peak:
                passes = pass_candidates(context, "benchmark", NUM_WORDS, count * NUM_BANDS)
            seconds.append(time.process_time() - cpu)
            wall = time.perf_counter() - wall
            pairs = count_pairs(context, passes)
        print(
            f"{count:>11,} {passes:>7} {pairs:>16,} {wall:>8.1f} {seconds[-1]:>12.1f} "
            f"{peak.num_bytes / 2**20:>12.0f}"
        )
    result = {"name": "dedup_passes", "ours": args.documents[-1] / seconds[-1], "peer": None}
    if len(seconds) > 1:
        growth = seconds[-1] / seconds[-2]
        times = args.documents[-1] / args.documents[-2]
        print(f"{times:.0f} times the documents took {growth:.1f} times the CPU time")
        result["ratio"] = MAX_RATIO / 10 * times / growth
    print(json.dumps({**result, "unit": "documents per CPU second"}))


def write_input(corpus: Corpus, folder: Path, engine: Engine) -> BuildContext:
    """What the steps before leave: a plan, ids and ranks, and bands."""
    output, loaded = Folder(folder), parse_build_recipe(RECIPE, folder)
    parts = tuple(Part(number, "all", ()) for number in range(corpus.num_parts))
    write_workspace(output, loaded, plan_as_json(loaded, parts))
    for part in parts:
        bands = [corpus.band(part.number, band) for band in range(NUM_BANDS)]
        banded = np.empty((NUM_BANDS, len(bands[0])), BANDED)
        for rows, found in zip(banded, bands, strict=True):
            rows["key"], rows["row"] = found["key"], row_of(found["address"])
        banded = banded.reshape(-1)
        write_rows(output, bands_path(part.number), banded[np.argsort(banded["key"])])
        first = part.number * PART_ROWS
        ranks = np.zeros((len(bands[0]), NUM_RANKS), np.uint64)
        documents = np.arange(first, first + len(bands[0]), dtype=np.uint64)
        ranks[:, -1] = ids_of(documents)[:, 0]
        order = hub_order(ranks, ids_of(documents), (), NUM_WORDS)
        write_rows(output, order_path(part.number), order)
    return BuildContext(output, loaded, parts, (), (), engine, Progress(quiet=True))


def count_pairs(context: BuildContext, passes: int) -> int:
    """Distinct pairs: each stands in the regions of both its documents."""
    num_parts, count = len(context.parts), 0
    for region in range(num_regions(num_parts)):
        pairs = read_candidates(context.folder, passes, region)
        count += int((region_of(part_of(pairs["a"]), num_parts) == region).sum())
    return count


class Peak:
    """The most memory of this process that no file backs, looked at ten times a second."""

    def __init__(self) -> None:
        self.num_bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            status = Path("/proc/self/status").read_text()
            size = int(status.partition("RssAnon:")[2].split()[0]) * 1024
            self.num_bytes = max(self.num_bytes, size)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


if __name__ == "__main__":
    main()
