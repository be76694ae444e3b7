"""Small corpora of real text, for the benchmarks that train."""

import os
import subprocess
import sys
from pathlib import Path

from peers import ROOT

WEB = """\
name = "web"

[[subsets]]
name = "massiveweb"
paths = ["${HAYBALE_DATA}/massiveweb/*.jsonl.zst"]
quality = "gopher"

[[subsets]]
name = "news"
paths = ["${HAYBALE_DATA}/news/*.jsonl.zst"]

[dedup]
preset = "gopher"

[tokenizer]
train = { kind = "unigram", vocabulary_size = 1000, sample_bytes = 4_000_000 }

[shards]
target_tokens = 4_000_000
validation_fraction = 0.02
"""
"""Web pages and news; so few pieces that models of some ten thousand parameters can be trained."""


def has_real_text() -> bool:
    """Whether HAYBALE_DATA is set; says so where it is not."""
    if os.environ.get("HAYBALE_DATA"):
        return True
    print("skipped: HAYBALE_DATA names no folder of real text")
    return False


def data_folder() -> Path:
    """The real text."""
    return Path(os.environ["HAYBALE_DATA"])


def haybale(*arguments: object) -> str:
    """Standard output of a verb; it trains on one thread of the CPU, and its errors are shown."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "haybale.cli", *map(str, arguments)]
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ).stdout


def build(recipe: str, output: Path) -> Path:
    """The corpus of a recipe's text, beside which the recipe is left; a finished one is kept."""
    path = output.with_suffix(".toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(recipe)
    haybale("build", path, "--output", output)
    return output
