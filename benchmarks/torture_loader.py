"""Kills training runs at random moments and resumes them otherwise: no sample is lost or repeated.

python torture_loader.py [--schedules N] [--processes N] [--seed S]

A schedule is a run of two to five lives. Each has another world size (1 to 8), batch size, number
of micro-batches and depth of prefetch, reads shards mapped or in parts, may append a stage to the
mixture, and may skip steps; it ends by a kill at a random moment, also within a step or while a
checkpoint is saved. All samples that were handed out before the checkpoint that was found, over all
ranks and lives, must be those of one sequence, in its order, each as a freshly opened dataset has
it. In `--processes` of the schedules ranks are processes and are killed by SIGKILL; in the others
they are objects and are dropped. A failure prints the seed that repeats it.
"""

import argparse
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path

import torch
from loader_corpora import make_tokens, write_corpus
from torture_schedule import Schedule

SOURCES = ["books", "code", "web"]
NUM_TOKENS = (3000, 900, 2000)
LONG_AND_SHORT = (3.5, 1.5)
"""Means of the logarithm of documents' lengths: 33 tokens, and 5."""


def make_corpora(folder: Path) -> list[Path]:
    """Corpora of small shards, with documents much longer and shorter than samples."""
    paths = []
    for number, log_length in enumerate(LONG_AND_SHORT):
        subsets = {
            source: make_tokens(tokens, 10 * number + at, log_length)
            for at, (source, tokens) in enumerate(zip(SOURCES, NUM_TOKENS, strict=True))
        }
        paths.append(write_corpus(folder / f"corpus-{number}", subsets, shard_tokens=500))
    return paths


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    start, failed, deaths, samples = time.perf_counter(), [], 0, 0
    with tempfile.TemporaryDirectory() as name:
        corpora = make_corpora(Path(name))
        for number in range(wanted.schedules):
            real = number < wanted.processes
            schedule = Schedule(wanted.seed + number, corpora, SOURCES, real)
            try:
                schedule.run()
            except Exception:
                failed.append(wanted.seed + number)
                traceback.print_exc()
                how = f"--schedules 1 --processes {int(real)} --seed {wanted.seed + number}"
                print(f"repeat it: python benchmarks/torture_loader.py {how}", flush=True)
            deaths += schedule.deaths
            samples += schedule.num_samples
            if number % 250 == 249:
                print(f"{number + 1:,} schedules, {len(failed)} failed", flush=True)
    num_real = min(wanted.schedules, wanted.processes)
    print(
        f"{wanted.schedules:,} schedules ({num_real:,} with processes and SIGKILL), "
        f"{deaths:,} deaths, {samples:,} samples compared, {len(failed)} failed, "
        f"{time.perf_counter() - start:.0f} s"
    )
    print(
        json.dumps(
            {
                "name": "torture_loader",
                "ours": wanted.schedules - len(failed),
                "peer": wanted.schedules,
                "unit": "schedules without a lost or repeated sample; peer is all of them",
                "ratio": round(1 - len(failed) / wanted.schedules, 5),
                "peer_version": "none",
            }
        )
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
