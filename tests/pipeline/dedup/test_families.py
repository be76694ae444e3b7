"""Documents that are alike, but not enough to be duplicates, share a split and nothing else."""

import json

import pytest

from haybale.corpus.lookup import find_document
from haybale.corpus.manifest import read_manifest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.stages import STAGES


def built(path, texts, dedup, output="out", last_stage="deduplicate"):
    """Build texts by name; returns the folder."""
    records = [json.dumps({"id": name, "text": text}) for name, text in texts.items()]
    (path / "web").mkdir(exist_ok=True)
    (path / "web/a.jsonl").write_text("\n".join(records))
    recipe = path / "recipe.toml"
    recipe.write_text(
        'name = "kin"\n[[subsets]]\nname = "web"\npaths = ["web/*.jsonl"]\n'
        f"[ingest]\nidentify_language = false\npart_bytes = 3000\n[dedup]\n{dedup}\n"
        "[tokenizer]\ntrain = { vocabulary_size = 300 }\n"
        "[shards]\nvalidation_fraction = 0.5\n"
    )
    build(recipe, str(path / output), progress=Progress(quiet=True), last_stage=last_stage)
    return Folder(str(path / output))


@pytest.fixture
def corpus(tmp_path):
    return lambda texts, dedup: built(tmp_path, texts, dedup)


def names_in(folder):
    return {
        row["doc_id"]: json.loads(row["metadata"])["id"]
        for path in folder.list("documents")
        for row in read_table(folder, path, ["doc_id", "metadata"]).to_pylist()
    }


def members(folder):
    """Name of each listed survivor to the names of its cluster and of its family."""
    names = names_in(folder)
    return {
        names[row["survivor"]]: (names.get(row["cluster"]), names[row["family"]])
        for path in folder.list("dedup/clusters")
        for row in read_table(folder, path).to_pylist()
    }


def replaced(text, *places):
    """The text with other words at these places. Of 120 words there are 108 shingles of 13."""
    words = text.split()
    for place in places:
        words[place] = f"somewhatlonger{place}"
    return " ".join(words)


def chain(prose, seed):
    """Three texts, the first and the last only alike to that between them.

    A word amid the text is in 13 shingles: 95 / 121 = 0.785; two of them in 26: 82 / 134 = 0.612.
    """
    text = " ".join(prose(seed).split())
    return {
        f"{seed}-first": replaced(text, 40),
        f"{seed}-middle": text,
        f"{seed}-last": replaced(text, 90),
    }


def smallest(folder, *names):
    return min((doc_id, name) for doc_id, name in names_in(folder).items() if name in names)[1]


@pytest.mark.parametrize("verify", ["exact", "estimate"])
def test_a_chain_of_kin_is_one_family_and_all_of_it_stays(corpus, prose, verify):
    # An estimate of 0.785 has a standard error of 0.036; that of these texts is in the margin.
    folder = corpus({**chain(prose, 1), "stranger": prose(2)}, f'verify = "{verify}"')
    family = smallest(folder, "1-first", "1-middle", "1-last")
    assert members(folder) == {f"1-{name}": (None, family) for name in ("first", "middle", "last")}
    assert all(not read_table(folder, path).num_rows for path in folder.list("dedup/removals"))


def test_who_was_removed_joins_its_survivor_and_its_kin(corpus, prose):
    text = " ".join(prose(1).split())
    # Place 10 is in 11 shingles: 97 / 119 = 0.815, a duplicate. Place 60 is in 13, 0.785; both
    # together in 24: 84 / 132 = 0.636.
    texts = {"stays": replaced(text, 10), "goes": text, "kin": replaced(text, 60)}
    folder = corpus(texts, 'keep = ["longest"]')
    cluster = smallest(folder, "stays", "goes")
    family = smallest(folder, "stays", "goes", "kin")
    assert members(folder) == {"stays": (cluster, family), "kin": (None, family)}


@pytest.mark.parametrize(("margin", "is_kin"), [("0.014", False), ("0.015", True), ("0", False)])
def test_the_margin_is_below_the_threshold_to_the_digit(corpus, prose, margin, is_kin):
    text = " ".join(prose(1).split())
    # 0.8 - 0.015 = 0.785 < 95 / 121 = 0.78512 < 0.786 = 0.8 - 0.014.
    folder = corpus({"one": text, "other": replaced(text, 60)}, f"split_margin = {margin}")
    assert len(members(folder)) == 2 * is_kin


def split_of(folder):
    """Name of each document in a shard to its split."""
    names = names_in(folder)
    shards = {(row["shard"], row["split"]) for row in read_index(folder).to_pylist()}
    return {
        names[row["doc_id"]]: split
        for shard, split in shards
        for row in read_table(folder, shard, ["doc_id"]).to_pylist()
    }


@pytest.fixture(scope="module")
def both(tmp_path_factory, prose):
    """Ten chains, the middle of each told twice, and duplicates: with a margin and with none."""
    texts = {}
    for seed in range(10):
        texts |= chain(prose, seed)
        texts[f"{seed}-copy"] = texts[f"{seed}-middle"]
        texts[f"{seed}-near"] = replaced(texts[f"{seed}-last"], 119)
    path = tmp_path_factory.mktemp("both")
    return [built(path, texts, f"split_margin = {at}", str(at), STAGES[-1]) for at in (0.1, 0.0)]


def test_kin_share_a_split_and_without_a_margin_they_do_not(both):
    straddling = []
    for folder in both:
        splits = {}
        for name, split in split_of(folder).items():
            splits.setdefault(name.partition("-")[0], set()).add(split)
        assert len(splits) == 10
        straddling.append([seed for seed, found in splits.items() if len(found) > 1])
        assert set.union(*splits.values()) == {"train", "validation"}
    assert straddling[0] == []
    assert len(straddling[1]) > 3


def test_without_a_margin_the_cluster_decides_the_split(both):
    for path in both[1].list("dedup/clusters"):
        table = read_table(both[1], path)
        assert table.column("cluster").null_count == 0
        assert table.column("family") == table.column("cluster")


def test_the_margin_changes_nothing_but_the_split(both):
    wide, none = both
    same = ["dedup/duplicates.arrow", "dedup/cluster_sizes.arrow", *none.list("dedup/removals")]
    same += none.list("tokenizer")
    for path in same:
        assert wide.read(path) == none.read(path), path
    assert sum(read_table(none, path).num_rows for path in none.list("dedup/removals")) == 20
    columns = ["row", "survivor", "cluster"]
    kin_only = 0
    for path in none.list("dedup/clusters"):
        rows = read_table(wide, path, columns).to_pylist()
        clustered = [row for row in rows if row["cluster"] is not None]
        assert clustered == read_table(none, path, columns).to_pylist()
        kin_only += len(rows) - len(clustered)
    assert kin_only == 20  # first and middle of each chain
    inputs = [json.loads(folder.read("card/inputs.json")) for folder in both]
    for name in ("clusters", "pairs", "ledger", "samples", "lineage"):
        assert inputs[0][name] == inputs[1][name], name
    assert set(inputs[0]["pairs"]) == {"candidate_pairs", "verified_pairs", "limited_buckets"}


def test_who_has_only_kin_is_shown_in_no_cluster(both):
    for folder in both:
        ids = {name: doc_id.hex() for doc_id, name in names_in(folder).items()}
        manifest = read_manifest(folder)
        clusters = {
            name: find_document(folder, manifest, ids[f"3-{name}"]).cluster
            for name in ("first", "last", "near")
        }
        cluster = min(ids["3-last"], ids["3-near"])
        assert clusters == {"first": None, "last": cluster, "near": cluster}
