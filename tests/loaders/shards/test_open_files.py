"""Samples read from files in parts are those that maps give, within a bound of open files."""

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset
from haybale.loaders.shards import local, open_files
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.open_files import OpenFiles
from haybale.loaders.shards.shard_files import ShardFiles

EOS = 1
DOCUMENTS = [[5, 6, 7, EOS], [8, 9, EOS], [10, 11, 12, 13, EOS]] * 4
SHARD = "shards/train/books/00000.arrow"
OPTIONS = ({}, {"packing": "best_fit"}, {"labels_across_documents": True})


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, datasets read files in parts."""
    return lambda: monkeypatch.setattr(local, "MAX_MAPPED_BYTES", 0)


@pytest.fixture
def corpus(make_corpus: Callable[..., Path]) -> Path:
    shards = [DOCUMENTS, [[20, 21, EOS]] * 9, DOCUMENTS[::-1]]
    return make_corpus({"books": shards}, vocabulary_size=1000, packings=[("best_fit", 8)])


def _files(corpus: Path) -> OpenFiles:
    index = IndexRows(read_index(Folder(corpus)))
    return OpenFiles(ShardFiles(Folder(corpus), index), len(index.shards))


def _open_descriptors(corpus: Path) -> int:
    gc.collect()  # or what other tests left is closed while the links are read
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(str(link.readlink()).startswith(f"{corpus}/shards") for link in links)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("most", [None, 2, 1])  # files open; with 1, what two shards have is mapped
def test_parts_of_files_are_what_maps_give(
    corpus: Path,
    in_parts: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, object],
    most: int | None,
) -> None:
    def read() -> list[dict[str, list[int]]]:
        dataset = TokenDataset(corpus, 8, shuffle="full", **options)
        items = [dataset[index] for index in range(len(dataset))]
        if most != 1:
            assert (dataset.counters()["shards_mapped"] == 0) == (local.MAX_MAPPED_BYTES == 0)
        return [{name: array.tolist() for name, array in item.items()} for item in items]

    expected = read()
    in_parts()
    if most is not None:
        soft_limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        monkeypatch.setattr(open_files, "LIMIT_SHARE", soft_limit // most)
    assert read() == expected


def test_files_beyond_the_bound_are_closed_when_nobody_holds_them(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_files, "LIMIT_SHARE", 1 << 62)
    files = _files(corpus)
    (first,), keep = files.hold(np.array([0]))
    (second,), other = files.hold(np.array([2]))
    assert len(files) == 1
    assert _open_descriptors(corpus) == 2
    assert os.pread(first, 6, 0) == os.pread(second, 6, 0) == b"ARROW1"
    del keep
    assert _open_descriptors(corpus) == 1
    del other
    files.close()
    assert _open_descriptors(corpus) == 0


def test_a_missing_shard_is_named_and_the_others_are_closed(corpus: Path) -> None:
    files = _files(corpus)
    (corpus / "shards/train/books/00001.arrow").unlink()
    with pytest.raises(CorruptShardError, match=r"books/00001\.arrow: expected .* found no file"):
        files.hold(np.array([0, 1, 2]))
    assert _open_descriptors(corpus) == 0


def test_a_shard_cut_while_it_is_open_is_named(corpus: Path, in_parts: Callable[[], None]) -> None:
    in_parts()
    dataset = TokenDataset(corpus, 8, shuffle=None, verify=False)
    dataset[0]
    with (corpus / SHARD).open("r+b") as file:
        file.truncate(100)
    with pytest.raises(CorruptShardError, match=r"00000\.arrow, record batch 0: can no longer be"):
        dataset[1]


FEW_DESCRIPTORS = """
import resource, sys
import haybale.loaders.shards.local as local
from haybale.loaders import TokenDataset, TokenLoader

if sys.argv[2] == "parts":
    local.MAX_MAPPED_BYTES = 0
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
dataset = TokenDataset(sys.argv[1], 8, shuffle="full", verify=sys.argv[2] == "verified")
with TokenLoader(dataset, batch_size=int(sys.argv[3]), prefetch=0) as loader:
    print(sum(int(batch["input_ids"].sum()) for batch in loader))
"""


@pytest.mark.parametrize("way", ["mapped", "verified", "parts"])
@pytest.mark.parametrize("batch_size", [1, 399])
def test_a_corpus_has_more_shards_than_a_process_may_open_files(
    make_corpus: Callable[..., Path], way: str, batch_size: int
) -> None:
    # 200 shards of 2 documents of 8 tokens are 3,200 tokens, of which 399 samples of 8 inputs have
    # a label for the last; each holds 7 sevens and an end, which is 1: 399 x (49 + 1) = 19,950.
    document = [7] * 7 + [EOS]
    corpus = make_corpus({"books": [[document, document]] * 200}, vocabulary_size=10)
    command = [sys.executable, "-c", FEW_DESCRIPTORS, str(corpus), way, str(batch_size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert int(done.stdout) == 19_950
