"""Corpora that hold less than a build of today leaves: old ones, and imported ones."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_shards import FORMAT, documents_of, write_shards
from taken_corpora import ids_array, names_exactly, stored

from haybale.corpus.digests import digest
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import Manifest, read_manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.remove import preview, remove
from haybale.pipeline.takedown.totals import weights_after
from haybale.tokenization.tokenizer import read_tokenizer

GOLDEN = Path(__file__).parents[2] / "golden" / "corpus-v1"


def take(corpus, ids):
    return remove(Folder(str(corpus)), ids_array(ids), progress=Progress(quiet=True))


def test_of_a_corpus_of_the_first_release_without_an_index_of_documents(tmp_path):
    corpus = shutil.copytree(GOLDEN, tmp_path / "out")
    before = stored(corpus)
    gone = before.ids[0]
    told = take(corpus, [gone])
    assert told["documents"] == 1
    after = stored(corpus)
    assert list(zip(after.ids, after.tokens, strict=True)) == before.without({gone})
    assert verify_corpus(Folder(str(corpus)), full=True, tokenizer=read_tokenizer).problems == ()
    assert names_exactly(corpus)


@pytest.fixture
def imported(tmp_path):
    """Two subsets, as `haybale import` leaves them: tokens alone, no text, no card."""
    folder = Folder(str(tmp_path / "out"))
    shards = {"train/books/00000": [5, 7, 9], "train/web/00000": [20, 30], "train/web/00001": [40]}
    written = write_shards(folder, {name: documents_of(*each) for name, each in shards.items()})
    counts = {"books": (3, 21, 1), "web": (3, 90, 2)}
    names = ("documents", "tokens", "shards")
    files = [
        FileRecord(name, len(data := folder.read(name)), digest(data)) for name in folder.list()
    ]
    manifest = Manifest(
        name="imported",
        recipe={},
        lineage={"inputs": {}, "versions": {}},
        totals={
            "train": {
                subset: {"text_bytes": 0, **dict(zip(names, each, strict=True))}
                for subset, each in counts.items()
            }
        },
        weights={"books": 21 / 111, "web": 90 / 111},
        tokens=FORMAT,
        files=[file for file in files if not file.path.startswith("run/")],
    )
    write_manifest(folder, manifest)
    assert len(written) == 3
    return tmp_path / "out"


def test_of_tokens_alone_a_shard_is_rewritten_and_weights_follow_tokens(imported):
    before = stored(imported)
    gone = {before.ids[1], before.ids[5]}  # 7 tokens of books; all that web's second shard has
    told = take(imported, gone)
    assert (told["documents"], told["tokens"], told["gone"]) == (
        2,
        47,
        ["shards/train/web/00001.arrow"],
    )
    after = stored(imported)
    assert list(zip(after.ids, after.tokens, strict=True)) == before.without(gone)
    manifest = read_manifest(Folder(str(imported)))
    assert manifest.totals["train"]["web"] == {
        "documents": 2, "text_bytes": 0, "tokens": 50, "shards": 1
    }  # fmt: skip
    assert manifest.weights == {"books": 14 / 64, "web": 50 / 64}
    assert verify_corpus(Folder(str(imported)), full=True).problems == ()


def test_near_duplicates_need_a_table_of_them(imported):
    ids = ids_array(stored(imported).ids[:1])
    with pytest.raises(RecipeError, match=r"built without \[dedup\]"):
        preview(Folder(str(imported)), ids, near_duplicates=True)


def test_weights_that_a_recipe_gives_stay_unless_a_subset_is_gone(imported):
    manifest = read_manifest(Folder(str(imported)))
    recipe = {"subsets": [{"name": "books", "weight": 3}, {"name": "web", "weight": 1}]}
    given = replace(manifest, recipe=recipe, weights={"books": 0.75, "web": 0.25})

    def totals(books, web):
        return {"train": {"books": {"tokens": books}, "web": {"tokens": web}}}

    assert weights_after(given, totals(1, 99)) == {"books": 0.75, "web": 0.25}
    assert weights_after(given, totals(0, 99)) == {"web": 1.0}
    assert np.isclose(sum(weights_after(manifest, totals(1, 99)).values()), 1)
