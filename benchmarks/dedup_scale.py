"""Deduplication by the number of documents: candidates, components and survivors, time and memory.

    python benchmarks/dedup_scale.py [--documents 1e6 1e7] [--streamed] [--rounds]

Signatures are made up, so that there can be any number of them; everything after is the pipeline's
own. 29.2 % of the documents are in clusters (Fetterly, Manasse and Najork 2003, On the Evolution of
Clusters of Near-Duplicate Web Pages: of 150 million pages), whose sizes follow a power law (a line
in double logarithm, as Zyphra shows of DCLM and FineWeb-Edu in the report on Zyda-2). Its exponent
is 2.5, at which the largest cluster of 100 million documents has tens of thousands. A document
keeps each hash of its cluster with a probability of 0.87 to 1, so that two have a Jaccard
similarity of 0.76 to 1. Bands are those for 36 hashes: 9 of 4, recall 0.991 at 0.8. Verification,
which would read texts, takes the planted similarity.

--streamed verifies pairs whenever they are read instead of storing them, at 88 bytes each: 100
million documents then need 10 GB of disk instead of 25 GB.
--rounds also takes the path of star rounds, which 2 GiB do not need here, and compares the bytes.
"""

import argparse
import json
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from haybale.corpus.digests import mix64
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.bands import choose_bands
from haybale.pipeline.dedup.candidates import bucket_pairs
from haybale.pipeline.dedup.graph import find_nodes
from haybale.pipeline.dedup.packed_pairs import PACKED, PairPacking
from haybale.pipeline.dedup.rows import VERIFIED, Rows, band_type, part_of, row_of
from haybale.pipeline.dedup.survivors import choose_survivors
from haybale.pipeline.jobs import survivors
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import parse_build_recipe
from haybale.pipeline.rows.external_sort import ExternalSort
from haybale.pipeline.rows.row_order import take_sorted
from haybale.pipeline.rows.tables import write_rows
from haybale.pipeline.runners import Engine
from haybale.pipeline.shuffle import run_starts
from haybale.pipeline.units.steps import Step, UnitResult, do_unit, finish, finished_units

EXPONENT = 2.5
CLUSTERED_FRACTION = 0.292
MIN_KEPT = 0.87
NUM_BANDS, ROWS_PER_BAND = choose_bands(0.8, 36, 0.99)
BAND = band_type(2)
PART_ROWS = 100_000
TASK_PAIRS = 250_000
PROCESSES = 2
MAX_MEMORY_BYTES = 2 << 30
MAX_RATIO = 12.0
MEASURED = ("candidates", "candidates, merged", "components and survivors")


@dataclass(frozen=True)
class Corpus:
    """Documents that are nothing but numbers, 0 to n - 1.

    Document d stands at place (d * step) mod n, so that a cluster, which is a run of places, is
    scattered over the corpus.
    """

    num_documents: int

    @property
    def num_parts(self) -> int:
        return -(-self.num_documents // PART_ROWS)

    @property
    def packing(self) -> PairPacking:
        packing = PairPacking.of(self.num_parts, PART_ROWS)
        assert packing is not None
        return packing

    def clusters(self, documents: np.ndarray) -> np.ndarray:
        """uint64[documents]: the cluster of each; who is in none is one of its own."""
        sizes, places, numbers = _layout(self.num_documents)
        step = np.uint64(_step(self.num_documents))
        place = documents * step % np.uint64(self.num_documents)
        kind = np.searchsorted(places, place, side="right") - 1
        return numbers[kind] + (place - places[kind]) // sizes[kind]

    def kept(self, documents: np.ndarray) -> np.ndarray:
        """float64[documents]: the share of its cluster's hashes that a document keeps."""
        return MIN_KEPT + (1 - MIN_KEPT) * _uniform(documents, 1)

    def band(self, part: int, band: int) -> Rows:
        """The BAND rows of a part."""
        first = part * PART_ROWS
        documents = np.arange(first, min(first + PART_ROWS, self.num_documents), dtype=np.uint64)
        # All rows of a band are the cluster's with the probability that datasketch's would be.
        keeps = _uniform(documents, 2 + band) < self.kept(documents) ** ROWS_PER_BAND
        own = documents + np.uint64(1 << 40)
        rows = np.zeros(len(documents), BAND)
        rows["key"] = _mixed(np.where(keeps, self.clusters(documents), own), 100 + band)
        rows["order"][:, 1] = ids_of(documents)[:, 0]
        rows["address"] = (np.uint64(part) << np.uint64(32)) + documents - np.uint64(first)
        return rows

    def verified(self, pairs: Rows) -> Rows:
        """The pairs that are above the threshold."""
        ends = [(part_of(pairs[end]) * PART_ROWS + row_of(pairs[end])).astype("u8") for end in "ab"]
        shared = (1000 * self.kept(ends[0]) * self.kept(ends[1])).astype(np.int64)
        shared[self.clusters(ends[0]) != self.clusters(ends[1])] = 0
        above = shared > 800
        rows = np.zeros(int(above.sum()), VERIFIED)
        for end, documents in zip("ab", ends, strict=True):
            rows[end] = pairs[end][above]
            rows[f"{end}_id"] = ids_of(documents[above])
        rows["shared"], rows["united"] = shared[above], 1000
        return rows


@cache
def _layout(num_documents: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By kind of cluster: its size, and where its places and its numbers begin."""
    sizes = np.arange(2, min(num_documents, 1_000_000))
    expected = sizes**-EXPONENT
    expected *= CLUSTERED_FRACTION * num_documents / (sizes * expected).sum()
    # Rounded in sum: of the sizes that are expected less than once, every so many there is one.
    counts = np.diff(np.floor(np.r_[0, np.cumsum(expected)] + 0.5)).astype(np.int64)
    sizes, counts = sizes[counts > 0], counts[counts > 0]
    places = np.r_[0, np.cumsum(sizes * counts)]
    numbers = np.r_[0, np.cumsum(counts)]
    return np.r_[sizes, 1].astype("u8"), places.astype("u8"), numbers.astype("u8")


def _step(num_documents: int) -> int:
    """A number without a factor in common with the number of documents."""
    step = int(num_documents * 0.6180339887)
    while np.gcd(step, num_documents) != 1:
        step += 1
    return step


def _mixed(numbers: np.ndarray, stream: int) -> np.ndarray:
    return mix64(numbers ^ mix64(np.array([stream], np.uint64)))


def _uniform(documents: np.ndarray, stream: int) -> np.ndarray:
    return (_mixed(documents, stream) >> np.uint64(11)) * 2.0**-53


def ids_of(documents: np.ndarray) -> np.ndarray:
    return np.stack([_mixed(documents, 1000), _mixed(documents, 1001)], axis=1)


def write_bands(corpus: Corpus, folder: Path, band: int) -> None:
    """What ingest would have left."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(corpus.num_parts):
        corpus.band(part, band).tofile(folder / f"{band}-{part:05d}")


def pair_band(corpus: Corpus, folder: Path, band: int) -> int:
    """Leave the pairs that share a band, each once, sorted; returns how many.

    Each part's rows are sorted by key, then those of all parts are read range by range.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        rows = ExternalSort(BAND, ("key",), Path(scratch))
        for part in range(corpus.num_parts):
            path = folder / f"{band}-{part:05d}"
            found = np.fromfile(path, BAND)
            path.unlink()
            run = Path(scratch, path.name)
            take_sorted(found, [found["key"]]).tofile(run)
            rows.add_run(run)
        pairs = ExternalSort(PACKED, ("pair",), Path(scratch))
        for block in rows.blocks():
            pairs.add(corpus.packing.pack(bucket_pairs(block)[0]))
        with (folder / f"pairs-{band}").open("wb") as file:
            for block in pairs.blocks():
                block.tofile(file)
    return pairs.num_rows


def merge_pairs(folder: Path, bands: list[int]) -> int:
    """Add the pairs of these bands to those of earlier ones, each once; returns how many."""
    paths = [folder / name for name in ("pairs", *(f"pairs-{band}" for band in bands))]
    paths[0].touch()
    count = 0
    pairs = ExternalSort(PACKED, ("pair",), folder)
    for path in paths:
        pairs.add_run(path)
    with (folder / "merged").open("wb") as file:
        for block in pairs.blocks():
            block = block.take(run_starts(block["pair"]))
            block.tofile(file)
            count += len(block)
    for path in paths:
        path.unlink()
    (folder / "merged").rename(folder / "pairs")
    return count


def verify(corpus: Corpus, folder: Path, step: Step) -> int:
    """Leave the verified pairs in files of `TASK_PAIRS` candidates; returns how many files."""
    output, path = Folder(folder), folder / "pairs"
    num_pairs = path.stat().st_size // PACKED.itemsize
    num_tasks = -(-num_pairs // TASK_PAIRS)
    for number in reversed(range(num_tasks)):
        start = number * TASK_PAIRS * PACKED.itemsize
        pairs = corpus.packing.unpack(np.fromfile(path, PACKED, offset=start))

        def work(number: int = number, pairs: Rows = pairs) -> UnitResult:
            rows = corpus.verified(pairs)
            record = write_rows(output, f"run/{step.name}/{number:05d}.npy", rows)
            return UnitResult((record,), facts={"verified_pairs": len(rows)})

        do_unit(output, step, f"{number:05d}", work)
        with path.open("r+b") as file:
            file.truncate(start)  # the disk is as scarce as memory
    path.unlink()
    finish(output, step)
    return num_tasks


class Stages:
    """Runs stages in the same few processes, and notes what they took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}
        self.peak_bytes: dict[str, int] = {}
        self._pool = multiprocessing.get_context("spawn").Pool(PROCESSES)
        self._pool.starmap(time.sleep, [(1,)] * PROCESSES, chunksize=1)  # both have started

    def __enter__(self) -> "Stages":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()
        self._pool.join()

    def run(
        self, name: str, stage: Callable[..., Any], calls: list[tuple[object, ...]]
    ) -> list[Any]:
        """All calls of a stage, at most PROCESSES at a time."""
        start = time.perf_counter()
        results = self._pool.starmap(_measured, [(stage, *call) for call in calls], chunksize=1)
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
        # At most: the greatest peak of any call, in as many processes as there were.
        peak = max(peak for _, peak, _ in results) * min(PROCESSES, len(calls))
        self.peak_bytes[name] = max(self.peak_bytes.get(name, 0), peak)
        cpu = sum(cpu for _, _, cpu in results)
        self.cpu_seconds[name] = self.cpu_seconds.get(name, 0.0) + cpu
        return [result for result, _, _ in results]


def _measured(stage: Callable[..., Any], *arguments: object) -> tuple[Any, int, float]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is of this call alone
    start = time.process_time()
    result = stage(*arguments)
    cpu = time.process_time() - start
    status = Path("/proc/self/status").read_text()
    return result, int(status.partition("VmHWM:")[2].split()[0]) * 1024, cpu


def survive(folder: Path, step: Step, num_files: int, by_rounds: bool = False) -> dict[str, int]:
    output = Folder(folder)
    if by_rounds:
        survivors.fits_driver = lambda *_: False  # type: ignore[assignment]
    recipe = {
        "name": "scale",
        "subsets": [{"name": "all", "paths": ["none"]}],
        "tokenizer": {"train": {}},
    }
    loaded = parse_build_recipe(recipe, folder)
    context = BuildContext(output, loaded, (), (), (), Engine(), Progress(quiet=True))
    survivors.find_survivors(context, step, num_files, MAX_MEMORY_BYTES)
    done = finished_units(output, Step("deduplicate/survivors", step.fingerprint))
    return dict(done["all"].facts)


def survive_streamed(corpus: Corpus, folder: Path) -> dict[str, int]:
    """What the job does in the driver, of pairs that are verified whenever they are read."""
    facts = {"verified_pairs": 0}

    def read() -> Iterator[Rows]:
        facts["verified_pairs"] = 0
        with (folder / "pairs").open("rb") as file:
            while len(pairs := np.fromfile(file, PACKED, TASK_PAIRS)):
                rows = corpus.verified(corpus.packing.unpack(pairs))
                facts["verified_pairs"] += len(rows)
                yield rows

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        nodes = find_nodes(read, Path(scratch))
        assert survivors.fits_driver(nodes.count, facts["verified_pairs"], MAX_MEMORY_BYTES)
        chosen = choose_survivors(read, nodes, Path(scratch))
        removed = sum(len(block) for block in chosen.removed.blocks())
        documents = sum(len(block) for block in chosen.clustered.blocks())
    return {**facts, "documents": documents, "removed": removed}


def measure(num_documents: int, folder: Path, rounds: bool, streamed: bool) -> dict[str, float]:
    """CPU seconds of each stage."""
    with Stages() as stages:
        found = run(Corpus(num_documents), stages, folder, rounds, streamed)
    print(f"\n{num_documents:,} documents: {found}\n")
    print("  stage                          seconds  CPU seconds   documents/s  MiB at most")
    for name, seconds in stages.seconds.items():
        cpu, peak = stages.cpu_seconds[name], stages.peak_bytes[name] / 2**20
        rate = num_documents / seconds
        print(f"  {name:28} {seconds:9.1f} {cpu:12.1f} {rate:13,.0f} {peak:12.0f}")
    return stages.cpu_seconds


def run(corpus: Corpus, stages: Stages, folder: Path, rounds: bool, streamed: bool) -> str:
    """All stages; returns what they found."""
    bands = folder / "bands"
    for first in range(0, NUM_BANDS, PROCESSES):  # a few at a time: the disk is scarce
        some = list(range(first, min(first + PROCESSES, NUM_BANDS)))
        stages.run("generate", write_bands, [(corpus, bands, band) for band in some])
        stages.run("candidates", pair_band, [(corpus, bands, band) for band in some])
        (num_pairs,) = stages.run("candidates, merged", merge_pairs, [(bands, some)])
    (bands / "pairs").rename(folder / "pairs")
    if streamed:
        (facts,) = stages.run("components and survivors", survive_streamed, [(corpus, folder)])
        return _described(num_pairs, facts)
    step = Step("deduplicate/verified", "benchmark")
    (num_files,) = stages.run("planted similarities", verify, [(corpus, folder, step)])
    results = finished_units(Folder(folder), step).values()
    num_verified = sum(result.facts["verified_pairs"] for result in results)
    (facts,) = stages.run("components and survivors", survive, [(folder, step, num_files)])
    if rounds:
        left = [folder / "run/deduplicate" / name for name in ("near.npy", "clusters.npy")]
        expected = [path.read_bytes() for path in left]
        shutil.rmtree(folder / "run/deduplicate/survivors")
        (folder / "run/deduplicate/survivors.json").unlink()
        stages.run("the same by star rounds", survive, [(folder, step, num_files, True)])
        assert [path.read_bytes() for path in left] == expected
    return _described(num_pairs, {**facts, "verified_pairs": num_verified})


def _described(num_pairs: int, facts: dict[str, int]) -> str:
    return (
        f"{num_pairs:,} candidate pairs, {facts['verified_pairs']:,} verified, "
        f"{facts['documents']:,} documents in clusters, {facts['removed']:,} removed"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=float, nargs="+", default=[1e6, 1e7])
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--rounds", action="store_true", help="star rounds too")
    either.add_argument("--streamed", action="store_true", help="verified pairs are not stored")
    parser.add_argument(
        "--folder", type=Path, help="where to work; 250 bytes a document, 100 if --streamed"
    )
    args = parser.parse_args()
    print(f"{NUM_BANDS} bands of {ROWS_PER_BAND} hashes, {PROCESSES} processes")
    totals = []
    for documents in args.documents:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            seconds = measure(int(documents), Path(folder), args.rounds, args.streamed)
        totals.append(sum(seconds[name] for name in MEASURED))
    ours = args.documents[-1] / totals[-1]
    result = {"name": "dedup_scale", "ours": ours, "peer": None, "unit": "documents per CPU second"}
    if len(totals) > 1:
        growth = totals[-1] / totals[-2]
        times = args.documents[-1] / args.documents[-2]
        print(f"\n{times:.0f} times the documents took {growth:.1f} times the CPU time")
        result["ratio"] = MAX_RATIO / 10 * times / growth
    print(json.dumps(result))


if __name__ == "__main__":
    main()
