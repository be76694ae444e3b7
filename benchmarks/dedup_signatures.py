"""MinHash signatures in megabytes of text per core-second, beside datasketch, rensa, datatrove.

    python benchmarks/dedup_signatures.py [--megabytes 8]

All get the same English documents in memory and one core; reading, start-up and compilation are
left out. CPU seconds: the median of five passes for us, one pass of each peer in its own
environment. Shingles of 5 and of 13 words, 112 hashes (14 bands of 8) and 128 (16 of 8).

What differs. datasketch and rensa take shingles, so Python splits the text into the very shingles
that we hash, as quickly as it can, and that counts; what they make of shingles that are ready is
shown beside it. datasketch computes the same permutations (affine32) of another hash (XXH32, its
quickest). rensa computes another sketch (Fast Similarity Sketching, not the least value of each
permutation). Its rho variant reads a sample of the shingles. datatrove's stage as it is splits
words with spaCy, replaces digits and takes accents off, and writes and sorts its buckets; in the
second row words are split at white space, and digits and accents stay, as with us.

Below: what others have published of whole deduplications, as megabytes per core-second or per
dollar. These are other machines, texts and settings, and more than signatures.
"""

import argparse
import itertools
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from peers import DATATROVE, peer_python
from samples import batches, cpu_seconds, library_text, real_text, spread_sample

from haybale.corpus.documents import text_data, text_offsets
from haybale.pipeline.dedup.band_keys import band_digests
from haybale.pipeline.dedup.minhash import minima_of, permutations, premix, sign, values_for
from haybale.pipeline.dedup.normal_form import normalised_digests, tables
from haybale.pipeline.dedup.shingles import Scratch, Shingles, hash_shingles

PEER_SCRIPT = Path(__file__).with_name("dedup_signatures_peer.py")
DATASKETCH = ("datasketch==2.0.0", "xxhash")
RENSA = ("rensa==0.5.0",)
HASHED = "rensa 0.5.0, of hashes"
PEERS = {
    "datasketch 2.0.0": ("datasketch", "datasketch", DATASKETCH),
    "rensa 0.5.0": ("rensa", "rensa", RENSA),
    "rensa 0.5.0, rho": ("rensa-rho", "rensa", RENSA),
    HASHED: ("rensa-hashes", "rensa", RENSA),
    "datatrove 0.10.1, its stage": ("datatrove", "datatrove", DATATROVE),
    "datatrove 0.10.1, words split at white space": (
        "datatrove-whitespace",
        "datatrove",
        DATATROVE,
    ),
}
SETTINGS = [(length, hashes, hashes // 8) for length in (5, 13) for hashes in (112, 128)]
HEADLINE = (5, 112, 14)

DOLLARS_PER_CORE_HOUR = 0.05
"""An assumption, about what a virtual core with 4 GB is let for; with it we are put in dollars."""


@dataclass(frozen=True)
class Published:
    """A whole deduplication as its authors report it.

    Attributes:
        what: System, size and machines.
        megabytes: Text deduplicated.
        units: Cores or GPUs.
        hours: Wall time.
        dollars_per_unit_hour: From the source; None: not given.
        source: Where it stands.
    """

    what: str
    megabytes: float
    units: int
    hours: float
    dollars_per_unit_hour: float | None
    source: str

    def explain(self) -> str:
        """The rate, with the arithmetic."""
        unit_hours = self.units * self.hours
        rate = self.megabytes / unit_hours / 3600
        lines = [
            f"  {self.what} ({self.source})",
            f"    {self.megabytes:.2g} MB / ({self.units} x {self.hours:.2f} h x 3600 s) = "
            f"{rate:.2f} MB a second each",
        ]
        if self.dollars_per_unit_hour is not None:
            dollars = unit_hours * self.dollars_per_unit_hour
            lines.append(
                f"    {unit_hours:.1f} h x ${self.dollars_per_unit_hour:.2f} = ${dollars:.0f}; "
                f"{self.megabytes / dollars / 1000:.0f} GB a dollar"
            )
        return "\n".join(lines)


PUBLISHED = (
    # The price is Curator's own: 10.7 h on CPUs for $315 became 0.65 h on 24 GPUs for $190.
    Published(
        "NeMo Curator, 8 TB, 8 H100",
        8e6,
        8,
        2.05,
        190 / (24 * 0.65),
        "README of NVIDIA-NeMo/Curator",
    ),
    Published(
        "data-juicer, 5 TB, 1,280 cores, 256 hashes",
        5e6,
        1280,
        168.1 / 60,
        None,
        "issue 546 of datajuicer/data-juicer",
    ),
)


def ask(peer: str, path: Path, setting: tuple[int, int, int]) -> dict[str, float]:
    """CPU seconds of a peer."""
    kind, name, requirements = PEERS[peer]
    found = subprocess.run(
        [peer_python(name, *requirements), PEER_SCRIPT, kind, path, *map(str, setting)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"RAYON_NUM_THREADS": "1"},
    )
    answer: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return answer


def print_peers(
    setting: tuple[int, int, int], ours: float, path: Path, megabytes: float
) -> dict[str, float]:
    """A table; returns each peer's CPU seconds."""
    length, num_hashes, _ = setting
    print(f"\n{length}-word shingles, {num_hashes} hashes       MB per core-second   ratio")
    print(f"  {'haybale':46} {megabytes / ours:8.2f}")
    seconds = {}
    for peer in (peer for peer in PEERS if peer != HASHED):
        answer = ask(peer, path, setting)
        seconds[peer] = answer["seconds"]
        ready = answer.get("signing")
        more = f"   (shingles ready: {megabytes / ready:.1f})" if ready else ""
        print(f"  {peer:46} {megabytes / seconds[peer]:8.2f} {seconds[peer] / ours:7.1f}{more}")
    return seconds


@njit  # type: ignore[untyped-decorator]
def sign_hashes(
    hashes: Any, rows: Any, multipliers: Any, additions: Any, values: Any, signatures: Any
) -> None:
    """What `sign` does of hashes that are there."""
    for row in range(len(rows) - 1):
        count = rows[row + 1] - rows[row]
        premix(hashes[rows[row] : rows[row + 1]], count, values)
        minima_of(values, count, multipliers, additions, signatures[row])


def print_hashed(texts: list[str], folder: Path, megabytes: float) -> None:
    """Signatures of shingles that are hashed already: no text is read."""
    length, num_hashes, _ = HEADLINE
    array, shingles = pa.array(texts, pa.large_string()), Shingles("words", length)
    offsets, data = text_offsets(array), text_data(array)
    scratch = Scratch.for_texts(offsets, shingles)
    sets = []
    for start, stop in itertools.pairwise(offsets.tolist()):
        count = hash_shingles(data, start, stop, tables(), True, length, scratch)
        sets.append(scratch.hashes[:count].copy())
    hashes = np.concatenate(sets)
    rows = np.cumsum([0, *map(len, sets)])
    (folder / "hashes.bin").write_bytes(hashes.tobytes())
    (folder / "rows.bin").write_bytes(rows.tobytes())
    signatures, values = np.empty((len(texts), num_hashes), np.uint32), values_for(scratch)
    parameters = permutations(num_hashes)
    ours = cpu_seconds(
        lambda _: sign_hashes(hashes, rows, *parameters, values, signatures), [array]
    )
    theirs = ask(HASHED, folder / "texts.json", HEADLINE)["seconds"]
    print(f"\n{num_hashes} hashes of {length}-word shingles hashed already, MB of their text")
    print(f"  {'haybale':46} {megabytes / ours:8.0f}")
    print(f"  {'rensa 0.5.0':46} {megabytes / theirs:8.0f} {theirs / ours:7.2f}")


def print_own(arrays: list[pa.Array], megabytes: float) -> None:
    """What else signatures are made of."""
    rows: dict[str, Callable[[pa.Array], object]] = {
        "slimpajama: 13 characters, 128 hashes": lambda texts: sign(
            texts, Shingles("characters", 13), 128
        ),
        "refinedweb: 5 words, digests of 450 bands of 20": lambda texts: band_digests(
            texts, Shingles("words", 5), 450, 20
        ),
        "digest of the normal form": normalised_digests,
    }
    print("\nothers of ours                         MB per core-second")
    for what, function in rows.items():
        print(f"  {what:46} {megabytes / cpu_seconds(function, arrays):8.2f}")


def print_published(megabytes: float, num_documents: int, seconds: float) -> None:
    """Rates that others report of all of deduplication, under ours of signatures alone."""
    rate = megabytes / seconds
    dollars = 1 / 3600 * DOLLARS_PER_CORE_HOUR
    print("\npublished, of all of deduplication; ours is of signatures alone")
    print(f"  haybale, {rate:.0f} MB and {num_documents / seconds:.0f} documents a core-second")
    print(
        f"    {rate:.0f} MB x 3600 s / ${DOLLARS_PER_CORE_HOUR:.2f} a core-hour (assumed) = "
        f"{rate / dollars / 1000:.0f} GB a dollar"
    )
    for each in PUBLISHED:
        print(each.explain())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=8.0, help="size of the sample")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = real_text() if os.environ.get("HAYBALE_DATA") else library_text()
    texts = spread_sample(texts, int(args.megabytes * 1e6))
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    arrays = batches(texts)
    print(f"{len(texts)} documents, {megabytes:.1f} MB, one core")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(texts))
        for setting in SETTINGS:
            shingles, num_hashes = Shingles("words", setting[0]), setting[1]
            ours = cpu_seconds(lambda array, s=shingles, n=num_hashes: sign(array, s, n), arrays)
            seconds = print_peers(setting, ours, path, megabytes)
            if setting == HEADLINE:
                headline, headline_peers = ours, seconds
        print_hashed(texts, Path(folder), megabytes)
    print_own(arrays, megabytes)
    print_published(megabytes, len(texts), headline)
    print()
    rensa = headline_peers["rensa 0.5.0"]
    print(
        json.dumps(
            {
                "name": "dedup_signatures",
                "ours": round(megabytes / headline, 1),
                "peer": round(megabytes / rensa, 2),
                "unit": "MB of text per core-second, 5-word shingles, 112 hashes",
                "ratio": round(rensa / headline, 1),
                "peer_version": "rensa 0.5.0",
                "haybale": version("haybale"),
            }
        )
    )


if __name__ == "__main__":
    main()
