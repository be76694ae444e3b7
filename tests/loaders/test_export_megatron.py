import struct

import numpy as np
import pytest

from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.loaders.export import export_corpus
from haybale.loaders.export import megatron as megatron_format
from haybale.loaders.export.selection import select


def export(path, output, **selection):
    corpus = Folder(path)
    manifest = read_manifest(corpus)
    chosen = select(corpus, manifest, **selection)
    return export_corpus("megatron", corpus, manifest, chosen, Folder(output))


def test_bytes_are_those_of_the_format(make_corpus, tmp_path):
    corpus = make_corpus({"books": [[[7, 8, 1], [9, 1]], [[300, 1]]]})
    (exported,) = export(corpus, tmp_path / "out")
    # 7 8 EOS | 9 EOS | 300 = 0x012c EOS, little endian; shards follow each other.
    assert (tmp_path / "out/train/books.bin").read_bytes() == bytes.fromhex(
        "0700 0800 0100 0900 0100 2c01 0100"
    )
    expected = (
        b"MMIDIDX\0\0"
        + struct.pack("<Q", 1)  # version
        + b"\x08"  # uint16
        + struct.pack("<QQ", 3, 4)  # sequences; documents and one
        + struct.pack("<3i", 3, 2, 2)  # tokens of each
        + struct.pack("<3q", 0, 6, 10)  # bytes before each: 2 x 3, 2 x (3 + 2)
        + struct.pack("<4q", 0, 1, 2, 3)  # the sequence that each document begins with, and the end
    )
    assert (tmp_path / "out/train/books.idx").read_bytes() == expected
    assert (exported.documents, exported.tokens) == (3, 7)
    assert exported.num_bytes == 14 + len(expected)


def test_ids_of_a_large_vocabulary_are_int32(make_corpus, tmp_path):
    corpus = make_corpus({"books": [[[70_000, 1]]]}, vocabulary_size=100_000)
    export(corpus, tmp_path / "out")
    # 70,000 = 0x00011170
    assert (tmp_path / "out/train/books.bin").read_bytes() == bytes.fromhex("70110100 01000000")
    index = (tmp_path / "out/train/books.idx").read_bytes()
    assert index[17] == 4


def test_a_vocabulary_beyond_int32_is_refused(make_corpus, tmp_path):
    export(make_corpus({"a": [[[5, 1]]]}, vocabulary_size=1 << 31), tmp_path / "fits")
    corpus = make_corpus({"a": [[[5, 1]]]}, vocabulary_size=(1 << 31) + 1)
    with pytest.raises(RecipeError, match=r"up to 2147483647; .* has 2147483649"):
        export(corpus, tmp_path / "out")


def test_an_index_longer_than_a_block_is_the_same_index(two_subsets, tmp_path, monkeypatch):
    export(two_subsets, tmp_path / "one")
    monkeypatch.setattr(megatron_format, "_BLOCK", 7)
    export(two_subsets, tmp_path / "two")
    for name in ("books", "web"):
        one, two = (tmp_path / f"{run}/train/{name}.idx" for run in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_only_the_split_and_subset_asked_for_are_written(make_corpus, tmp_path):
    subsets = {"books": [[[7, 1]], [[8, 1]]], "web": [[[9, 1]], [[10, 1]]]}
    corpus = make_corpus(subsets, split="both")
    both = export(corpus, tmp_path / "all")
    assert [(one.split, one.subset) for one in both] == [
        ("train", "books"),
        ("train", "web"),
        ("validation", "books"),
        ("validation", "web"),
    ]
    export(corpus, tmp_path / "one", split="validation", subset="web")
    assert Folder(tmp_path / "one").list() == [
        "export.json",
        "validation/web.bin",
        "validation/web.idx",
    ]
    assert np.fromfile(tmp_path / "one/validation/web.bin", "<u2").tolist() == [10, 1]
    with pytest.raises(RecipeError, match=r"--subset wab: .* did you mean 'web'"):
        export(corpus, tmp_path / "none", subset="wab")
    with pytest.raises(RecipeError, match=r"--split test: .* known are train, validation"):
        export(corpus, tmp_path / "none", split="test")


def test_a_flipped_bit_is_noticed_and_named(two_subsets, tmp_path):
    path = two_subsets / "shards/train/books/00001.arrow"
    (row,) = (
        row
        for row in select(Folder(two_subsets), read_manifest(Folder(two_subsets)))[0]
        .shards[1]
        .rows.slice(2, 1)
        .to_pylist()
    )
    damaged = bytearray(path.read_bytes())
    damaged[row["values_position"]] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(CorruptShardError, match=r"books/00001.arrow, record batch 2: its digest"):
        export(two_subsets, tmp_path / "out")
    path.write_bytes(damaged[:-9])
    with pytest.raises(CorruptShardError, match=r"books/00001.arrow: cannot be read"):
        export(two_subsets, tmp_path / "out")


def test_a_shard_of_another_corpus_is_noticed(corpus_writer, tmp_path):
    one = corpus_writer(tmp_path / "one", {"a": [[[5, 6, 1]]]})
    other = corpus_writer(tmp_path / "other", {"a": [[[5, 7, 1]]]}, vocabulary_size=100)
    (one / "shards/train/a/00000.arrow").write_bytes(
        (other / "shards/train/a/00000.arrow").read_bytes()
    )
    with pytest.raises(CorruptShardError, match="its tokenizer is not the manifest's"):
        export(one, tmp_path / "out")


def test_an_id_beyond_the_vocabulary_is_not_passed_on(make_corpus, tmp_path):
    corpus = make_corpus({"a": [[[5, 500, 1]]]}, vocabulary_size=500)
    with pytest.raises(CorruptShardError, match="the id 500 is beyond a vocabulary of 500"):
        export(corpus, tmp_path / "out")
