"""Small corpora built once: two runs of one recipe over different texts."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

RECIPE = """
name = "built"
[[subsets]]
name = "web"
paths = ["web/*.jsonl"]
[[subsets]]
name = "books"
paths = ["books/*.jsonl"]
[ingest]
part_bytes = 9000
identify_language = false
count_people = false
[dedup]
[tokenizer]
train = { vocabulary_size = 290 }
[shards]
target_tokens = 1000
validation_fraction = 0.2
"""


def _text(rng: random.Random) -> str:
    words = ["hay", "bale", "field", "farm", "barn", "wagon", "river", "stone", "meadow", "corn"]
    lines = (" ".join(rng.choice(words) for _ in range(8)) for _ in range(6))
    return "\n".join(lines)


def _build(folder: Path, seed: int) -> Path:
    from haybale.pipeline.build import build
    from haybale.pipeline.progress import Progress

    rng = random.Random(seed)
    for name in ("web/a", "web/b", "books/c"):
        texts = [_text(rng) for _ in range(20)]
        texts += texts[3:5] if name == "web/b" else []  # exact duplicates of two
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (folder / "recipe.toml").write_text(RECIPE)
    build(folder / "recipe.toml", str(folder / "out"), progress=Progress(quiet=True))
    return folder / "out"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished corpus, not to be changed."""
    return _build(tmp_path_factory.mktemp("built"), 0)


@pytest.fixture(scope="session")
def other_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same recipe over other texts, not to be changed."""
    return _build(tmp_path_factory.mktemp("other"), 1)


@pytest.fixture
def corpus(built: Path, tmp_path: Path) -> Path:
    """A copy of the finished corpus."""
    return Path(shutil.copytree(built, tmp_path / "out", ignore=shutil.ignore_patterns("run")))


@pytest.fixture(scope="session")
def problems() -> Callable[..., tuple[str, ...]]:
    """What verification finds in a corpus, its tokenizer at hand."""
    from haybale.corpus.storage import Folder
    from haybale.corpus.verify import verify_corpus
    from haybale.tokenization.tokenizer import read_tokenizer

    def find(corpus: Path, *, full: bool = False) -> tuple[str, ...]:
        return verify_corpus(Folder(str(corpus)), full=full, tokenizer=read_tokenizer).problems

    return find
