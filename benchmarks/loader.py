"""Tokens per second of TokenLoader beside mosaicml-streaming's StreamingDataset.

The same tokens, cut into the same samples, in a full permutation, delivered by one process as the
same tensors: int64 [B, T] inputs and their next tokens. The peer's own writer writes its shards, an
int64 sum over every batch makes lazy loading pay, and both sides begin with files in the page
cache. TokenLoader also delivers positions, boundaries and labels that stop at documents.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from peers import peer_python

from haybale.corpus.digests import document_ids
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.shards import TokenFormat, token_batch, tokens_schema, write_index, write_shard
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset, TokenLoader

NUM_TOKENS = 1 << 26
SHARD_TOKENS = 1 << 24
SEQUENCE_LENGTH = 2048
BATCH_SIZE = 8
NUM_REPEATS = 5
EOS = 1
REQUIREMENTS = ["mosaicml-streaming==0.13.0", "torch==2.13.0"]

PEER = """
import json, sys, time
from importlib.metadata import version
from pathlib import Path
import numpy as np, torch
from streaming import MDSWriter, StreamingDataset

folder, length, batch_size, repeats = Path(sys.argv[1]), *map(int, sys.argv[2:])
torch.set_num_threads(1)
tokens = np.load(folder / "tokens.npy", mmap_mode="r")
shards = str(folder / "mds")
with MDSWriter(out=shards, columns={"tokens": f"ndarray:uint16:{length + 1}"}) as writer:
    for start in range(0, len(tokens) - length, length):
        writer.write({"tokens": np.array(tokens[start : start + length + 1])})

def collate(samples):
    stacked = np.stack([sample["tokens"] for sample in samples])
    inputs, labels = stacked[:, :-1].astype(np.int64), stacked[:, 1:].astype(np.int64)
    return torch.from_numpy(inputs), torch.from_numpy(labels)

def measure(algorithm):
    dataset = StreamingDataset(
        local=shards, shuffle=True, shuffle_algo=algorithm, batch_size=batch_size
    )
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=batch_size, num_workers=0, collate_fn=collate, drop_last=True
    )
    rates = []
    for _ in range(repeats + 1):
        num_tokens, total, first, begun = 0, 0, 0.0, time.perf_counter()
        for inputs, labels in loader:
            first = first or time.perf_counter() - begun
            total += int(inputs.sum()) + int(labels.sum())
            num_tokens += inputs.numel()
        rates.append(num_tokens / (time.perf_counter() - begun))
    return {"rates": rates[1:], "first_batch_seconds": first, "sum": total}

if __name__ == "__main__":
    result = {name: measure(name) for name in ("naive", "py1e")}
    print(json.dumps({"version": version("mosaicml-streaming"), **result}))
"""


def make_tokens() -> tuple[np.ndarray, np.ndarray]:
    """Ids with Zipf's frequencies, and where documents of log-normal length begin."""
    generator = np.random.default_rng(0)
    ids = np.minimum(generator.zipf(1.2, NUM_TOKENS) + EOS, 31_999).astype(np.uint16)
    lengths = np.maximum(2, generator.lognormal(6.0, 1.2, NUM_TOKENS // 100)).astype(np.int64)
    ends = np.cumsum(lengths)
    ends = np.append(ends[ends < NUM_TOKENS - 1], NUM_TOKENS)
    ids[ends - 1] = EOS
    return ids, np.concatenate([[0], ends])


def write_corpus(path: Path, ids: np.ndarray, offsets: np.ndarray) -> None:
    """The tokens as one subset of a corpus."""
    folder, token_format = Folder(str(path)), TokenFormat("0" * 32, 32_000, -1, EOS, 0)
    schema = tokens_schema(token_format, "made", "train")
    cuts = np.searchsorted(offsets, np.arange(0, NUM_TOKENS, SHARD_TOKENS)).tolist()
    files, tables = [], []
    for number, (first, last) in enumerate(zip(cuts, [*cuts[1:], len(offsets) - 1], strict=True)):
        doc_ids = document_ids("made", "made", range(first, last))
        piece: pa.RecordBatch = token_batch(schema, doc_ids, offsets[first : last + 1], ids)
        record, table = write_shard(
            folder, f"shards/train/made/{number:05d}.arrow", schema, [piece]
        )
        files.append(record)
        tables.append(table)
    files.append(write_index(folder, tables))
    counts = {
        "documents": len(offsets) - 1,
        "text_bytes": 0,
        "tokens": len(ids),
        "shards": len(cuts),
    }
    totals = {"train": {"made": counts}, "validation": {}}
    manifest = Manifest("made", {}, {}, totals, {"made": 1.0}, token_format, tuple(files))
    write_manifest(folder, manifest)


def measure_ours(path: Path, prefetch: int) -> dict[str, object]:
    rates, first_batch = [], 0.0
    for repeat in range(NUM_REPEATS + 1):
        begun = time.perf_counter()
        dataset = TokenDataset(path, SEQUENCE_LENGTH, seed=repeat)
        loader = TokenLoader(dataset, BATCH_SIZE, prefetch=prefetch)
        num_tokens, total, first = 0, 0, 0.0
        for batch in loader:
            first = first or time.perf_counter() - begun
            total += int(batch["input_ids"].sum()) + int(batch["labels"].sum())
            num_tokens += batch["input_ids"].numel()
        rates.append(num_tokens / (time.perf_counter() - begun))
        first_batch = first
    return {"rates": rates[1:], "first_batch_seconds": first_batch}


def measure_copying() -> dict[str, object]:
    """The floor: copying tensors of that size, from memory to memory, and summing them."""
    shape = (2, BATCH_SIZE, SEQUENCE_LENGTH)
    num_batches = NUM_TOKENS // (BATCH_SIZE * SEQUENCE_LENGTH)
    sources = np.ones((64, *shape), np.int64)
    rates = []
    for _ in range(NUM_REPEATS):
        begun = time.perf_counter()
        for number in range(num_batches):
            batch = torch.from_numpy(sources[number % 64].copy())
            int(batch[0].sum())
            int(batch[1].sum())
        rates.append(num_batches * BATCH_SIZE * SEQUENCE_LENGTH / (time.perf_counter() - begun))
    return {"rates": rates, "first_batch_seconds": 0.0}


def measure_peer(folder: Path) -> dict[str, dict[str, object]]:
    script = folder / "peer.py"
    script.write_text(PEER)
    numbers = map(str, (SEQUENCE_LENGTH, BATCH_SIZE, NUM_REPEATS))
    python = peer_python("mosaicml-streaming", *REQUIREMENTS)
    done = subprocess.run(
        [str(python), str(script), str(folder), *numbers], stdout=subprocess.PIPE, check=True
    )
    result: dict[str, dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ids, offsets = make_tokens()
        np.save(folder / "tokens.npy", ids)
        write_corpus(folder / "corpus", ids, offsets)
        peer = measure_peer(folder)
        rows = {
            "copying alone": measure_copying(),
            "haybale, full permutation, one thread": measure_ours(folder / "corpus", 0),
            "haybale, full permutation, prefetch 2": measure_ours(folder / "corpus", 2),
            "streaming, full permutation (naive)": peer["naive"],
            "streaming, within shards (py1e)": peer["py1e"],
        }
    print(f"{NUM_TOKENS:,} tokens, T = {SEQUENCE_LENGTH}, B = {BATCH_SIZE}, one process, CPU")
    print(f"{'':40}{'Mtokens/s':>12}{'lowest':>10}{'highest':>10}{'first batch':>14}")
    medians = {}
    for label, row in rows.items():
        rates = [rate / 1e6 for rate in row["rates"]]  # type: ignore[attr-defined]
        medians[label] = statistics.median(rates)
        print(
            f"{label:40}{medians[label]:12.1f}{min(rates):10.1f}{max(rates):10.1f}"
            f"{float(row['first_batch_seconds']) * 1000:11.1f} ms"  # type: ignore[arg-type]
        )
    ours = medians["haybale, full permutation, one thread"]
    theirs = medians["streaming, full permutation (naive)"]
    line = {
        "name": "loader",
        "ours": round(ours, 1),
        "peer": round(theirs, 1),
        "unit": "Mtokens/s, full permutation, one process",
        "ratio": round(ours / theirs, 2),
        "peer_version": f"mosaicml-streaming {peer['version']}",
    }
    print(json.dumps(line))


if __name__ == "__main__":
    sys.exit(main())
