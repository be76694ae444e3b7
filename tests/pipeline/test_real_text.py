"""The recipe of all real text, whole: sums close, every byte is accounted for, damage is named."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.tokenization.tokenizer import read_tokenizer

RECIPES = Path(__file__).parents[2] / "recipes"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text"),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    output = tmp_path_factory.mktemp("real") / "out"
    small = ("tokenizer.train.sample_bytes=4000000", "tokenizer.train.vocabulary_size=16000")
    recipe = RECIPES / "real_text.toml"
    build(recipe, str(output), engine=Engine(2), overrides=small, progress=Progress(quiet=True))
    return output


def test_documents_read_are_kept_dropped_or_unreadable_per_subset(corpus):
    ledger = Ledger.from_json(json.loads((corpus / "card/inputs.json").read_text())["ledger"])
    ledger.check()
    # The counts of SOURCES.md; html: 632 responses in the archive.
    expected = {"books": 94, "dedup": 4141, "github": 4488, "html": 632, "massiveweb": 7791}
    for subset, documents in expected.items():
        assert ledger.total(subset=subset, outcome="read").documents == documents
    books = ledger.total(stage="ingest", subset="books", outcome="read")
    assert books.text_bytes == 53_430_436


def test_the_corpus_verifies_to_the_last_token(corpus):
    assert verify_corpus(Folder(str(corpus)), full=True, tokenizer=read_tokenizer).problems == ()


def test_a_flipped_byte_anywhere_in_a_shard_is_named(corpus):
    path = corpus / "shards/train/html/00000.arrow"
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    try:
        for at in [0, len(whole) - 1, *rng.integers(0, len(whole), 3).tolist()]:
            damaged = bytearray(whole)
            damaged[at] ^= 1
            path.write_bytes(damaged)
            (problem, *_) = verify_corpus(Folder(str(corpus))).problems
            assert "shards/train/html/00000.arrow" in problem
    finally:
        path.write_bytes(whole)
