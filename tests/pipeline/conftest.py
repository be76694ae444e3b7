"""Small corpora made here: prose from a word list, so that a vocabulary can be learned from it."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

_TEXT = """
the be to of and that have with hay bale field farm winter summer corn barn wagon horse river stone
meadow wind rain cloud early late green yellow bright heavy light carry gather stack dry store feed
cattle sheep morning evening harvest labour village market road bridge water garden
"""
WORDS = _TEXT.split()


def make_prose(seed: int, num_words: int = 120) -> str:
    """Lines of words; different seeds give unrelated texts."""
    rng = random.Random(seed)
    words = [rng.choice(WORDS) for _ in range(num_words)]
    lines = [" ".join(words[at : at + 12]) + "." for at in range(0, num_words, 12)]
    return "\n".join(lines)


@pytest.fixture(scope="session")
def prose() -> Callable[..., str]:
    return make_prose


def write_jsonl(path: Path, records: Iterable[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return make_input(tmp_path)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus that `recipe` gives when nothing disturbs its build."""
    from haybale.pipeline.build import build
    from haybale.pipeline.progress import Progress

    folder = tmp_path_factory.mktemp("undisturbed")
    build(make_input(folder), str(folder / "out"), progress=Progress(quiet=True))
    return folder / "out"


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of `planted_sources`, of which everything was known before."""
    from planted_sources import build_planted

    return build_planted(tmp_path_factory.mktemp("planted"))


def make_input(tmp_path: Path) -> Path:
    """A recipe of two subsets with planted exact and near duplicates, and its input beside it."""
    base = [make_prose(seed) for seed in range(60)]
    near = base[3].replace("hay", "straw", 1)  # at most 13 of its 108 shingles differ
    web = [*base[:40], base[0], base[1], near, near, base[3], "too short", ""]
    write_jsonl(
        tmp_path / "web" / "a.jsonl", [{"id": i, "text": t} for i, t in enumerate(web[:25])]
    )
    write_jsonl(
        tmp_path / "web" / "b.jsonl", [{"id": i, "text": t} for i, t in enumerate(web[25:])]
    )
    write_jsonl(tmp_path / "books" / "c.jsonl", [{"text": text} for text in base[38:]])
    return write_recipe(tmp_path / "recipe.toml")


def write_recipe(path: Path, extra: str = "") -> Path:
    path.write_text(
        f"""
name = "small"

[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
quality = "gopher"

[[subsets]]
name = "books"
paths = ["books/*.jsonl"]

[ingest]
part_bytes = 5000
identify_language = false

[dedup]

[tokenizer]
train = {{ vocabulary_size = 340 }}

[shards]
target_tokens = 2000
validation_fraction = 0.1
{extra}
"""
    )
    return path
