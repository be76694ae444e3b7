"""Real documents and planted copies of them: every similarity computed anew from the texts."""

import json
import os
import random
import re
from functools import cache
from pathlib import Path

import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table

pytestmark = [
    pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text"),
]


@pytest.fixture(scope="module")
def truth():
    """Made beside the data: clusters of planted relatives, and the similarity of each pair."""
    return json.loads((Path(os.environ["HAYBALE_DATA"]) / "dedup/truth.json").read_text())


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Deduplicate the planted documents under some settings; texts and removals by their names."""

    @cache
    def run(dedup="", ingest="", paths="${HAYBALE_DATA}/dedup/*.jsonl.zst"):
        folder = tmp_path_factory.mktemp("dedup")
        recipe = folder / "dedup.toml"
        recipe.write_text(
            'name = "dedup"\n[[subsets]]\nname = "d"\npaths = ["'
            f'{paths}"]'
            f"\n[ingest]\nidentify_language = false\n{ingest}\n[dedup]\n{dedup}\n"
            "[tokenizer]\ntrain = {}\n"
        )
        output = folder / "out"
        build(recipe, str(output), last_stage="deduplicate", progress=Progress(quiet=True))
        found = Folder(str(output))
        rows = [
            row
            for path in found.list("documents")
            for row in read_table(found, path, ["doc_id", "metadata", "text"]).to_pylist()
        ]
        names = {row["doc_id"]: json.loads(row["metadata"])["id"] for row in rows}
        texts = {names[row["doc_id"]]: row["text"] for row in rows}
        removed = {
            names[row["removed"]]: (names[row["survivor"]], row["similarity"], row["method"])
            for path in found.list("dedup/removals")
            for row in read_table(found, path).to_pylist()
        }
        return texts, removed

    return run


@cache
def true_shingles(text):
    """As the truth counts them: 13 words of \\w+, lower case."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(" ".join(words[at : at + 13]) for at in range(max(1, len(words) - 12)))


def true_jaccard(left, right):
    one, other = true_shingles(left), true_shingles(right)
    return len(one & other) / len(one | other)


def test_the_truth_is_what_is_computed_here(stage, truth):
    texts, _ = stage()
    for pair in truth["pairs"][::10]:
        expected = pair["jaccard13"]
        assert true_jaccard(texts[pair["a"]], texts[pair["b"]]) == pytest.approx(expected, abs=1e-6)


def test_nothing_is_removed_for_a_document_that_is_no_relative(stage, truth):
    _, removed = stage()
    cluster = {name: each["cluster"] for each in truth["clusters"] for name in each["members"]}
    for name, (survivor, _, _) in removed.items():
        assert cluster[name] == cluster[survivor]
    assert not set(truth["singles"]) & set(removed)


@pytest.mark.parametrize("verify", ["exact", "estimate"])
def test_of_two_documents_above_the_threshold_one_goes(stage, truth, verify):
    # The truth splits words at punctuation, we do not; 0.85 by its count leaves room for that
    # around our 0.8, and for the error of an estimate. Bands find a pair at 0.85 with probability
    # 1 - (1 - 0.85^6)^21 = 0.99997.
    _, removed = stage(f'verify = "{verify}"')
    pairs = [pair for pair in truth["pairs"] if pair["jaccard13"] >= 0.85]
    missed = [pair for pair in pairs if not {pair["a"], pair["b"]} & set(removed)]
    assert len(pairs) > 700
    assert len(missed) <= len(pairs) // 100


def test_every_removed_document_exceeds_the_threshold_against_its_survivor(stage, jaccard):
    texts, removed = stage()
    assert len(removed) > 1000
    for name, (survivor, similarity, method) in removed.items():
        assert survivor not in removed
        assert method in {"exact/text@1", "minhash/jaccard@1"}
        assert jaccard(texts[name], texts[survivor], 13) == pytest.approx(similarity)
        assert similarity > 0.8
        # By the truth's words too it is far from a stranger.
        assert true_jaccard(texts[name], texts[survivor]) >= 0.75


def test_an_estimate_lets_some_through_that_are_less_alike_and_says_so(stage):
    texts, removed = stage('verify = "estimate"')
    methods = {method for _, _, method in removed.values()}
    assert methods == {"exact/text@1", "minhash/estimate@1"}
    # The standard error at 0.8 with 128 hashes is 0.035; five of them are 0.18.
    for name, (survivor, _, _) in removed.items():
        assert true_jaccard(texts[name], texts[survivor]) > 0.8 - 0.18


def test_a_chain_of_edits_removes_none_that_is_unlike_every_survivor(stage, truth):
    texts, removed = stage()
    chains = [each for each in truth["clusters"] if each["kind"].startswith("chain")]
    assert len(chains) > 50
    for chain in chains:
        stay = [name for name in chain["members"] if name not in removed]
        for name in set(chain["members"]) & set(removed):
            assert max(true_jaccard(texts[name], texts[other]) for other in stay) >= 0.75


def test_how_documents_are_split_into_parts_changes_nothing(stage):
    _, removed = stage()
    _, whole = stage(ingest="part_bytes = 100_000_000")
    assert whole == removed


def test_shuffled_documents_leave_the_same_texts(stage, tmp_path_factory):
    texts, removed = stage()
    shuffled = tmp_path_factory.mktemp("shuffled")
    names = random.Random(1).sample(sorted(texts), len(texts))
    for number in range(3):  # in other files, of other names, in another order
        lines = (json.dumps({"id": name, "text": texts[name]}) for name in names[number::3])
        (shuffled / f"{number}.jsonl").write_text("\n".join(lines))
    _, again = stage(paths=f"{shuffled}/*.jsonl")
    left, left_again = (
        sorted(text for name, text in texts.items() if name not in gone)
        for gone in (removed, again)
    )
    assert left == left_again


@pytest.mark.parametrize("preset", ["fineweb", "slimpajama"])
def test_other_presets_remove_no_strangers_either(stage, truth, preset):
    _, removed = stage(f'preset = "{preset}"')
    cluster = {name: each["cluster"] for each in truth["clusters"] for name in each["members"]}
    assert len(removed) > 1000
    for name, (survivor, _, _) in removed.items():
        assert cluster[name] == cluster[survivor]
