"""How wrong `haybale estimate` is: several samples of real text against the build itself.

    python benchmarks/estimate.py [--samples 8M 16M 32M] [--seeds 0 1 2] [--corpus DIR]

1. `real_text.toml` is built once, one worker, in DIR if that is given; its own records say what it
   held and took.
2. `haybale estimate` is run for each sample size and seed, in a process of its own.
3. For each number: the error relative to the truth, by sample size the median of its amount over
   seeds, and how many intervals held the truth.

Core-seconds differ by a few per cent between any two runs, and by far more on a busy computer.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peers import ROOT

RECIPE = "real_text"
STAGES = ("ingest", "deduplicate", "tokenizer", "tokenize", "document")
CORPUS_FOLDERS = (
    "card",
    "dedup",
    "documents",
    "dropped",
    "edits",
    "lookup",
    "measures",
    "shards",
    "signatures",
    "tokenizer",
)
SHOWN = ("documents", "tokens", "core-seconds here", "shuffles", "disk")
_TEMPORARY = ("deduplicate/banded", "deduplicate/sets", "tokenize/tokens", "lookup/rows", "rows")
_POLL_SECONDS = 0.2

Numbers = dict[str, float]


def haybale(*arguments: str) -> bytes:
    """Standard output of a verb."""
    command = [sys.executable, "-m", "haybale.cli", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; files that go meanwhile count nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).stat().st_size
            except FileNotFoundError:
                continue
    return total


class Watched:
    """Notes the most that is temporary below `run/` while a build runs."""

    def __init__(self, output: Path) -> None:
        self.most = 0
        self._folders = [output / "run" / name for name in _TEMPORARY]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watched":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            self.most = max(self.most, sum(map(size_of, self._folders)))


def truth(output: Path) -> Numbers:
    """What the build held and took, by the names that estimates use."""
    with Watched(output) as watched:
        haybale("build", RECIPE, "--output", str(output), "--workers", "1", "--quiet")
    run = json.loads((output / "run" / "runs" / "0001.json").read_text())
    rows = json.loads((output / "card" / "inputs.json").read_text())["ledger"]

    def ledger(stage: str, outcome: str, amount: str = "documents") -> float:
        return float(
            sum(row[amount] for row in rows if (row["stage"], row["outcome"]) == (stage, outcome))
        )

    found = {
        "documents: read": ledger("ingest", "read"),
        "documents: text as read": ledger("ingest", "read", "text_bytes"),
        "documents: kept by rules": ledger("ingest", "kept"),
        "documents: removed as duplicates": ledger("deduplicate", "removed"),
        "documents: left": ledger("tokenize", "kept"),
        "documents: text left": ledger("tokenize", "kept", "text_bytes"),
        "tokens: in all": ledger("tokenize", "kept", "tokens"),
    }
    for stage in run["stages"]:
        found[f"core-seconds here: {stage['name']}"] = stage["cpu_seconds"]
    found["core-seconds here: in all"] = sum(stage["cpu_seconds"] for stage in run["stages"])
    shuffled = {step["name"]: step["shuffled_bytes"] or 0 for step in run["steps"]}
    found["shuffles: in all"] = float(sum(shuffled.values()))
    for folder in CORPUS_FOLDERS:
        found[f"disk: {folder}/"] = float(size_of(output / folder))
    found["disk: run/ besides, at most"] = float(watched.most)
    return found


def estimated(sample: str, seed: int) -> tuple[dict[str, dict[str, Any]], float]:
    """Numbers of one estimate, and how long it took."""
    begun = time.monotonic()
    raw = haybale("estimate", RECIPE, "--sample", sample, "--seed", str(seed), "--json", "--quiet")
    seconds = time.monotonic() - begun
    nested = json.loads(raw)["whole"]
    return {
        f"{section}: {name}": number
        for section in SHOWN
        for name, number in nested[section].items()
    }, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--samples", nargs="+", default=["8M", "16M", "32M"], metavar="SIZE")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="an empty folder for the build")
    args = parser.parse_args()
    if not os.environ.get("HAYBALE_DATA"):
        print("skipped: HAYBALE_DATA names no folder of real text")
        return
    with tempfile.TemporaryDirectory() as name:
        true = truth((args.corpus or Path(name) / "corpus").absolute())
    print(
        f"built: {true['core-seconds here: in all']:.0f} core-seconds", file=sys.stderr, flush=True
    )
    errors: dict[str, dict[str, list[float]]] = {key: {} for key in true}
    covered: dict[str, list[bool]] = {key: [] for key in true}
    for sample in args.samples:
        for seed in args.seeds:
            numbers, seconds = estimated(sample, seed)
            tokens = numbers["tokens: in all"]["value"] / true["tokens: in all"] - 1
            said = f"sample {sample}, seed {seed}: {seconds:.0f} s, tokens {tokens:+.1%}"
            print(said, file=sys.stderr, flush=True)
            for key, value in true.items():
                number = numbers[key]
                error = number["value"] / value - 1 if value else float(number["value"] > 0)
                errors[key].setdefault(sample, []).append(error)
                covered[key].append(number["low"] <= value <= number["high"])
    show(true, errors, covered, args.samples)
    last = args.samples[-1]

    def worst(chosen: Callable[[str], bool]) -> float:
        amounts = [typical(found[last]) for key, found in errors.items() if chosen(key)]
        return round(max(amounts), 3)

    tokens = typical(errors["tokens: in all"][last])
    print(
        json.dumps(
            {
                "name": "estimate",
                "ours": round(tokens, 4),
                "peer": None,
                "unit": f"relative error of tokens, median over seeds, sample of {last}",
                "ratio": None,
                "peer_version": "no peer estimates",
                "documents": worst(lambda key: key == "documents: left"),
                "core_seconds": worst(lambda key: key == "core-seconds here: in all"),
                "shuffle": worst(lambda key: key.startswith("shuffles")),
                "shards": worst(lambda key: key == "disk: shards/"),
                "covered": round(
                    sum(map(sum, covered.values())) / sum(map(len, covered.values())), 3
                ),
            }
        )
    )


def typical(errors: list[float]) -> float:
    """The median of their amounts."""
    return statistics.median(map(abs, errors))


def show(
    true: Numbers,
    errors: dict[str, dict[str, list[float]]],
    covered: dict[str, list[bool]],
    samples: list[str],
) -> None:
    """A table for people."""
    print(f"{'':40}{'truth':>16}" + "".join(f"{name:>9}" for name in samples) + f"{'held':>9}")
    for key, value in true.items():
        amounts = "".join(f"{typical(errors[key][name]):9.1%}" for name in samples)
        held = f"{sum(covered[key])}/{len(covered[key])}"
        print(f"{key:40}{value:16,.0f}{amounts}{held:>9}")


if __name__ == "__main__":
    main()
