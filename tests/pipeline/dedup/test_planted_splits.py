"""Training and validation hold no near-duplicates of each other: real text, planted copies."""

import itertools
import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table

pytestmark = [
    pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text"),
]

RECIPE = """
name = "splits"
[[subsets]]
name = "d"
paths = ["${HAYBALE_DATA}/dedup/*.jsonl.zst"]
[ingest]
identify_language = false
[dedup]
[tokenizer]
train = { kind = "bpe", vocabulary_size = 1000, sample_bytes = 500_000 }
[shards]
validation_fraction = 0.5
"""


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    """Split of each survivor by its name, and pairs of a removed document and its survivor."""
    folder = tmp_path_factory.mktemp("splits")
    (folder / "splits.toml").write_text(RECIPE)
    build(folder / "splits.toml", str(folder / "out"), progress=Progress(quiet=True))
    found = Folder(str(folder / "out"))
    names = {
        row["doc_id"]: json.loads(row["metadata"])["id"]
        for path in found.list("documents")
        for row in read_table(found, path, ["doc_id", "metadata"]).to_pylist()
    }
    shards = {(row["shard"], row["split"]) for row in read_index(found).to_pylist()}
    split_of = {
        names[row["doc_id"]]: split
        for shard, split in shards
        for row in read_table(found, shard, ["doc_id"]).to_pylist()
    }
    removals = [
        (names[row["removed"]], names[row["survivor"]])
        for path in found.list("dedup/removals")
        for row in read_table(found, path, ["removed", "survivor"]).to_pylist()
    ]
    return split_of, removals


def test_no_planted_near_duplicates_stand_in_both_splits(splits):
    split_of, removals = splits
    truth = json.loads((Path(os.environ["HAYBALE_DATA"]) / "dedup/truth.json").read_text())
    assert len(split_of) + len(removals) == len(truth["singles"]) + sum(
        len(cluster["members"]) for cluster in truth["clusters"]
    )
    alike = [pair for pair in truth["pairs"] if pair["jaccard13"] > 0.8]
    both = [pair for pair in alike if {pair["a"], pair["b"]} <= set(split_of)]
    apart = [pair for pair in both if split_of[pair["a"]] != split_of[pair["b"]]]
    assert apart == []


def test_survivors_of_one_chain_stand_in_one_split(splits):
    """Survivors that are alike through documents that went, over any number of steps."""
    split_of, _ = splits
    truth = json.loads((Path(os.environ["HAYBALE_DATA"]) / "dedup/truth.json").read_text())
    # Links of the verified graph by the truth's own count, with room for its other words: pairs of
    # 0.85 or more are links for certain.
    links = defaultdict(set)
    for pair in truth["pairs"]:
        if pair["jaccard13"] >= 0.85:
            links[pair["a"]].add(pair["b"])
            links[pair["b"]].add(pair["a"])
    linked = 0
    for start in split_of:
        reached, waiting = {start}, [start]
        while waiting:
            for other in links[waiting.pop()] - reached:
                reached.add(other)
                waiting.append(other)
        for one, other in itertools.pairwise(sorted(reached & set(split_of))):
            linked += 1
            assert split_of[one] == split_of[other]
    assert linked > 20
    assert set(split_of.values()) == {"train", "validation"}
