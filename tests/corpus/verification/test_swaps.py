"""Files that are whole, and not where they belong."""

import shutil

import pytest

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder

ONE, TWO = "shards/train/web/00000.arrow", "shards/train/web/00001.arrow"


def swap(corpus, one, two):
    first, second = (corpus / one).read_bytes(), (corpus / two).read_bytes()
    (corpus / one).write_bytes(second)
    (corpus / two).write_bytes(first)


def test_two_swapped_shards_are_each_named_with_what_they_hold(corpus, problems):
    swap(corpus, ONE, TWO)
    found = problems(corpus)
    assert len(found) == 2
    for line, is_at, holds in zip(found, (ONE, TWO), (TWO, ONE), strict=True):
        assert f"{is_at}: expected" in line
        assert f"it holds the content of {holds}" in line


def test_files_of_one_size_are_told_apart_in_full(corpus, problems):
    folder = Folder(str(corpus))
    sizes = {}
    for record in read_manifest(folder).files:
        if record.path.startswith("signatures/"):
            sizes.setdefault(record.num_bytes, []).append(record.path)
    one, two = next(paths for paths in sizes.values() if len(paths) > 1)[:2]
    swap(corpus, one, two)
    assert problems(corpus) == ()  # what training does not read is compared by size only
    found = problems(corpus, full=True)
    assert f"{one}: expected digest" in found[0]
    assert f"it holds the content of {two}" in found[0]


def test_a_shard_of_another_run_is_named_as_such(corpus, other_run, problems):
    shutil.copy(other_run / ONE, corpus / ONE)
    (line,) = problems(corpus)
    assert ONE in line
    assert "it is the shard of another corpus: it was made with another tokenizer" in line


def test_a_shard_of_another_run_with_the_same_tokenizer_is_named_by_its_counts(corpus, problems):
    from forged_corpora import forge_shard

    before = {path: (corpus / path).read_bytes() for path in ("corpus.json", "shards/index.arrow")}
    forge_shard(corpus, ONE, lambda documents: documents[1:])
    for path, data in before.items():
        (corpus / path).write_bytes(data)
    (line,) = problems(corpus)
    assert ONE in line
    assert "it is the shard of another corpus: it has" in line


def test_a_manifest_of_another_run_is_convicted_by_index_and_shards(corpus, other_run, problems):
    shutil.copy(other_run / "corpus.json", corpus / "corpus.json")
    found = problems(corpus)
    assert "corpus.json: it is the manifest of another run" in found[0]


def test_an_index_of_another_run_is_convicted_by_manifest_and_shards(corpus, other_run, problems):
    shutil.copy(other_run / "shards/index.arrow", corpus / "shards/index.arrow")
    found = problems(corpus)
    assert "shards/index.arrow: it is damaged or the index of another run" in found[0]
    assert "shards/index.arrow: expected" in found[1]
    assert len(found) == 2


@pytest.mark.parametrize("path", ["lookup/documents/00000.arrow", "tokenizer/tokenizer.model"])
def test_other_files_of_another_run_are_named(path, corpus, other_run, problems):
    shutil.copy(other_run / path, corpus / path)
    found = problems(corpus)
    assert f"{path}: expected" in found[0]
    assert len(found) == 1


def test_a_truncated_or_missing_shard_is_named(corpus, problems):
    whole = (corpus / ONE).read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        (corpus / ONE).write_bytes(whole[:length])
        (line,) = problems(corpus)
        assert f"{ONE}: expected {len(whole)} bytes, found {length}; its end is missing" in line
    (corpus / ONE).unlink()
    (line,) = problems(corpus)
    assert f"{ONE}: expected {len(whole)} bytes, found no file" in line
