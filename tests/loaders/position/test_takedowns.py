"""A saved position and a corpus that documents were taken down from since."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from haybale.corpus.errors import CheckpointMismatchError
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset, TokenLoader

LENGTH, BATCH = 16, 2


@pytest.fixture
def corpus(make_corpus: Callable[..., Path]) -> Path:
    """Twelve documents of 40 tokens for training, four for validation, in each of two subsets."""
    shards = [[[3 + n] * 39 + [1] for n in range(12)], [[30 + n] * 39 + [1] for n in range(4)]]
    return make_corpus({"web": shards, "books": shards}, split="both")


def take_one(corpus: Path, split: str) -> None:
    from haybale.pipeline.progress import Progress
    from haybale.pipeline.takedown.remove import remove

    name = "00000" if split == "train" else "00001"
    table = pa.ipc.open_file(str(corpus / f"shards/{split}/web/{name}.arrow")).read_all()
    ids = np.array([table.column("doc_id")[1].as_py()], "S16")
    remove(Folder(str(corpus)), ids, date="2026-02-03", progress=Progress(quiet=True))


def opened(corpus: Path, split: str) -> TokenLoader:
    return TokenLoader(TokenDataset(corpus, LENGTH, split=split, seed=1), BATCH)


def steps(loader: TokenLoader, count: int) -> list[Any]:
    iterator = iter(loader)
    return [next(iterator)["input_ids"].tolist() for _ in range(count)]


def test_a_takedown_from_another_split_is_gone_on_from_exactly(corpus: Path) -> None:
    loader = opened(corpus, "train")
    first, state = steps(loader, 3), loader.state_dict()
    rest = steps(loader, 5)
    take_one(corpus, "validation")
    again = opened(corpus, "train")
    again.load_state_dict(state)
    assert steps(again, 5) == rest != first
    # Its next position is of the corpus as it is, and taken as such.
    once_more = opened(corpus, "train")
    once_more.load_state_dict(again.state_dict())
    assert once_more.state_dict() == again.state_dict()


def test_a_takedown_from_the_split_is_refused_with_what_to_do(corpus: Path) -> None:
    loader = opened(corpus, "train")
    steps(loader, 3)
    state = loader.state_dict()
    take_one(corpus, "validation")
    take_one(corpus, "train")
    message = (
        r"before 1 documents with 40 tokens were taken down from it, the last on 2026-02-03.*"
        r"Keep the model's checkpoint"
    )
    with pytest.raises(CheckpointMismatchError, match=message):
        opened(corpus, "train").load_state_dict(state)


def test_another_corpus_is_refused_as_such(corpus: Path) -> None:
    loader = opened(corpus, "train")
    state = {**loader.state_dict(), "corpus": "0" * 32}
    take_one(corpus, "train")
    with pytest.raises(CheckpointMismatchError, match="does not fit this dataset"):
        opened(corpus, "train").load_state_dict(state)
