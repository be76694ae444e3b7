"""What is wrong in a shard is said, and never read as if it were right."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders import TokenDataset
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.local import LocalStore

EOS = 1
DOCUMENTS = [[5, 6, 7, EOS], [8, 9, EOS], [10, 11, 12, 13, EOS]] * 4
SHARD = "shards/train/books/00000.arrow"


@pytest.fixture
def corpus(make_corpus: Callable[..., Path]) -> Path:
    return make_corpus({"books": [DOCUMENTS]}, vocabulary_size=1000)


def _overwrite(corpus: Path, column: str, number: int, value: int, dtype: type) -> None:
    """Change one number of a buffer of the only record batch."""
    row = read_index(Folder(corpus)).to_pylist()[0]
    with (corpus / SHARD).open("r+b") as file:
        file.seek(row[column] + number * np.dtype(dtype).itemsize)
        file.write(dtype(value).tobytes())


def _read_all(corpus: Path) -> None:
    dataset = TokenDataset(corpus, 8, shuffle="full")  # not verified by digests
    for index in range(len(dataset)):
        dataset[index]


def test_an_id_beyond_the_vocabulary_is_named(corpus: Path) -> None:
    _read_all(corpus)
    _overwrite(corpus, "values_position", 3, 1000, np.uint16)
    message = r"books/00000\.arrow, record batch 0: has an id beyond its vocabulary of 1000"
    with pytest.raises(CorruptShardError, match=message):
        _read_all(corpus)


# Documents begin at 0 4 7 12 16 19 24 28 31 36 40 43; the last ends at 48.
@pytest.mark.parametrize("value", [4, 3, -1])
def test_boundaries_that_do_not_rise_are_named(corpus: Path, value: int) -> None:
    _overwrite(corpus, "offsets_position", 2, value, np.int32)
    dataset = TokenDataset(corpus, 8, shuffle=None, verify=False)
    with pytest.raises(CorruptShardError, match="boundaries that are not those of documents"):
        dataset[0]


@pytest.mark.parametrize("number", range(13))
@pytest.mark.parametrize("value", [1 << 30, -(1 << 30), 0, 48, 20])
def test_whatever_the_boundaries_no_memory_beyond_them_is_read(
    corpus: Path, number: int, value: int
) -> None:
    _overwrite(corpus, "offsets_position", number, value, np.int32)
    dataset = TokenDataset(corpus, 8, shuffle="full")
    for index in range(len(dataset)):
        try:
            found = dataset[index]["cu_seqlens"].tolist()
        except CorruptShardError:
            continue
        assert found == sorted(found)
        assert 0 <= found[0] <= found[-1] == 8


def test_a_flipped_bit_is_found_by_its_digest_when_read_in_order(corpus: Path) -> None:
    _overwrite(corpus, "values_position", 3, 2, np.uint16)  # an id like any other
    TokenDataset(corpus, 8, shuffle="full")[0]
    for options in ({"shuffle": None}, {"shuffle": "block"}, {"verify": True}):
        with pytest.raises(CorruptShardError, match=r"record batch 0: expected digest"):
            TokenDataset(corpus, 8, **options)[0]


def test_a_shard_cut_after_opening_is_refused_when_it_is_mapped(corpus: Path) -> None:
    dataset = TokenDataset(corpus, 8)
    size = (corpus / SHARD).stat().st_size
    with (corpus / SHARD).open("r+b") as file:
        file.truncate(100)
    with pytest.raises(CorruptShardError, match=rf"expected {size} bytes, found 100 bytes"):
        dataset[0]


@pytest.mark.parametrize("column", ["values_position", "offsets_position", "doc_ids_position"])
@pytest.mark.parametrize("beyond", [1 << 40, None])
def test_an_index_that_points_beyond_its_shard_is_refused(
    corpus: Path, column: str, beyond: int | None
) -> None:
    index = read_index(Folder(corpus))
    at = index.schema.get_field_index(column)
    # The buffer begins in the file's last byte, and so ends beyond it; or it begins far beyond.
    last = index.column("shard_bytes").to_numpy() - 1 if beyond is None else np.array([beyond])
    rows = IndexRows(index.set_column(at, index.schema.field(at), [last]))
    store = LocalStore(Folder(corpus), rows, np.dtype(np.uint16), verify=False)
    with pytest.raises(CorruptShardError, match=r"record batch 0 beyond the shard's end"):
        store.check(0, 1)


@pytest.mark.parametrize("path", ["shards/index.arrow", "packing/index.arrow", "packing/best_fit"])
def test_a_flipped_bit_beside_the_shards_is_refused(
    make_corpus: Callable[..., Path], path: str
) -> None:
    corpus = make_corpus({"books": [DOCUMENTS]}, packings=[("best_fit", 8)])
    (file,) = [corpus / path] if path.endswith("arrow") else corpus.rglob(f"{path}-8/**/*.arrow")
    data = file.read_bytes()
    for at in range(0, len(data), 97):
        file.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        with pytest.raises(CorruptShardError, match="expected digest"):
            TokenDataset(corpus, 8, packing="best_fit")[0]
    file.write_bytes(data)
    TokenDataset(corpus, 8, packing="best_fit")[0]


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_shard_that_may_not_be_read_is_said_so(corpus: Path) -> None:
    (corpus / SHARD).chmod(0)
    with pytest.raises(RecipeError, match="may not be read"):
        TokenDataset(corpus, 8)[0]
