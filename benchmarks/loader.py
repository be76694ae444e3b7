"""Tokens per second of TokenLoader beside four packages and two floors, by class of guarantee.

Everyone loads the same token file, written once by its own writer, and delivers the same tensors
from one process without workers: contiguous int64 [8, 2048] inputs and labels. Files are in the
page cache, the order of runs alternates, and each pass ends early after `MAX_SECONDS`. Classes:

- sequential: in the order of the file
- window: shuffled within windows, whose size each row states
- full: one permutation of all samples
- mixed: three sources at 0.5, 0.3 and 0.2, each in a full permutation where the package has one

"tokens" is what peers deliver; "all" adds positions, boundaries, and labels that stop at documents.
"""

import json
import random
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from loader_contestants import Contestant
from loader_corpora import make_tokens, write_corpus
from loader_pass import BATCH_SIZE, SEQUENCE_LENGTH, WEIGHTS
from peers import peer_python

NUM_TOKENS = (1 << 27) + 1
"""A label for the last sample, so that every peer delivers all of them."""

NUM_REPEATS = 5
MAX_SECONDS = 2.0
TORCH = "torch==2.13.0"
PEERS = {
    "streaming": ("mosaicml-streaming", "mosaicml-streaming==0.13.0", TORCH),
    "litdata": ("litdata", "litdata==0.2.76", TORCH),
    "datasets": ("datasets", "datasets==5.2.0", TORCH),
    "megatron": ("megatron-core", "megatron-core==0.16.1", TORCH),
}
WINDOWS = {
    "haybale": "8 blocks, 17 M tokens",
    "streaming": "py1e, 262,144 samples",
    "litdata": "a chunk, 16 M tokens",
    "datasets": "4,096 samples, 8 M tokens",
}
SAME_SAMPLES = ("haybale", "streaming", "datasets")
"""Who cuts the same samples, each exactly once a pass, so that sums must agree."""

OURS = "tokens, prefetch 0"


def prepare(folder: Path) -> tuple[int, int]:
    """Write the tokens and our corpora; the sums that a whole pass of inputs and labels makes."""
    tokens = make_tokens(NUM_TOKENS)
    parts = [make_tokens(NUM_TOKENS // 3, seed) for seed in range(len(WEIGHTS))]
    names = ["tokens", *(f"tokens-{number}" for number in range(len(parts)))]
    for name, part in zip(names, [tokens, *parts], strict=True):
        np.save(folder / f"{name}.npy", part.ids)
        np.save(folder / f"{name}-offsets.npy", part.offsets)
    write_corpus(folder / "corpus", {"made": tokens})
    subsets = {f"source-{number}": part for number, part in enumerate(parts)}
    write_corpus(folder / "mixed", subsets, dict(zip(subsets, WEIGHTS, strict=True)))
    ids = tokens.ids
    return int(ids[:-1].sum(dtype=np.int64)), int(ids[1:].sum(dtype=np.int64))


def compete(
    contestants: list[Contestant], sums: tuple[int, int]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Every pass once to warm up and to check what is delivered, then in alternating order."""
    runs = [(contestant, name) for contestant in contestants for name in contestant.passes]
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for contestant, name in runs:
        whole = contestant.run(name, float("inf"))
        if contestant.name in SAME_SAMPLES and not name.startswith(("mixed", "floor: copying")):
            keys = ("sum_inputs",) if "all" in name else ("sum_inputs", "sum_labels")
            delivered = [whole[key] for key in keys]
            if not whole["complete"] or delivered != list(sums)[: len(delivered)]:
                raise SystemExit(f"{contestant.name}, {name}: delivered {delivered}, wrote {sums}")
        found[contestant.name, name] = []
    for number in range(NUM_REPEATS):
        random.Random(number).shuffle(runs)
        for contestant, name in runs:
            found[contestant.name, name].append(contestant.run(name, MAX_SECONDS))
    return found


@dataclass(frozen=True)
class Row:
    """Medians of a pass's runs, with the lowest and the highest rate; tokens in millions."""

    rate: float
    lowest: float
    highest: float
    p99_milliseconds: float
    cpu_seconds_per_billion: float
    first_milliseconds: float


def summarise(runs: list[dict[str, Any]]) -> Row:
    rates = [run["tokens"] / run["seconds"] / 1e6 for run in runs]
    return Row(
        statistics.median(rates),
        min(rates),
        max(rates),
        statistics.median(run["p99_seconds"] * 1e3 for run in runs),
        statistics.median(run["cpu_seconds"] / run["tokens"] * 1e9 for run in runs),
        statistics.median(run["first_seconds"] * 1e3 for run in runs),
    )


def show(rows: dict[tuple[str, str], Row]) -> None:
    print(f"{NUM_TOKENS:,} tokens, T = {SEQUENCE_LENGTH}, B = {BATCH_SIZE}, one process, CPU")
    print(f"median of {NUM_REPEATS}; the floor 'copying' copies [2, 8, 2048] int64 from 16 MiB")
    head = ("Mtokens/s", "lowest", "highest", "p99 gap ms", "CPU s/Gtoken", "first ms")
    for kind in ("floor", "sequential", "window", "full", "mixed"):
        print(f"\n{kind:58}" + "".join(f"{text:>13}" for text in head))
        chosen = [(who, name, row) for (who, name), row in rows.items() if name.startswith(kind)]
        for who, name, row in sorted(chosen, key=lambda one: -one[2].rate):
            rest = name.removeprefix(kind).lstrip(":, ")
            window = WINDOWS[who] if kind == "window" else ""
            label = ", ".join(part for part in (who, window, rest) if part)
            print(f"{label:58}{row.rate:13.1f}{row.lowest:13.1f}{row.highest:13.1f}", end="")
            print(f"{row.p99_milliseconds:13.3f}{row.cpu_seconds_per_billion:13.2f}", end="")
            print(f"{row.first_milliseconds:13.1f}")
    print()


def claims(rows: dict[tuple[str, str], Row], versions: dict[str, str]) -> None:
    """A line for each claim: ours beside the best peer of the class, as peers deliver."""
    for kind in ("sequential", "window", "full", "mixed"):
        theirs = [run for run in rows if run[0] in PEERS and run[1].startswith(kind)]
        best = max(theirs, key=lambda run: rows[run].rate)
        claim(f"loader/{kind}", rows["haybale", f"{kind}, {OURS}"], rows[best], versions[best[0]])
    full = rows["haybale", f"full, {OURS}"]
    floors = {
        "litdata's window": (rows["litdata", "window"], versions["litdata"]),
        "copying": (rows["haybale", "floor: copying"], "NumPy"),
        "tokens by hand": (rows["haybale", "floor: by hand, full"], "NumPy"),
    }
    for what, (row, version) in floors.items():
        claim(f"loader/full against {what}", full, row, version)


def claim(name: str, ours: Row, peer: Row, version: str) -> None:
    """Two lines: what was delivered in a second, and what it took of the processor."""
    rates = ("Mtokens/s, one process", ours.rate, peer.rate, ours.rate / peer.rate)
    cpu = (ours.cpu_seconds_per_billion, peer.cpu_seconds_per_billion)
    for unit, mine, theirs, ratio in (rates, ("CPU s/Gtoken", *cpu, cpu[1] / cpu[0])):
        line = {
            "name": name,
            "ours": round(mine, 2),
            "peer": round(theirs, 2),
            "unit": unit,
            "ratio": round(ratio, 2),
            "peer_version": version,
        }
        print(json.dumps(line))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sums = prepare(folder)
        pythons = {who: peer_python(*requirements) for who, requirements in PEERS.items()}
        pythons["haybale"] = Path(sys.executable)
        contestants = []
        try:
            for who, python in pythons.items():
                contestants.append(Contestant.start(who, python, folder))
            found = compete(contestants, sums)
        finally:
            for contestant in contestants:
                contestant.stop()
    rows = {run: summarise(results) for run, results in found.items()}
    show(rows)
    claims(rows, {contestant.name: contestant.version for contestant in contestants})


if __name__ == "__main__":
    sys.exit(main())
