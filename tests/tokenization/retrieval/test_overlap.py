import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shards import FORMAT, documents_of, write_shards

from haybale.corpus.storage import Folder
from haybale.tokenization.retrieval.overlap import find_overlaps
from haybale.tokenization.retrieval.runs import RunSearch

ELSEWHERE = 1000
"""Above every id of the documents here."""


def other_tokens(count):
    return np.arange(count) % 7 + ELSEWHERE


def search(documents, text, chunk_tokens, dtype=np.uint16):
    offsets = np.cumsum([0, *map(len, documents)])
    found = RunSearch(np.array(text), chunk_tokens, ELSEWHERE + 7)
    found.read(offsets, np.concatenate(documents).astype(dtype), 0)
    return found.runs()


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_a_planted_passage_is_measured_chunk_by_chunk(dtype):
    documents = documents_of(90, 300, 80)
    # Tokens 37 to 136 of the second document stand at 50 to 149 of a text of 200.
    text = np.concatenate([other_tokens(50), documents[1][37:137], other_tokens(50)])
    runs = search(documents, text, 64, dtype)
    # Chunks are 0-63, 64-127, 128-191, 192-199: of these 14, 64, 22 and none are planted.
    assert [run.num_tokens for run in runs] == [64, 64, 64, 8]
    assert [run.run_tokens for run in runs] == [14, 64, 22, 0]
    assert [run.run_first_token for run in runs] == [50, 64, 128, 192]
    # The second document begins at 90: 90 + 37 is the passage's place.
    assert [run.place for run in runs] == [127, 141, 205, -1]


def test_the_longest_of_several_runs_counts():
    (document,) = documents_of(200)
    pieces = [document[10:15], other_tokens(1), document[50:61], other_tokens(1), document[90:98]]
    (run,) = search([document], np.concatenate(pieces), 64)
    # 5, 11 and 8 tokens; the 11 begin behind 5 + 1 others.
    assert (run.run_tokens, run.run_first_token, run.place) == (11, 6, 50)


def test_a_run_does_not_go_over_the_end_of_a_document():
    one, two = documents_of(40, 40)
    # What stands across the border of both is 10 tokens of one and 20 of the other.
    (run,) = search([one, two], np.concatenate([one[-10:], two[:20]]), 64)
    assert run.run_tokens == 20


def test_a_run_does_not_go_over_the_end_of_a_chunk():
    (document,) = documents_of(100)
    assert [run.run_tokens for run in search([document], document[5:45], 16)] == [16, 16, 8]


def longest_common_run(one, two):
    best = 0
    for start, other in itertools.product(range(len(one)), range(len(two))):
        length = 0
        while (
            start + length < len(one)
            and other + length < len(two)
            and one[start + length] == two[other + length]
        ):
            length += 1
        best = max(best, length)
    return best


# Few different tokens, so that runs repeat and the automaton's states are split.
TOKENS = st.lists(st.integers(0, 3), min_size=1, max_size=25)


@settings(deadline=None)
@given(st.lists(TOKENS, min_size=1, max_size=4), TOKENS, st.integers(1, 12))
def test_every_run_is_the_longest_that_comparing_everything_finds(documents, text, chunk_tokens):
    runs = search([np.array(document) for document in documents], text, chunk_tokens)
    flat = list(itertools.chain.from_iterable(documents))
    assert sum(run.num_tokens for run in runs) == len(text)
    for run in runs:
        chunk = text[run.first_token : run.first_token + run.num_tokens]
        assert run.run_tokens == max(longest_common_run(chunk, one) for one in documents)
        if run.run_tokens:
            there = flat[run.place : run.place + run.run_tokens]
            assert there == text[run.run_first_token : run.run_first_token + run.run_tokens]


def test_shards_are_searched_and_named(tmp_path):
    folder = Folder(str(tmp_path))
    documents = documents_of(50, 60, 70, 80, seed=1)
    shards = write_shards(
        folder,
        {
            "train/books/00000": documents[:1],
            "train/web/00000": documents[1:3],
            "train/web/00001": documents[3:],
        },
    )
    # Ids of the format are below 1,000: no other token is there to plant into.
    text = np.concatenate([documents[2][10:42], documents[3][5:21]])
    found = find_overlaps(folder, shards, text, 32, FORMAT)
    assert [(each.shard, each.shard_token, each.fraction) for each in found] == [
        ("shards/train/web/00000.arrow", 60 + 10, 1.0),
        ("shards/train/web/00001.arrow", 5, 1.0),
    ]
    (first, _) = find_overlaps(folder, shards[:1], text, 32, FORMAT)
    assert first.fraction < 0.1
