import struct

import pytest

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.loaders.export import export_corpus
from haybale.loaders.export.datatrove import _metric
from haybale.loaders.export.selection import select


def export(path, output):
    corpus = Folder(path)
    manifest = read_manifest(corpus)
    return export_corpus("datatrove", corpus, manifest, select(corpus, manifest), Folder(output))


def test_bytes_are_those_of_the_format(make_corpus, tmp_path):
    export(make_corpus({"books": [[[7, 8, 1], [9, 1]], [[300, 1]]]}), tmp_path / "out")
    folder = tmp_path / "out/train/books"
    assert (folder / "00000.ds").read_bytes() == bytes.fromhex("0700 0800 0100 0900 0100")
    assert (folder / "00001.ds").read_bytes() == bytes.fromhex("2c01 0100")
    assert (folder / "00000.ds.index").read_bytes() == struct.pack("<2Q", 3, 5)
    assert (folder / "00001.ds.index").read_bytes() == struct.pack("<Q", 2)
    # Tokenizer, bytes of an id; tokens; tokens for people.
    assert (folder / "00000.ds.metadata").read_text() == f"xxh3-128:{'0' * 32}|2\n5\n5.00 T"


def test_ends_go_on_across_record_batches(make_corpus, small_batches, tmp_path):
    documents = [[*range(2, 32), 1]] * 5  # 31 tokens each; batches of 3 and 2 documents
    export(make_corpus({"a": [documents]}), tmp_path / "out")
    ends = (tmp_path / "out/train/a/00000.ds.index").read_bytes()
    assert struct.unpack("<5Q", ends) == (31, 62, 93, 124, 155)


def test_ids_of_a_large_vocabulary_take_four_bytes(make_corpus, tmp_path):
    export(make_corpus({"a": [[[70_000, 1]]]}, vocabulary_size=100_000), tmp_path / "out")
    folder = tmp_path / "out/train/a"
    assert (folder / "00000.ds").read_bytes() == bytes.fromhex("70110100 01000000")
    assert (folder / "00000.ds.metadata").read_text().splitlines()[0].endswith("|4")


@pytest.mark.parametrize(
    ("num_tokens", "shown"),
    [  # three digits
        (5, "5.00 T"),
        (57, "57.0 T"),
        (999, "999 T"),
        (1000, "1.00 kT"),
        (12_345, "12.3 kT"),
        (67_108_864, "67.1 MT"),
        (1_400_000_000_000, "1.40 TT"),
    ],
)
def test_a_number_of_tokens_for_people(num_tokens, shown):
    assert _metric(num_tokens) == shown
