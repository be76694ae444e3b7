"""Corpora whose ids collide: a crawl under the file names of last month's, with other texts.

An id says where a text stood. The first document of a new crawl has the id of the old one's first,
and may have nothing to do with it.
"""

import json
import shutil

import pytest
from taken_corpora import ids_array

from haybale.cli import main
from haybale.corpus.digests import document_ids
from haybale.corpus.errors import RecipeError
from haybale.corpus.lookup import find_document
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.jobs import families, survivors
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import open_table, read_table
from haybale.pipeline.takedown.remove import preview, remove

SUBSET = "web1741"
"""With this name the first document of a file has a small id, and so names its cluster."""
SHARED = document_ids(SUBSET, "f.jsonl", [0])[0].as_py()


def akin(text, *places):
    """Other words at some places: one amid 120 words leaves 0.78 of the shingles."""
    words = text.split()
    for place in places:
        words[place] = f"other{place}"
    return " ".join(words)


class Crawl:
    """A corpus of one file that is always called the same."""

    @classmethod
    def build(cls, folder, name, texts, *against):
        path = folder / name / "f.jsonl"
        path.parent.mkdir()
        records = [json.dumps({"id": key, "text": text}) for key, text in texts.items()]
        path.write_text("\n".join(records))
        recipe = folder / f"{name}.toml"
        recipe.write_text(
            f'name = "{name}"\n[[subsets]]\nname = "{SUBSET}"\npaths = ["{name}/f.jsonl"]\n'
            "[ingest]\nidentify_language = false\n[dedup]\nthreshold = 0.7\n"
            f"against = {json.dumps([str(each.path) for each in against])}\n"
            "[tokenizer]\ntrain = { vocabulary_size = 300 }\n"
        )
        build(recipe, str(folder / "out" / name), progress=Progress(quiet=True))
        return cls(folder / "out" / name)

    def __init__(self, path):
        self.path, self.folder = path, Folder(str(path))
        self.ids = {
            json.loads(row["metadata"])["id"]: row["doc_id"] for row in self.rows("documents/")
        }
        self.names = {doc_id: name for name, doc_id in self.ids.items()}

    def copy(self, folder):
        return Crawl(shutil.copytree(self.path, folder / self.path.name))

    def rows(self, prefix):
        paths = [path for path in self.folder.list() if path.startswith(prefix)]
        return [row for path in paths for row in read_table(self.folder, path).to_pylist()]

    def clusters(self):
        """Cluster of every document that is in one with others of its corpus or earlier ones."""
        removed = {self.names[row["removed"]]: row["cluster"] for row in self.rows("dedup/dup")}
        stay = {self.names[row["survivor"]]: row["cluster"] for row in self.rows("dedup/clusters/")}
        return removed | {name: cluster for name, cluster in stay.items() if cluster}

    def sizes(self):
        return {row["cluster"]: row["documents"] for row in self.rows("dedup/cluster_sizes")}

    def tied_to(self, name):
        """Who would be taken down with a document, and how many of them were compared with it."""
        ids = ids_array([self.ids[name]])
        found = preview(self.folder, ids, near_duplicates=True)
        return found["near_duplicates"]


@pytest.fixture(scope="module")
def crawls(tmp_path_factory, prose):
    """Page P of the old crawl; the new one has Q in its place, and copies of both."""
    folder = tmp_path_factory.mktemp("crawls")
    assert SHARED.startswith(b"\0")
    old = Crawl.build(folder, "old", {"P": prose(1), "own": prose(3)})
    new = Crawl.build(folder, "new", new_texts(prose), old)
    assert (old.ids["P"], new.ids["Q"]) == (SHARED, SHARED)
    return old, new


def new_texts(prose):
    return {
        "Q": prose(2),
        "near-P": akin(prose(1), 20),
        "P": prose(1),
        "near-Q": akin(prose(2), 20),
        "stays": akin(prose(1), 20, 100),  # like near-P, and too little like P
    }


def together(crawl):
    """Sets of names that share a cluster."""
    found = {}
    for name, cluster in crawl.clusters().items():
        found.setdefault(cluster, set()).add(name)
    return sorted(map(sorted, found.values()))


def test_clusters_of_documents_of_one_id_are_two(crawls):
    _, new = crawls
    assert together(new) == [["P", "near-P", "stays"], ["Q", "near-Q"]]
    removed = {new.names[row["removed"]]: row for row in new.rows("dedup/duplicates")}
    told = {name: (row["survivor"], row["corpus"]) for name, row in removed.items()}
    gone, stays = ("near-Q", "Q") if "near-Q" in told else ("Q", "near-Q")
    assert told == {
        "P": (SHARED, "old"),
        "near-P": (SHARED, "old"),
        gone: (new.ids[stays], None),
    }
    # Each with itself; P with its corpus's own.
    assert sorted(new.sizes().values()) == [2, 4]


def test_labels_that_travel_by_id_find_the_same(crawls, tmp_path, prose, monkeypatch):
    for module in (survivors, families):
        monkeypatch.setattr(module, "fits_driver", lambda *_: False)
    again = Crawl.build(tmp_path, "again", new_texts(prose), crawls[0])
    assert together(again) == together(crawls[1])
    assert again.clusters() == crawls[1].clusters()


def test_nobody_is_taken_down_for_an_id_of_another_corpus(crawls):
    _, new = crawls
    # P's copies: "stays" and near-P go with P; of these none was compared with the listed one here.
    assert new.tied_to("P")["documents"] == 2
    assert new.tied_to("stays")["documents"] == 2
    assert new.tied_to("stays")["survivors_in_earlier_corpora"] == 1
    for name in ("Q", "near-Q"):
        found = new.tied_to(name)
        assert (found["documents"], found["compared"]) == (1, 1)
        assert found["survivors_in_earlier_corpora"] == 0


def test_a_document_does_not_stand_for_those_of_its_id_in_another_corpus(crawls):
    _, new = crawls
    removed = {new.names[row["removed"]] for row in new.rows("dedup/dup")} & {"Q", "near-Q"}
    (gone,) = removed
    shown = find_document(new.folder, read_manifest(new.folder), SHARED.hex())
    assert shown.duplicates == ([new.ids["near-Q"].hex()] if gone == "near-Q" else [])
    assert shown.cluster == new.clusters()["Q"].hex()


def test_people_are_told_in_which_corpus_a_survivor_is(crawls, capsys):
    _, new = crawls
    command = ["inspect", str(new.path), "--document", new.ids["P"].hex()]
    assert main(command) == 0
    out = capsys.readouterr().out
    survivor = SHARED.hex()
    assert f"  survivor: {survivor} of corpus old\n" in out
    assert f"  see: haybale inspect DIR --document {survivor}, DIR being the folder of old\n" in out
    assert "  corpus: " not in out
    assert main([*command, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["removal"]["survivor"], found["removal"]["corpus"]) == (survivor, "old")


def test_a_cluster_keeps_its_name_from_corpus_to_corpus(crawls, tmp_path, prose):
    old, new = crawls
    texts = {
        "R": prose(4),
        "P": prose(1),
        "stays": akin(prose(1), 20, 100),
        "near-R": akin(prose(4), 20),
    }
    last = Crawl.build(tmp_path, "last", texts, old, new)
    assert together(last) == [["P", "stays"], ["R", "near-R"]]
    assert last.clusters()["P"] == new.clusters()["P"]
    # A copy of Q takes the name that Q's own corpus has, but not as its own documents have it.
    again = Crawl.build(tmp_path, "again", {"R": prose(4), "Q": prose(2)}, new)
    assert again.clusters().keys() == {"Q"}
    assert again.clusters()["Q"] not in {SHARED, new.clusters()["P"]}


def test_the_name_outlasts_a_takedown_in_the_corpus_that_gave_it(crawls, tmp_path, prose):
    old, new = crawls[0].copy(tmp_path), crawls[1]
    remove(old.folder, ids_array([old.ids["own"]]), progress=Progress(quiet=True))
    last = Crawl.build(tmp_path, "last", {"R": prose(4), "P": prose(1)}, old)
    assert last.clusters()["P"] == new.clusters()["P"]


def as_before(crawl):
    """Write the tables as releases did that named clusters by ids alone."""
    for path in crawl.folder.list("dedup"):
        table = read_table(crawl.folder, path)
        if "inherited" in table.column_names:
            table = table.drop_columns("inherited")
            with open_table(crawl.folder, path, table.schema) as writer:
                for batch in table.to_batches():
                    writer.write(batch)


def test_where_a_name_may_be_of_two_clusters_nobody_is_taken_down_by_it(crawls, tmp_path, prose):
    new = crawls[1].copy(tmp_path)
    as_before(new)
    with pytest.raises(RecipeError, match="built by a release that named clusters by ids alone"):
        new.tied_to("P")
    assert preview(new.folder, ids_array([SHARED]))["near_duplicates"] is None
    texts = {"R": prose(4), "Q": prose(2), "stays": akin(prose(1), 20, 100)}
    last = Crawl.build(tmp_path, "last", texts, new)
    assert together(last) == [["Q"], ["stays"]]


def test_without_earlier_corpora_tables_have_no_further_column(crawls):
    old, new = crawls
    for path in ("dedup/cluster_sizes.arrow", f"dedup/clusters/{SUBSET}/00000.arrow"):
        columns = read_table(old.folder, path).column_names
        assert read_table(new.folder, path).column_names == [*columns, "inherited"]
    assert {row["inherited"] for row in new.rows("dedup/cluster_sizes")} == {True, False}
