"""Blocks of samples, and the samples that have a document, by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.packing import read_packing
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.loaders.samples.concatenated import ConcatenatedLayout
from haybale.loaders.samples.packed import PackedLayout
from haybale.loaders.shards.index_rows import IndexRows

EOS = 1


def _document(length: int) -> list[int]:
    return [5] * (length - 1) + [EOS]


@pytest.fixture
def corpus(make_corpus: Callable[..., Path], small_batches: None) -> Path:
    # Record batches close at 64 tokens: two shards of 70, 70 and 60 tokens.
    shard = [_document(10) for _ in range(7)] * 2 + [_document(20) for _ in range(3)]
    return make_corpus({"books": [shard, shard]}, packings=[("document_start", 16)])


def test_blocks_are_whole_record_batches_but_for_the_samples_across(corpus: Path) -> None:
    index = IndexRows(read_index(Folder(corpus)))
    assert index.num_tokens.tolist() == [70, 70, 60, 70, 70, 60]
    layout = ConcatenatedLayout(index, 0, 6, 16)
    assert layout.num_samples == 24  # of 400 tokens; 385 would do
    # From 0, from the first record batch that begins at 100 or later (140), at 200 (200), at 300
    # (340): samples belong where they begin, so the first of the blocks are 0, ceil(140 / 16) = 9,
    # ceil(200 / 16) = 13, ceil(340 / 16) = 22.
    assert layout.block_bounds(100).tolist() == [0, 9, 13, 22, 24]
    assert layout.block_bounds(1).tolist() == [0, 5, 9, 13, 17, 22, 24]
    assert layout.block_bounds(1000).tolist() == [0, 24]


def test_samples_over_some_tokens_of_a_shard(corpus: Path) -> None:
    layout = ConcatenatedLayout(IndexRows(read_index(Folder(corpus))), 0, 6, 16)
    assert layout.samples_with(0, 15, 1).tolist() == [0]
    assert layout.samples_with(0, 15, 2).tolist() == [0, 1]
    # The second shard begins at 200 = 12 * 16 + 8.
    assert layout.samples_with(1, 0, 8).tolist() == [12]
    assert layout.samples_with(1, 0, 9).tolist() == [12, 13]
    assert layout.samples_with(1, 180, 20).tolist() == [23]  # tokens from 384 on are in none


def test_packed_samples_over_some_tokens_of_a_shard(corpus: Path) -> None:
    folder = Folder(corpus)
    index, shards = IndexRows(read_index(folder)), indexed_shards(read_index(folder))
    layout = PackedLayout(
        index,
        0,
        [(10, 160), (10, 160)],
        lambda number: read_packing(folder, shards[number], "document_start", 16),
    )
    # Sequences of 10 and 6 of 10: documents 0-1, 2-3, ... 12-13; then 16 of each of the 20.
    assert layout.num_samples == 20
    assert layout.placed_tokens == 320
    assert layout.samples_with(0, 0, 10).tolist() == [0]
    assert layout.samples_with(0, 10, 10).tolist() == [0]  # its first six tokens
    assert layout.samples_with(0, 16, 4).tolist() == []  # its tail is in none
    assert layout.samples_with(0, 20, 10).tolist() == [1]
    assert layout.samples_with(1, 140, 60).tolist() == [17, 18, 19]
    assert layout.block_bounds(1).tolist() == [0, 10, 20]  # whole shards
    stretches = layout.stretches(np.array([18, 0]))
    assert stretches.sample.tolist() == [0, 1, 1]
    assert stretches.column.tolist() == [0, 0, 10]
    assert stretches.row.tolist() == [5, 0, 0]
    assert stretches.start.tolist() == [20, 0, 10]
    assert stretches.length.tolist() == [16, 10, 6]


def test_a_packing_that_is_not_the_indexs_is_refused(corpus: Path) -> None:
    folder = Folder(corpus)
    index, shards = IndexRows(read_index(folder)), indexed_shards(read_index(folder))
    layout = PackedLayout(
        index,
        0,
        [(10, 160), (11, 176)],
        lambda number: read_packing(folder, shards[number], "document_start", 16),
    )
    layout.stretches(np.array([0]))
    with pytest.raises(CorruptShardError, match=r"books/00001\.arrow: has not as many sequences"):
        layout.stretches(np.array([10]))
