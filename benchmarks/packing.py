"""Best-fit packing beside OLMo-core's packer: the same number of sequences, how fast.

    python benchmarks/packing.py [--documents 300000] [--sequence-length 2048]

Lengths are those of the documents that HAYBALE_DATA names, drawn with replacement, a token for
every four bytes; without it they are lognormal (median 400 tokens, sigma 1.2). One core. The packer
of OLMo-core (segment tree, plain Python) gets the documents already cut into pieces; ours cuts them
too and puts the index in order. Also printed: what packing costs in padding and in documents cut.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import tempfile
import time
from importlib.metadata import version
from os import environ
from pathlib import Path

import numpy as np
import numpy.typing as npt
from peers import peer_python

from haybale.tokenization.packing import PACKERS
from haybale.tokenization.packing.measure import packing_counts

REQUIREMENTS = ("torch==2.13.0", "ai2-olmo-core==3.0.0")
SOURCES = ("massiveweb", "news", "wikipedia", "github", "books")
BYTES_PER_TOKEN = 4
NUM_REPEATS = 7
PEER_REPEATS = 3

PEER = """
import json, sys, time
from importlib.metadata import version
import numpy as np
from olmo_core.data.utils import InstancePacker

pieces, length, repeats = np.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
seconds = []
for _ in range(repeats):
    packer = InstancePacker(length)
    begun = time.perf_counter()
    instances, _, num_tokens = packer.pack_documents(pieces)
    seconds.append(time.perf_counter() - begun)
print(json.dumps({
    "seconds": seconds, "sequences": len(instances), "tokens": int(num_tokens),
    "version": version("ai2-olmo-core"),
}))
"""


def real_lengths() -> npt.NDArray[np.int64]:
    import orjson
    import zstandard

    lengths = []
    for source in SOURCES:
        for path in sorted(Path(environ["HAYBALE_DATA"], source).glob("*.jsonl.zst")):
            with path.open("rb") as file:
                lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
            lengths += [len(orjson.loads(line)["text"].encode()) for line in lines]
    return np.array(lengths) // BYTES_PER_TOKEN + 1  # and EOS


def draw_offsets(num_documents: int) -> tuple[str, npt.NDArray[np.int64]]:
    """Where documents begin, and where their lengths are from."""
    rng = np.random.default_rng(0)
    if environ.get("HAYBALE_DATA"):
        known = real_lengths()
        lengths = rng.choice(known, num_documents)
        source = f"lengths of {len(known):,} real documents, drawn with replacement"
    else:
        lengths = np.ceil(rng.lognormal(np.log(400), 1.2, num_documents)).astype(np.int64) + 1
        source = "lognormal lengths"
    return source, np.concatenate([[0], np.cumsum(lengths)])


def cut(offsets: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.uint64]:
    """Begin and end of the pieces that OLMo-core's packer takes."""
    pairs = itertools.pairwise(offsets.tolist())
    pieces = [
        (at, min(at + length, end)) for start, end in pairs for at in range(start, end, length)
    ]
    return np.array(pieces, np.uint64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=300_000, metavar="N")
    parser.add_argument("--sequence-length", type=int, default=2048, metavar="T")
    args = parser.parse_args()
    length = args.sequence_length
    source, offsets = draw_offsets(args.documents)
    seconds = []
    for _ in range(NUM_REPEATS):
        begun = time.perf_counter()
        packing = PACKERS["best_fit"](offsets, length)
        seconds.append(time.perf_counter() - begun)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pieces.npy"
        np.save(path, cut(offsets, length))
        command = [peer_python("olmo-core", *REQUIREMENTS), "-c", PEER, path, length, PEER_REPEATS]
        found = subprocess.run(
            list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True
        )
    peer = json.loads(found.stdout.splitlines()[-1])
    same = (packing.num_sequences, packing.num_tokens) == (peer["sequences"], peer["tokens"])
    assert same, "OLMo-core makes another number of sequences"

    rate = args.documents / statistics.median(seconds) / 1e6
    peer_rate = args.documents / statistics.median(peer["seconds"]) / 1e6
    print(f"{args.documents:,} documents ({source}), {len(packing.starts):,} pieces,")
    print(f"{packing.num_sequences:,} sequences of {length} from both\n")
    print(f"{'best-fit packing, one core':28} {'M documents/s':>14} {'slowest':>9} {'fastest':>9}")
    for name, each in (("haybale", seconds), (f"OLMo-core {peer['version']}", peer["seconds"])):
        rates = [args.documents / one / 1e6 for one in (statistics.median(each), *_ends(each))]
        print(f"{name:28} {rates[0]:14.3f} {rates[1]:9.3f} {rates[2]:9.3f}")
    print(f"\n{'':28} {'padding':>9} {'dropped':>9} {'documents cut':>14}")
    for kind, pack in PACKERS.items():
        counts = packing_counts(pack(offsets, length), offsets, 0)
        padding = counts["padding_tokens"] / counts["positions"]
        dropped = counts["dropped_tokens"] / int(offsets[-1])
        whole = counts["documents_cut"] / args.documents
        print(f"{kind.replace('_', ' '):28} {padding:9.3%} {dropped:9.2%} {whole:14.2%}")
    share = counts["documents_cut_by_concatenation"] / args.documents
    print(f"{'concatenate and cut':28} {0:9.3%} {0:9.2%} {share:14.2%}\n")
    print(
        json.dumps(
            {
                "name": "packing",
                "ours": round(rate, 3),
                "peer": round(peer_rate, 4),
                "unit": f"million documents per second, best fit at {length}, one core",
                "ratio": round(rate / peer_rate, 1),
                "peer_version": f"ai2-olmo-core {peer['version']}",
                "haybale": version("haybale"),
            }
        )
    )


def _ends(seconds: list[float]) -> tuple[float, float]:
    return max(seconds), min(seconds)


if __name__ == "__main__":
    main()
