"""What a takedown takes, what it leaves as it is, and what manifest and card say of it."""

import io
import os
import random
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_stores import environment, s3_server
from taken_corpora import (
    RECIPE,
    contents,
    id_of,
    ids_array,
    kept_list,
    names_exactly,
    stored,
    write_input,
)

from haybale.cards.card import Card
from haybale.cards.check.check import check_card
from haybale.cli import main
from haybale.corpus.errors import RecipeError
from haybale.corpus.lookup import find_document
from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import Regrouper
from haybale.corpus.storage import Folder, read_parsed
from haybale.corpus.takedowns import TAKEN_PATH, takedowns_of
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.remove import preview, remove


def take(corpus, ids, **asked):
    return remove(Folder(str(corpus)), ids_array(ids), progress=Progress(quiet=True), **asked)


def table(corpus, path):
    return pa.ipc.open_file(str(corpus / path)).read_all()


def removed_list(corpus):
    return pq.read_table(corpus / "card/ids/removed.parquet").to_pylist()


def stat(corpus):
    """Inode, time and bytes of every file."""
    found = {}
    for path in sorted(corpus.rglob("*")):
        if path.is_file():
            facts = path.stat()
            name = str(path.relative_to(corpus))
            found[name] = (facts.st_ino, facts.st_mtime_ns, path.read_bytes())
    return found


class Taken:
    """Pages 3, 7 and 8 and a few more are taken down, and two that were in no shard."""

    def __init__(self, asked, folder):
        self.corpus = shutil.copytree(asked, folder / "out")
        self.before, self.files_before = stored(self.corpus), stat(self.corpus)
        self.manifest_before = read_manifest(Folder(str(self.corpus)))
        self.removed_before = removed_list(self.corpus)
        words = ("zq0003qz", "zq0007qz", "zq0008qz", "zq0104qz")
        chosen = [id_of(self.corpus, word) for word in words]
        more = random.Random(4).sample([one for one in self.before.ids if one not in chosen], 5)
        self.in_corpus = {*chosen, *more}
        by_stage = {row["stage"]: row["doc_id"] for row in self.removed_before}
        self.dropped = by_stage["ingest"]
        (self.twin,) = [  # page 5's: page 3 is the other that has one
            row["removed"]
            for row in table(self.corpus, "dedup/duplicates.arrow").to_pylist()
            if row["survivor"] == id_of(self.corpus, "zq0005qz")
        ]
        everybody = [*self.in_corpus, self.dropped, self.twin]
        self.preview = preview(Folder(str(self.corpus)), ids_array(everybody))
        self.files_previewed = stat(self.corpus)
        self.told = take(self.corpus, everybody, reason="asked for", date="2026-02-03")
        self.manifest = read_manifest(Folder(str(self.corpus)))
        self.everybody = set(everybody)


@pytest.fixture(scope="module")
def taken(asked, tmp_path_factory):
    return Taken(asked, tmp_path_factory.mktemp("taken"))


def test_documents_that_stay_keep_their_tokens_and_their_order(taken):
    after = stored(taken.corpus)
    assert list(zip(after.ids, after.tokens, strict=True)) == taken.before.without(taken.in_corpus)
    assert len(after.ids) == 70 - 9  # 50 pages and 20 books; 4 chosen and 5 more


def test_files_that_hold_none_of_them_are_not_touched(taken):
    after = stat(taken.corpus)
    pairs = zip(taken.before.shards, taken.before.ids, strict=True)
    held = {shard for shard, doc_id in pairs if doc_id in taken.in_corpus}
    shards = set(taken.before.shards)
    assert held < shards  # there are others
    for shard in shards - held:
        tail = shard.removeprefix("shards/")
        beside = (f"packing/best_fit-256/{tail}", f"packing/document_start-128/{tail}")
        for path in (shard, *beside, f"chunks/{tail}"):
            assert after[path] == taken.files_before[path]
    for shard in held:
        assert after[shard][0] != taken.files_before[shard][0]
    changed = {name for name in after if name.startswith("documents/")}
    changed = {name for name in changed if after[name] != taken.files_before[name]}
    assert changed == {
        name for name in taken.files_before if name.startswith("documents/") and _holds(taken, name)
    }
    assert set(taken.told["rewritten"]) >= held | changed


def _holds(taken, path):
    """Whether a file of documents of then held any that is taken down."""
    raw = taken.files_before[path][2]
    ids = pa.ipc.open_file(raw).read_all().column("doc_id").to_pylist()
    return bool(taken.everybody & set(ids))


def test_a_preview_writes_nothing_and_tells_the_same(taken):
    assert taken.files_previewed == taken.files_before
    assert {name: taken.told[name] for name in taken.preview} == taken.preview


def test_it_is_sound_and_its_card_is_and_no_other_file_is_there(taken, verified):
    # Page 3 stands for a near copy and an equal text, which stay away.
    (note,) = verified(taken.corpus)[1]
    assert verified(taken.corpus)[0] == ()
    assert note.startswith("2 documents were removed as duplicates of documents that were taken")
    assert check_card(Folder(str(taken.corpus)), card_only=False) == []
    assert names_exactly(taken.corpus)


def test_nothing_is_left_of_a_text(taken):
    """Not its words, its masked copy, its author, its own domain: nowhere, run/ among it."""
    read = {name: _readable(name, raw) for name, (_, _, raw) in stat(taken.corpus).items()}
    then = {name: _readable(name, raw) for name, (_, _, raw) in taken.files_before.items()}
    gone = ("zq0007qz", "zq0104qz", "own8.example", "zq0060qz", "denied.example")
    for word in (*gone, "author7'", 'author7"'):
        assert not [name for name, text in read.items() if word in text], word
    for word in gone:
        assert [name for name, text in then.items() if word in text], word  # it can be found
    # Of page 3 too; its equal text and its near copy were not asked for, and are still kept.
    held = [name for name, text in read.items() if "zq0003qz" in text]
    assert [name.split("/")[0] for name in held] == ["documents"]


def _readable(name, raw):
    """A file as text, uncompressed."""
    if name.endswith(".arrow"):
        return str(pa.ipc.open_file(raw).read_all().to_pylist())
    if name.endswith(".parquet"):
        return str(pq.read_table(io.BytesIO(raw)).to_pylist())
    return raw.decode(errors="replace")


def test_its_row_is_blank_but_for_its_id(taken):
    doc_id = next(iter(taken.in_corpus))
    found = find_document(Folder(str(taken.corpus)), taken.manifest, doc_id.hex())
    left = {name: value for name, value in found.document.items() if value not in (None, "")}
    assert left == {"doc_id": doc_id, "subset": found.subset}
    assert found.measures["text_bytes"] == 0
    assert found.places == found.edits == []
    assert found.takedown["was"] == "corpus"
    assert found.removal["rule"] == "takedown/asked@1"
    for path in sorted((taken.corpus / "signatures").rglob("*.arrow")):
        for row in table(taken.corpus, path.relative_to(taken.corpus)).to_pylist():
            blank = row["digest"] == bytes(16) and set(row["minhash"]) == {0}
            assert blank == (row["doc_id"] in taken.everybody)


def test_a_duplicate_of_one_that_was_taken_down_says_so_and_shows_no_difference(taken):
    folder = Folder(str(taken.corpus))
    page = next(iter(taken.in_corpus & {_survivor(taken, one) for one in _removed(taken)}))
    (first, *_) = [one for one in _removed(taken) if _survivor(taken, one) == page]
    found = find_document(folder, taken.manifest, first.hex())
    assert found.removal["survivor"] == page
    assert found.difference == []
    assert found.takedown == {}


def _removed(taken):
    return table(taken.corpus, "dedup/duplicates.arrow").column("removed").to_pylist()


def _survivor(taken, doc_id):
    rows = table(taken.corpus, "dedup/duplicates.arrow").to_pylist()
    return next(row["survivor"] for row in rows if row["removed"] == doc_id)


def test_totals_and_lineage_are_less_by_what_went(taken):
    tokens = {one: len(ids) for one, ids in zip(taken.before.ids, taken.before.tokens, strict=True)}
    went = sum(tokens[one] for one in taken.in_corpus)
    (entry,) = takedowns_of(taken.manifest)
    assert (entry["documents"], entry["tokens"], entry["texts_only"]) == (9, went, 2)
    assert (entry["asked"], entry["reason"], entry["date"]) == (11, "asked for", "2026-02-03")
    assert entry["before"] == taken.manifest_before.digest
    for unit in ("documents", "tokens", "text_bytes"):
        before, after = (
            sum(counts[unit] for split in manifest.totals.values() for counts in split.values())
            for manifest in (taken.manifest_before, taken.manifest)
        )
        assert before - after == entry[unit], unit
    assert taken.told["changes"]["documents"]["stayed"] == 61
    assert taken.told["changes"]["documents"]["how"] == "exact"


def test_read_is_in_the_corpus_or_removed_or_dropped_or_taken_down(taken):
    kept, removed = kept_list(taken.corpus), removed_list(taken.corpus)
    # 50 pages, a near copy, two twins, one denied, 20 books.
    assert len(kept) + len(removed) == 50 + 1 + 2 + 1 + 20
    assert {row["doc_id"] for row in removed if row["stage"] == "takedown"} == taken.in_corpus
    others = [row for row in removed if row["stage"] != "takedown"]
    assert others == taken.removed_before
    places = [(row["subset"] == "books", row["file"], row["record"]) for row in removed]
    assert places == sorted(places)  # in the order in which they were read
    ledger = read_parsed(Folder(str(taken.corpus)), "card/inputs.json")["ledger"]

    def count(stage, outcome):
        rows = [row for row in ledger if (row["stage"], row["outcome"]) == (stage, outcome)]
        return sum(row["documents"] for row in rows)

    assert (count("tokenize", "kept"), count("takedown", "removed")) == (70, 9)
    assert count("takedown", "kept") == 61


def test_samples_of_the_card_are_of_others(taken):
    samples = Card(read_parsed(Folder(str(taken.corpus)), "card/card.json")).samples
    gone = {one.hex() for one in taken.everybody}
    assert samples
    assert not gone & {sample[name] for sample in samples for name in ("doc_id", "survivor")}


def test_its_card_is_that_of_a_corpus_that_was_built_without_them(taken, tmp_path):
    """The same documents from the list of ids: whatever is said of the corpus is the same."""
    from haybale.pipeline.build import build

    cut = RECIPE.replace('[dedup]\nkeep = ["longest"]\n', "")
    kept = taken.corpus / "card/ids/kept.parquet"
    model = taken.corpus / "tokenizer/tokenizer.model"
    cut = cut.replace("train = { vocabulary_size = 300 }", f'model = "{model}"')
    recipe = write_input(tmp_path, cut + f'[ids]\nkept = "{kept}"\n')
    build(recipe, str(tmp_path / "again"), progress=Progress(quiet=True))
    mine, again = (
        Card(read_parsed(Folder(str(folder)), "card/card.json"))
        for folder in (taken.corpus, tmp_path / "again")
    )
    said = ("corpus.", "language.", "license.", "domain.", "tokenizer.", "mixture.", "lengths.")
    read = ("documents_read", "state=read", "domains.read", "tokenizer.kind", "shards")
    one, other = (
        {
            name: fact.value
            for name, fact in card.facts.items()
            if name.startswith(said) and not any(word in name for word in read)
        }
        for card in (mine, again)
    )
    assert len(one) > 100
    assert one == other
    folders = (taken.corpus, tmp_path / "again")
    mine, again = (pq.read_table(folder / "card/unigrams.parquet") for folder in folders)
    assert mine.equals(again)


def test_built_again_it_stays_as_it_is(taken, tmp_path):
    from haybale.pipeline.build import build

    recipe, before = write_input(tmp_path), stat(taken.corpus)["corpus.json"]
    parts = read_parsed(Folder(str(taken.corpus)), "run/plan.json")["parts"]
    for file in (file for part in parts for file in part["files"]):
        path = next(tmp_path.rglob(file["name"]))  # a build knows its input by size and time
        os.utime(path, ns=(int(file["modified"]), int(file["modified"])))
    manifest = build(recipe, str(taken.corpus), progress=Progress(quiet=True))
    assert manifest is not None
    assert manifest.digest == taken.manifest.digest
    assert stat(taken.corpus)["corpus.json"] == before


def test_a_second_takedown_adds_to_the_first(taken, tmp_path, verified):
    corpus = shutil.copytree(taken.corpus, tmp_path / "out")
    (again, *_), (new, *_) = taken.in_corpus, kept_list(corpus)
    told = take(corpus, [again, new])
    assert (told["documents"], told["already"]) == (1, [again.hex()])
    first, second = takedowns_of(read_manifest(Folder(str(corpus))))
    assert second["before"] == taken.manifest.digest
    assert first["before"] == taken.manifest_before.digest
    rows = table(corpus, TAKEN_PATH).to_pylist()
    assert {row["doc_id"] for row in rows if row["takedown"] == 2} == {new}
    assert len(rows) == 12
    assert verified(corpus)[0] == ()
    assert check_card(Folder(str(corpus)), card_only=False) == []
    manifest = stat(corpus)["corpus.json"]
    assert take(corpus, [again, new])["takedown"] is None  # nothing is left to take
    assert stat(corpus)["corpus.json"] == manifest


def test_a_shard_that_is_left_without_a_document_goes(corpus, verified):
    before = stored(corpus)
    shard = before.shards[0]
    held = {one for one, path in zip(before.ids, before.shards, strict=True) if path == shard}
    assert held < set(before.ids)
    told = take(corpus, held)
    tail = shard.removeprefix("shards/")
    beside = (f"packing/best_fit-256/{tail}", f"packing/document_start-128/{tail}")
    assert told["gone"] == sorted([shard, *beside, f"chunks/{tail}"])
    assert not [path for path in told["gone"] if (corpus / path).exists()]
    assert names_exactly(corpus)
    after = stored(corpus)
    assert list(zip(after.ids, after.tokens, strict=True)) == before.without(held)
    assert verified(corpus) == ((), ())


def test_near_duplicates_go_along_in_both_directions(corpus, asked, verified):
    """Page 3 stands for two; asked for one of these, the page and the other are found."""
    page = id_of(corpus, "zq0003qz")
    rows = table(corpus, "dedup/duplicates.arrow").to_pylist()
    removed = [row["removed"] for row in rows if row["survivor"] == page]
    assert len(removed) == 2
    folder = Folder(str(corpus))
    alone = preview(folder, ids_array(removed[:1]))
    assert (alone["documents"], alone["texts_only"]) == (0, 1)
    assert (alone["survivors_that_stay"], alone["texts_that_stay"]) == (1, 0)
    alone = preview(folder, ids_array([page]))
    assert (alone["duplicates_that_stay_away"], alone["texts_that_stay"]) == (2, 2)
    for one in (page, *removed):
        found = preview(folder, ids_array([one]), near_duplicates=True)
        assert (found["documents"], found["texts_only"]) == (1, 2)
        assert (found["survivors_that_stay"], found["texts_that_stay"]) == (0, 0)
        assert found["near_duplicates"]["documents"] == 2
        # Asked for the page, the two others are in no shard.
        assert found["near_duplicates"]["in_corpus"] == (0 if one == page else 1)
        # A removed one was compared with the page alone.
        assert found["near_duplicates"]["compared"] == (2 if one == page else 1)
    take(corpus, removed[:1], near_duplicates=True)
    rows = {row["doc_id"]: row for row in table(corpus, TAKEN_PATH).to_pylist()}
    assert rows.keys() == {page, *removed}
    assert rows[removed[0]]["rule"] == "takedown/asked@1"
    assert rows[page]["rule"] == "takedown/near_duplicate@1"
    assert (rows[page]["was"], rows[removed[1]]["was"]) == ("corpus", "removed")
    problems, (note,) = verified(corpus)
    assert problems == ()
    assert "2 documents were removed as duplicates" in note
    entry = takedowns_of(read_manifest(folder))[0]
    assert (entry["documents"], entry["near_duplicates"]) == (1, 1)


def test_ids_of_nobody_are_an_error_that_names_them(corpus):
    known = kept_list(corpus)[0]
    strangers = [bytes([n]) * 16 for n in range(1, 8)]
    with pytest.raises(RecipeError, match=r"7 of 8 ids .*: 01010101.*05050505\w*, \.\.\.; mend"):
        take(corpus, [known, *strangers])
    told = preview(Folder(str(corpus)), ids_array([known, *strangers]), ignore_missing=True)
    assert (told["documents"], len(told["missing"])) == (1, 7)


def test_all_training_documents_are_refused(corpus):
    with pytest.raises(RecipeError, match=r"training documents .* would go"):
        take(corpus, kept_list(corpus))


@pytest.mark.parametrize("seed", [0, 1])
def test_any_part_of_the_documents_may_go(seed, corpus, verified):
    rng, before = random.Random(seed), stored(corpus)
    gone = set(rng.sample(before.ids, rng.randrange(1, 60)))
    told = take(corpus, gone)
    after = stored(corpus)
    assert list(zip(after.ids, after.tokens, strict=True)) == before.without(gone)
    assert told["documents"] == len(gone)
    assert verified(corpus)[0] == ()
    assert check_card(Folder(str(corpus)), card_only=False) == []
    assert names_exactly(corpus)


def test_shards_of_many_record_batches_are_cut_anew_and_found_again(corpus, verified, monkeypatch):
    """The first takedown leaves record batches of some 100 tokens, the second meets them."""
    monkeypatch.setattr(Regrouper.__init__, "__defaults__", (100,))
    rng = random.Random(2)
    for _ in range(2):
        before = stored(corpus)
        gone = set(rng.sample(before.ids, 12))
        take(corpus, gone)
        index = table(corpus, "shards/index.arrow")
        assert index.num_rows > 2 * len(set(index.column("shard").to_pylist()))
        after = stored(corpus)
        assert list(zip(after.ids, after.tokens, strict=True)) == before.without(gone)
        # Every place in lookup/ is compared with the shards.
        assert verified(corpus)[0] == ()


@pytest.mark.slow
def test_in_an_object_store_it_is_the_same_bytes(corpus, monkeypatch):
    ids = ids_array([id_of(corpus, "zq0003qz"), id_of(corpus, "zq0104qz")])
    remote = Folder("s3://bucket/out")
    with s3_server() as port:
        for name, value in environment("s3", port).items():
            monkeypatch.setenv(name, value)
        for name, data in contents(corpus).items():
            remote.commit_bytes(name, data)
        for folder in (remote, Folder(str(corpus))):
            remove(folder, ids, date="2026-02-03", progress=Progress(quiet=True))
        there = {name: remote.read(name) for name in remote.list()}
    assert there == contents(corpus)  # and nothing in run/


def test_a_split_and_a_subset_that_are_left_empty_are_told(corpus, capsys):
    assert take(corpus, [id_of(corpus, "zq0104qz")])["emptied"] == []
    index, held = table(corpus, "shards/index.arrow").to_pylist(), {}
    for row in index:
        ids = table(corpus, row["shard"]).column("doc_id").to_pylist()
        held.setdefault((row["split"], row["subset"]), set()).update(ids)
    validation = {one for (split, _), ids in held.items() if split == "validation" for one in ids}
    (corpus / "ids.txt").write_text("\n".join(one.hex() for one in validation))
    assert main(["remove", str(corpus), "--ids", str(corpus / "ids.txt"), "--dry-run"]) == 0
    warning = "warning: nothing would be left of split validation"
    assert [line for line in capsys.readouterr().out.splitlines() if "warning" in line] == [warning]
    books = held["train", "books"]
    told = take(corpus, validation | books)
    assert told["emptied"] == [["train", "books"], ["validation", None]]
    manifest = read_manifest(Folder(str(corpus)))
    assert manifest.weights == {"web": 1.0}


def test_a_domain_of_which_no_sample_was_kept_is_told(asked, corpus, monkeypatch):
    """As of a rule that dropped more documents than are sampled."""
    from haybale.pipeline.takedown import parts

    (dropped,) = {row["doc_id"] for row in removed_list(corpus) if row["stage"] == "ingest"}
    monkeypatch.setattr(parts, "_sampled", lambda *_: parts.DROPPED.empty_table())
    assert take(corpus, [dropped])["domains_unknown"] == 1
