"""What is exported and imported again are the same documents."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.loaders.export import export_corpus
from haybale.loaders.export.selection import select
from haybale.loaders.importing import (
    ImportSettings,
    MegatronFile,
    OlmoArray,
    find_files,
    import_corpus,
)

EOS = 1


def exported(peer, path, output):
    corpus = Folder(path)
    manifest = read_manifest(corpus)
    export_corpus(peer, corpus, manifest, select(corpus, manifest), Folder(output))
    return output / "train"


def documents(path):
    """Tokens of all documents, by subset."""
    found = {}
    for record in read_manifest(Folder(path)).files:
        if record.path.startswith("shards/train"):
            table = pa.ipc.open_file(Folder(path).open(record.path)).read_all()
            found.setdefault(record.path.split("/")[2], []).extend(
                table.column("tokens").to_pylist()
            )
    return found


def imported(peer, path, output, asked, *, with_boundaries=True):
    files = {}
    for folder in ("books", "web"):
        if peer == "megatron":
            found = find_files([f"{path}/{folder}"], ".idx", folder)[folder]
            files[folder] = [MegatronFile(file.path, file.name) for file in found]
            continue
        if not with_boundaries:
            for table in (path / folder).glob("*.csv.gz"):
                table.unlink()
        found = find_files([f"{path}/{folder}"], ".npy", folder)[folder]
        dtype = np.dtype(np.uint16 if asked.vocabulary_size <= 1 << 16 else np.uint32)
        files[folder] = [OlmoArray(file.path, file.name, dtype, EOS) for file in found]
    import_corpus(peer, files, asked, Folder(output))


@st.composite
def subsets(draw):
    """Two subsets of one or two shards each, of a small or a large vocabulary."""
    vocabulary_size = draw(st.sampled_from([3, 65_536, 65_537, 1 << 31]))
    token = st.integers(0, vocabulary_size - 1).filter(lambda token: token != EOS)
    document = st.lists(token, max_size=9).map(lambda tokens: [*tokens, EOS])
    shard = st.lists(document, min_size=1, max_size=6)
    shards = st.lists(shard, min_size=1, max_size=2)
    return vocabulary_size, {"books": draw(shards), "web": draw(shards)}


@pytest.mark.parametrize("peer", ["megatron", "olmo", "olmo without boundaries"])
@given(subsets(), st.integers(1, 30))
@settings(deadline=None, max_examples=25)
def test_documents_come_back_as_they_were(corpus_writer, peer, made, target_tokens):
    vocabulary_size, shards = made
    asked = ImportSettings(vocabulary_size, EOS, target_tokens=target_tokens)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = corpus_writer(folder / "corpus", shards, vocabulary_size=vocabulary_size)
        kind = peer.partition(" ")[0]
        path = exported(kind, corpus, folder / "peer")
        imported(kind, path, folder / "back", asked, with_boundaries=peer == "olmo")
        assert documents(folder / "back") == {
            subset: [document for shard in of_subset for document in shard]
            for subset, of_subset in shards.items()
        }
        assert verify_corpus(Folder(folder / "back"), full=True).problems == ()


@pytest.mark.parametrize("peer", ["megatron", "olmo"])
def test_an_export_of_an_import_is_the_export_that_was_imported(two_subsets, tmp_path, peer):
    path = exported(peer, two_subsets, tmp_path / "one")
    # Shards of one subset together, as `.bin` has them; boundaries then name other shards.
    imported(peer, path, tmp_path / "back", ImportSettings(32_000, EOS))
    exported("megatron", two_subsets, tmp_path / "expected")
    exported("megatron", tmp_path / "back", tmp_path / "found")
    for name in ("books.bin", "books.idx", "web.bin", "web.idx"):
        expected = (tmp_path / "expected/train" / name).read_bytes()
        assert (tmp_path / "found/train" / name).read_bytes() == expected
