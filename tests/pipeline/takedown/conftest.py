"""The corpus of `taken_corpora`, built once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from taken_corpora import write_input

from haybale.corpus.storage import Folder


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished corpus, not to be changed."""
    from haybale.pipeline.build import build
    from haybale.pipeline.progress import Progress

    folder = tmp_path_factory.mktemp("asked")
    build(write_input(folder), str(folder / "out"), progress=Progress(quiet=True))
    return folder / "out"


@pytest.fixture
def corpus(asked: Path, tmp_path: Path) -> Path:
    """A copy of the finished corpus, its run/ among it."""
    return Path(shutil.copytree(asked, tmp_path / "out"))


@pytest.fixture(scope="session")
def verified() -> Callable[..., tuple[tuple[str, ...], tuple[str, ...]]]:
    """What a full verification finds, and what it could not check."""
    from haybale.corpus.verify import verify_corpus
    from haybale.tokenization.tokenizer import read_tokenizer

    def find(corpus: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        result = verify_corpus(Folder(str(corpus)), full=True, tokenizer=read_tokenizer)
        return result.problems, result.not_checked

    return find
