"""A corpus deduplicated against an earlier one, of which only signatures are read."""

import json
import shutil

import pyarrow as pa
import pytest

from haybale.corpus.digests import id_words, ids_from_words
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.kept.earlier_names import names_of
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import open_table, read_table


@pytest.fixture
def earlier(undisturbed, tmp_path):
    """The small corpus without its texts."""
    folder = tmp_path / "earlier"
    shutil.copytree(undisturbed, folder)
    for name in ("documents", "edits", "shards", "run"):
        shutil.rmtree(folder / name)
    return folder


@pytest.fixture
def update(tmp_path):
    def run(texts, dedup, output="new", subset="web"):
        path = tmp_path / subset / f"{output}.jsonl"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            records = [json.dumps({"id": name, "text": text}) for name, text in texts.items()]
            path.write_text("\n".join(records))
        recipe = tmp_path / "new.toml"
        recipe.write_text(
            f'name = "{output}"\n[[subsets]]\nname = "{subset}"\n'
            f'paths = ["{subset}/{output}.jsonl"]\n'
            f"[ingest]\nidentify_language = false\n[dedup]\n{dedup}\n"
            "[tokenizer]\ntrain = { vocabulary_size = 300 }\n"
        )
        build(recipe, str(tmp_path / output), progress=Progress(quiet=True))
        return found_in(tmp_path / output)

    return run


def found_in(output):
    folder = Folder(str(output))
    names = {
        row["doc_id"]: json.loads(row["metadata"])["id"]
        for path in folder.list("documents")
        for row in read_table(folder, path, ["doc_id", "metadata"]).to_pylist()
    }
    rows = read_table(folder, "dedup/duplicates.arrow").to_pylist()
    return {names[row["removed"]]: row for row in rows}


def families_in(output):
    """Name of each survivor that has kin to its cluster and its family."""
    folder = Folder(str(output))
    ids = ids_in(folder)
    names = {doc_id: name for name, doc_id in ids.items()}
    return {
        names[row["survivor"]]: (row["cluster"], row["family"])
        for path in folder.list("dedup/clusters")
        for row in read_table(folder, path).to_pylist()
    }


def ids_in(folder):
    return {
        json.loads(row["metadata"])["id"]: row["doc_id"]
        for path in folder.list("documents")
        for row in read_table(folder, path, ["doc_id", "metadata"]).to_pylist()
    }


def named(corpus, *names):
    """Ids and names of clusters of a corpus as later ones have them."""
    words = id_words(pa.array(names, pa.binary(16)))
    origin = read_manifest(Folder(str(corpus))).digest
    return ids_from_words(names_of(origin, words)).to_pylist()


def akin(text, *places):
    """Of 120 words some are others: one amid the text leaves 95 / 121 = 0.785 of the shingles."""
    words = text.split()
    for place in places:
        words[place] = f"other{place}"
    return " ".join(words)


def without_families(folder):
    """Write the tables as they were before there were families."""
    for path in folder.list("dedup/clusters"):
        table = read_table(folder, path)
        table = table.filter(table.column("cluster").is_valid()).drop_columns("family")
        with open_table(folder, path, table.schema) as writer:
            for batch in table.to_batches():
                writer.write(batch)


def near(text):
    words = text.split()
    return " ".join([*words[:60], "other", *words[61:]])


def corpus_texts(folder):
    """Every kept text of a corpus, and its id."""
    texts = {}
    for path in Folder(str(folder)).list("documents"):
        for row in read_table(Folder(str(folder)), path, ["doc_id", "text"]).to_pylist():
            texts.setdefault(row["text"], row["doc_id"])
    return texts


def test_what_the_earlier_corpus_holds_goes_and_names_the_document(
    earlier, undisturbed, update, prose
):
    ids = corpus_texts(undisturbed)
    texts = {"copy": prose(20), "near": near(prose(30)), "own": prose(101), "twin": prose(101)}
    found = update(texts, 'against = ["earlier"]\nthreshold = 0.7')
    assert set(found) - {"own", "twin"} == {"copy", "near"}
    assert len(found) == 3  # and one of the twins
    assert found["copy"]["method"] == "exact/text@1"
    assert found["copy"]["survivor"] == ids[prose(20)]
    assert found["near"]["method"] == "minhash/estimate@1"
    assert found["near"]["survivor"] == ids[prose(30)]
    assert {row["corpus"] for row in found.values()} == {"small", None}
    assert read_manifest(Folder(str(earlier.parent / "new"))).lineage["earlier"] == {
        "small": read_manifest(Folder(str(undisturbed))).digest
    }


def test_an_earlier_document_stands_whatever_the_policy_prefers(earlier, update, prose):
    texts = {"long": prose(20) + " and so it is longer"}
    texts["new"] = prose(100)
    found = update(texts, 'against = ["earlier"]\nkeep = ["longest"]')
    assert set(found) == {"long"}


def test_who_was_removed_from_the_earlier_corpus_stands_for_nobody(
    earlier, undisturbed, update, prose
):
    # Its planted near copy of document 3 went for document 3 or the other way round: whichever is
    # there now, only that one is named.
    rows = read_table(Folder(str(undisturbed)), "dedup/duplicates.arrow").to_pylist()
    gone = {row["removed"] for row in rows}
    texts = {"three": prose(3), "near": prose(3).replace("hay", "straw", 1), "new": prose(100)}
    found = update(texts, 'against = ["earlier"]')
    assert set(found) == {"three", "near"}
    assert not {row["survivor"] for row in found.values()} & gone


def test_clusters_go_by_the_names_that_they_had_and_grow(earlier, undisturbed, update, prose):
    before = read_table(Folder(str(undisturbed)), "dedup/cluster_sizes.arrow").to_pylist()
    # Texts 0, 1, 38 and 39 stand there twice; 3 twice, and its near copy twice.
    assert sorted(row["documents"] for row in before) == [2, 2, 2, 2, 4]
    (largest,) = (row for row in before if row["documents"] == 4)
    texts = {"copy": prose(20), "three": prose(3), "near": near(prose(3)), "new": prose(100)}
    found = update(texts, 'against = ["earlier"]\nthreshold = 0.7')
    assert set(found) == {"copy", "three", "near"}
    copied, grown = named(undisturbed, corpus_texts(undisturbed)[prose(20)], largest["cluster"])
    assert found["copy"]["cluster"] == copied
    assert found["three"]["cluster"] == found["near"]["cluster"] == grown
    sizes = {
        row["cluster"]: (row["documents"], row["removed"])
        for row in read_table(
            Folder(str(earlier.parent / "new")), "dedup/cluster_sizes.arrow"
        ).to_pylist()
    }
    assert sizes == {copied: (2, 1), grown: (6, largest["removed"] + 2)}


@pytest.fixture
def old_kin(update, prose, tmp_path):
    """An earlier corpus of two kin: their ids, that which names their family first."""
    text = akin(prose(1))
    update({"one": text, "two": akin(text, 60)}, "", output="old")
    ids = ids_in(Folder(str(tmp_path / "old")))
    assert families_in(tmp_path / "old") == {name: (None, min(ids.values())) for name in ids}
    first, other = sorted(ids, key=ids.get)
    texts = {"one": text, "two": akin(text, 60)}
    return [(ids[name], texts[name]) for name in (first, other)]


def test_kin_of_an_earlier_document_take_the_name_that_decided_its_split(
    old_kin, update, prose, tmp_path
):
    (family, _), (_, text) = old_kin
    # New kin to the document that does not name its family, and kin of that new document. The one
    # place chosen is such that the estimate is below the threshold too.
    texts = {"kin": akin(text, 80), "its": akin(text, 80, 20), "a": prose(5), "b": prose(6)}
    found = update(texts, 'against = ["old"]')
    assert found == {}
    assert families_in(tmp_path / "new") == {"kin": (None, family), "its": (None, family)}


def test_kin_of_a_document_of_a_corpus_older_than_families_take_its_own_id(
    old_kin, update, prose, tmp_path
):
    (_, _), (doc_id, text) = old_kin
    without_families(Folder(str(tmp_path / "old")))
    update({"kin": akin(text, 80), "a": prose(5)}, 'against = ["old"]')
    assert families_in(tmp_path / "new") == {"kin": (None, doc_id)}


@pytest.mark.parametrize("margin", ["0.1", "0"])
def test_a_family_of_one_old_cluster_takes_its_name_where_it_has_no_families(
    earlier, undisturbed, update, prose, tmp_path, margin
):
    sizes = read_table(Folder(str(undisturbed)), "dedup/cluster_sizes.arrow").to_pylist()
    (largest,) = (row["cluster"] for row in sizes if row["documents"] == 4)
    without_families(Folder(str(earlier)))
    # Two of a new cluster, of which one is near the old one: both go, or the other stays with it.
    texts = {"near": akin(prose(3), 60), "own": akin(prose(3), 60, 100)}
    update(texts, f'against = ["earlier"]\nthreshold = 0.7\nsplit_margin = {margin}')
    (cluster,) = named(undisturbed, largest)
    assert families_in(tmp_path / "new") == {"own": (cluster, largest)}


def test_without_a_margin_a_duplicate_still_takes_the_name_of_an_earlier_family(
    old_kin, update, prose, tmp_path
):
    (family, _), (doc_id, text) = old_kin
    # Above 0.7 of the old document: it goes. What resembles only that one stays, in its cluster.
    texts = {"goes": akin(text, 20), "stays": akin(text, 20, 100), "a": prose(5)}
    found = update(texts, 'against = ["old"]\nthreshold = 0.7\nsplit_margin = 0')
    assert set(found) == {"goes"}
    (cluster,) = named(tmp_path / "old", doc_id)
    assert families_in(tmp_path / "new") == {"stays": (cluster, family)}


@pytest.mark.parametrize(
    ("dedup", "message"),
    [
        ('preset = "fineweb"', "signatures of 13 words, 128 hashes, version 1, this recipe makes"),
        ('exact = ["url"]', r"was built without exact = \['url'\]"),
        ('preset = "refinedweb"', "stored as digests of bands"),
    ],
)
def test_signatures_that_cannot_be_compared_are_refused(earlier, update, prose, dedup, message):
    with pytest.raises(RecipeError, match=message) as raised:
        update({"a": prose(1)}, f'against = ["earlier"]\n{dedup}')
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_no_corpus_is_refused(update, prose, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecipeError, match=r"dedup\.against\[0\]: .*expected a finished") as found:
        update({"a": prose(1)}, 'against = ["empty"]')
    assert str(found.value).count("expected") == 1


def test_two_corpora_of_one_name_are_refused(earlier, update, prose):
    with pytest.raises(RecipeError, match="is called 'small', as another corpus here is"):
        update({"a": prose(1)}, 'against = ["earlier", "earlier"]')
