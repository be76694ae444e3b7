"""Training batches over a slow link: how much of its rate arrives, how soon, within which bounds.

    python benchmarks/loader_remote.py [--latency 0.05] [--rate 40e6] [--scheme s3]

A corpus of random tokens is served by `loader_remote_peer.py` on the loopback, with latency on
each connection and request and a rate that all share. A fresh process opens it with an empty
cache, smaller than the corpus, and takes every batch of one pass as fast as it comes, in the block
order that is the default. Seconds count from before the corpus is opened, the link's from the first
request to the last byte: what is left of the last window then comes from the cache. Memory is what
the process has beyond its imports at its peak, mapped files of the cache included.
"""

import argparse
import contextlib
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from loader_remote_peer import COUNTS_PATH

from haybale.corpus.digests import document_ids
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import (
    TokenFormat,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder
from haybale.loaders import Cache, TokenDataset, TokenLoader

SERVER = Path(__file__).with_name("loader_remote_peer.py")
FORMAT = TokenFormat("0" * 32, 32_000, -1, 1, 0)
SHARD_TOKENS = 50_000_000
DOCUMENT_TOKENS = 800
SEQUENCE_LENGTH, BATCH_SIZE = 2048, 8


def write_corpus(path: Path, num_tokens: int) -> None:
    folder, records, tables = Folder(path), list[FileRecord](), list[pa.Table]()
    schema, generator = tokens_schema(FORMAT, "web", "train"), np.random.default_rng(0)
    for number in range(max(1, num_tokens // SHARD_TOKENS)):
        count = min(num_tokens, SHARD_TOKENS) // DOCUMENT_TOKENS
        values = generator.integers(2, 32_000, count * DOCUMENT_TOKENS, np.uint16)
        offsets = np.arange(count + 1, dtype=np.int64) * DOCUMENT_TOKENS
        ids = document_ids("web", f"{number}", range(count))
        piece = token_batch(schema, ids, offsets, values)
        record, table = write_shard(folder, f"shards/train/web/{number:05d}.arrow", schema, [piece])
        records.append(record)
        tables.append(table)
    records.append(write_index(folder, tables))
    totals = {
        "train": {"web": {"tokens": num_tokens, "documents": 0, "text_bytes": 0, "shards": 0}}
    }
    write_manifest(folder, Manifest("links", {}, {}, totals, {"web": 1.0}, FORMAT, tuple(records)))


def measure(uri: str, cache: Cache, results: Any) -> None:
    """In a process of its own: the first batch, then one pass through the corpus."""
    base_bytes, begun = _peak_bytes(), time.perf_counter()
    dataset = TokenDataset(uri, SEQUENCE_LENGTH, cache=cache)
    first_seconds, most_cached, num_batches = 0.0, 0, 0
    with TokenLoader(dataset, BATCH_SIZE, rank=0, world_size=1) as loader:
        for _ in loader:
            first_seconds = first_seconds or time.perf_counter() - begun
            num_batches += 1
            if num_batches % 64 == 0:
                most_cached = max(most_cached, _bytes_below(Path(cache.folder)))
    results.put(
        {
            "seconds": time.perf_counter() - begun,
            "first_seconds": first_seconds,
            "tokens": num_batches * BATCH_SIZE * SEQUENCE_LENGTH,
            "cache_bytes": most_cached,
            "memory_bytes": _peak_bytes() - base_bytes,
            "cpu_seconds": time.process_time(),
        }
    )


def _peak_bytes() -> int:
    """Of this process; `getrusage` begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _bytes_below(folder: Path) -> int:
    """Of the record batches in a cache, counted without its own books."""
    total = 0
    for path in [*folder.glob("batches/*/*"), *folder.glob("arriving/*")]:
        with contextlib.suppress(FileNotFoundError):  # evicted since
            total += path.stat().st_size
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    parser.add_argument("--rate", type=float, default=40e6, help="bytes a second")
    parser.add_argument("--tokens", type=float, default=800e6)
    parser.add_argument("--scheme", choices=("http", "s3"), default="http")
    parser.add_argument("--cache", type=float, default=1.2e9, help="bytes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        served = Path(scratch, "served")
        corpus = served / "bucket" / "corpus"
        write_corpus(corpus, int(options.tokens))
        link = [f"--latency={options.latency}", f"--rate={options.rate}"]
        server = subprocess.Popen(
            [sys.executable, SERVER, served, *link], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            port = json.loads(server.stdout.readline())["port"]
            cache = Cache(Path(scratch, "cache"), int(options.cache))
            context = multiprocessing.get_context("spawn")
            results = context.Queue()
            server_of = f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
            uri = {
                "http": f"http://127.0.0.1:{port}/bucket/corpus",
                "s3": f"s3://key:secret@bucket/corpus?{server_of}",
            }[options.scheme]
            process = context.Process(target=measure, args=(uri, cache, results))
            process.start()
            process.join()
            found = results.get(timeout=1)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{COUNTS_PATH}") as answer:
                found |= json.load(answer)
        finally:
            server.kill()
    assert found["cache_bytes"] <= options.cache
    print(json.dumps(found, indent=1))
    rate = 2 * found["tokens"] / found["link_seconds"]
    print(
        json.dumps(
            {
                "name": "remote shards: delivered bytes/s of the link's rate",
                "ours": round(rate / 1e6, 2),
                "peer": options.rate / 1e6,
                "unit": "MB/s",
                "ratio": round(rate / options.rate, 3),
                "peer_version": f"link of {options.latency * 1000:g} ms",
            }
        )
    )


if __name__ == "__main__":
    main()
