"""Recall of near-duplicates against brute force, on real documents.

    HAYBALE_DATA=... python benchmarks/dedup_recall.py [--documents 20000] [--preset gopher]

Brute force: all pairs of documents above the threshold, by an inverted index over the rarest
shingles of each (prefix filter: Chaudhuri, Ganti and Kaushik 2006, "A Primitive Operator for
Similarity Joins"), which loses none, each compared by its sets of shingles. Exact duplicates are
left out on both sides: they are found by digest. Then the project's own stage 2 over the same
documents: which of these pairs it found, of which pairs one is gone, and whether what it removed
resembles its survivor, computed again here.
"""

import argparse
import json
import math
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import zstandard

from haybale.corpus.digests import ids_from_words
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.build import build
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.shingles import shingle_sets
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_rows, read_table

SOURCES = ("massiveweb", "dedup", "news", "wikipedia", "github", "multilingual")


def main() -> None:
    """Measure, print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--preset", default="gopher")
    args = parser.parse_args()
    scheme = DedupSettings(preset=args.preset).scheme
    assert scheme is not None
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_documents(work / "in/documents.jsonl", args.documents)
        start = time.process_time()
        folder = deduplicated(work, args.preset)
        ours = time.process_time() - start
        texts = {
            row["doc_id"]: row["text"]
            for path in folder.list("documents")
            for row in read_table(folder, path, ["doc_id", "text"]).to_pylist()
        }
        removals = [
            row
            for path in folder.list("dedup/removals")
            for row in read_table(folder, path).to_pylist()
        ]
        facts = read_parsed(folder, "run/deduplicate/verified/00000.json")["facts"]
        looked_at = {pair for path in verified_files(folder) for pair in pairs_of(folder, path)}
    # Of equal texts the smallest id stands for all.
    ids = sorted({text: doc_id for doc_id, text in sorted(texts.items(), reverse=True)}.values())
    sets = shingle_sets(
        pa.array([texts[doc_id] for doc_id in ids], pa.large_string()), scheme.shingles
    )
    start = time.process_time()
    pairs = all_pairs(sets, scheme.threshold)
    brute = time.process_time() - start
    truth = {(ids[left], ids[right]) for left, right in pairs}
    gone = {row["removed"] for row in removals}
    found = len(truth & looked_at)
    resolved = sum(left in gone or right in gone for left, right in truth)
    place = {doc_id: at for at, doc_id in enumerate(ids)}
    wrong = sum(
        similarity(sets[place[row["removed"]]], sets[place[row["survivor"]]]) <= scheme.threshold
        for row in removals
        if row["removed"] in place and row["survivor"] in place
    )
    expected = np.mean([scheme.recall(value) for value in pairs.values()]) if pairs else math.nan
    rows = (
        ("pairs above the threshold, by brute force", f"{len(truth):,}"),
        ("  found by bands and verified", f"{found / len(truth):.2%}"),
        ("  that the S-curve expects where no bucket is large", f"{expected:.2%}"),
        ("  buckets so large that not all pairs are made", f"{facts['limited_buckets']:,}"),
        ("  of which one document is gone", f"{resolved / len(truth):.2%}"),
        ("verified pairs that brute force does not know", f"{len(looked_at - truth):,}"),
        ("removed documents below the threshold", f"{wrong:,}"),
        ("brute force, CPU seconds", f"{brute:.1f}"),
        ("ingest and deduplication, CPU seconds", f"{ours:.1f}"),
    )
    twins = len(texts) - len(ids)
    print(f"{len(texts):,} documents, {twins:,} exact duplicates; {scheme.description}")
    for label, value in rows:
        print(f"{label:52}{value:>10}")
    print(
        json.dumps(
            {
                "name": f"dedup_recall_{args.preset}",
                "ours": found / len(truth),
                "peer": 1.0,
                "unit": "share of pairs",
                "ratio": found / len(truth),
                "peer_version": "brute force",
            }
        )
    )


def write_documents(path: Path, count: int) -> None:
    """The first so many documents of the sources, one JSON line each."""
    path.parent.mkdir(parents=True)
    left = count
    with path.open("wb") as out:
        for source in SOURCES:
            for file in sorted(Path(os.environ["HAYBALE_DATA"], source).glob("*.jsonl.zst")):
                with file.open("rb") as raw:
                    lines = zstandard.ZstdDecompressor().stream_reader(raw).read().splitlines()
                for line in lines[:left]:
                    out.write(orjson.dumps({"text": orjson.loads(line)["text"]}) + b"\n")
                left -= min(left, len(lines))


def deduplicated(work: Path, preset: str) -> Folder:
    """Stage 2 over the documents."""
    recipe = work / "recipe.toml"
    recipe.write_text(
        'name = "recall"\n[[subsets]]\nname = "all"\npaths = ["in/*.jsonl"]\n'
        "[ingest]\nidentify_language = false\ncount_people = false\n"
        f'[dedup]\npreset = "{preset}"\n[tokenizer]\ntrain = {{}}\n'
    )
    build(recipe, str(work / "out"), last_stage="deduplicate", progress=Progress(quiet=True))
    return Folder(str(work / "out"))


def verified_files(folder: Folder) -> list[str]:
    return [path for path in folder.list("run/deduplicate/verified") if path.endswith(".npy")]


def pairs_of(folder: Folder, path: str) -> set[tuple[bytes, bytes]]:
    rows = read_rows(folder, path)
    ends = [ids_from_words(np.asarray(rows[f"{end}_id"])).to_pylist() for end in "ab"]
    return {(min(pair), max(pair)) for pair in zip(*ends, strict=True)}


def all_pairs(sets: list[np.ndarray], threshold: float) -> dict[tuple[int, int], float]:
    """Every pair of sets whose similarity exceeds the threshold, by places."""
    hashes, counts = np.unique(np.concatenate(sets), return_counts=True)
    order = np.empty(len(hashes), np.int64)
    order[np.argsort(counts, kind="stable")] = np.arange(len(hashes))
    index: dict[int, list[int]] = defaultdict(list)
    found: dict[tuple[int, int], float] = {}
    for place, each in enumerate(sets):
        # Of two sets that similar, one of the first few of each, the rarest first, is the same.
        rarest = np.sort(order[np.searchsorted(hashes, each)])
        prefix = rarest[: len(each) - math.ceil(threshold * len(each)) + 1].tolist()
        for other in sorted({at for shingle in prefix for at in index[shingle]}):
            short, long = sorted((len(each), len(sets[other])))
            if short > threshold * long:
                value = similarity(each, sets[other])
                if value > threshold:
                    found[other, place] = value
        for shingle in prefix:
            index[shingle].append(place)
    return found


def similarity(left: np.ndarray, right: np.ndarray) -> float:
    shared = len(np.intersect1d(left, right, assume_unique=True))
    return shared / (len(left) + len(right) - shared)


if __name__ == "__main__":
    main()
