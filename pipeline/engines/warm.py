"""Compiles every kernel that a worker uses, so that none compiles its own.

    python -m haybale.pipeline.engines.warm

Most kernels compile when they are first called, the rest when they are imported; so this imports
every module, then builds a few small corpora by every profile and preset there is. What compiles is
kept beside its module or, where that is set, in NUMBA_CACHE_DIR, and serves only processors of the
same name and features: set NUMBA_CPU_NAME and NUMBA_CPU_FEATURES to what all workers have.
"""

import importlib
import itertools
import json
import pkgutil
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path

import haybale
from haybale import corpus, pipeline, quality, tokenization
from haybale.pipeline.build import build
from haybale.pipeline.dedup.presets import PRESETS
from haybale.pipeline.progress import Progress
from haybale.quality.extraction import extract_text
from haybale.quality.profiles import profiles

_ROOMS = (corpus, pipeline, quality, tokenization)
_NUM_PAGES = 60
_TEXT = """
the be to of and that have with hay barn field farm winter summer corn horse river stone meadow wind
rain cloud bright heavy light carry gather stack store feed cattle sheep harvest morning evening
"""
_WORDS = _TEXT.split()
_PEOPLE = (
    "Write to farmer@example.org, call +44 20 7946 0958 or (555) 010-9999, from 192.0.2.7; "
    "the card is 4111 1111 1111 1111. She said that he and they are there. 3,5 % é ü 中文 字"
)
_PAGE = b"<html><body><h1>Hay</h1><p>%s</p><ul><li>corn</li></ul></body></html>"
_RECIPE = """
name = "warm"
{subsets}
[ingest]
part_bytes = 20000

[dedup]
preset = "{preset}"
exact = ["text", "url", "normalised"]

[repeats]
match = "ccnet"
lines = {{}}
paragraphs = {{}}
spans = {{ min_words = 30 }}

[[decontaminate.sets]]
name = "items"
paths = ["items.jsonl"]

[tokenizer]
train = {{ vocabulary_size = 350 }}

[shards]
target_tokens = 20000
validation_fraction = 0.1
best_fit = [64]
document_start = [64]
chunk_tokens = 16
"""
_SUBSET = """
[[subsets]]
name = "{name}"
paths = ["{name}.jsonl"]
mask = ["email", "phone", "ip", "card"]
"""


def warm() -> None:
    """Compile what is not compiled yet."""
    for room in _ROOMS:
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    pages = _pages()
    extract_text(_PAGE % "\n".join(pages[:5]).encode())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "items.jsonl", (page[40:400] for page in pages[:3]))
        subsets = _SUBSET.format(name="plain")
        _write(folder / "plain.jsonl", pages)
        for profile in profiles():
            _write(folder / f"{profile}.jsonl", pages)
            subsets += _SUBSET.format(name=profile) + f'quality = "{profile}"\n'
        for preset in PRESETS:
            recipe = folder / f"{preset}.toml"
            recipe.write_text(_RECIPE.format(subsets=subsets, preset=preset))
            build(recipe, str(folder / preset), progress=Progress(quiet=True))


def _pages() -> list[str]:
    """Pages that share passages, lines and whole texts with others."""
    rng = random.Random(0)

    def lines(count: int) -> str:
        return "\n".join(
            " ".join(rng.choices(_WORDS, k=12)).capitalize() + "." for _ in range(count)
        )

    shared = lines(4)
    pages = [f"{lines(8)}\n\n{shared if at % 3 == 0 else _PEOPLE}" for at in range(_NUM_PAGES)]
    long = lines(80)
    near = f"{long[:4000]} straw {long[4000:]}"
    return [*pages, pages[0], long, near, "short", ""]


def _write(path: Path, texts: Iterable[str]) -> None:
    places = (f"http://example.org/{at}" for at in itertools.count())
    rows = ({"text": text, "url": url} for text, url in zip(texts, places, strict=False))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    warm()
    print(f"haybale {haybale.__version__}: every kernel is compiled")
