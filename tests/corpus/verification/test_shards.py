"""Shards that are what the manifest says, and wrong."""

import pytest
from forged_corpora import forge_rows, forge_shard

SHARD = "shards/train/web/00000.arrow"
EOS = 2


def with_tokens(documents, tokens):
    (doc_id, _), *rest = documents
    return [(doc_id, tokens), *rest]


@pytest.mark.parametrize(
    ("tokens", "what"),
    [
        ([5, 6], "record batch 0: a document does not end with EOS"),
        ([5, 290, EOS], "an id is 290, beyond the vocabulary of 290"),
        ([5, EOS, 6, EOS], "EOS stands within documents, 1 times"),
    ],
)
def test_tokens_that_cannot_be_are_found(tokens, what, corpus, problems):
    forge_shard(corpus, SHARD, lambda documents: with_tokens(documents, tokens))
    found = problems(corpus, full=True)
    assert f"{SHARD}: " in found[0]
    assert what in found[0]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("values_position", "its values_position is"),
        ("offsets_position", "its offsets_position is"),
        ("doc_ids_position", "its doc_ids_position is"),
        ("rows", "its rows is"),
        ("tokens", "its tokens is"),
    ],
)
def test_an_index_that_is_wrong_of_one_batch_is_found(column, what, corpus, problems):
    def change(rows):
        rows[0][column] += 1
        return rows

    forge_rows(corpus, "shards/index.arrow", change)
    found = [line for line in problems(corpus) if what in line]
    assert len(found) == 1
    assert "record batch 0" in found[0]


def test_an_index_with_a_wrong_digest_is_found_in_full(corpus, problems):
    def change(rows):
        rows[0]["digest"] = "0" * 32
        return rows

    forge_rows(corpus, "shards/index.arrow", change)
    assert problems(corpus) == ()
    assert "record batch 0: its digest is not the index's" in problems(corpus, full=True)[0]


def test_totals_that_do_not_add_up_are_found(corpus, problems):
    forge_rows(corpus, "shards/index.arrow", lambda rows: rows[1:])
    (line, *_) = problems(corpus)
    assert "shards/index.arrow: train/" in line
    assert "the manifest says" in line
