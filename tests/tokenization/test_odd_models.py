"""Models that converters and people make: SentencePiece's ids, or its own work."""

import itertools
import random

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from piece_models import LETTERS, assemble, learn

from haybale.tokenization.encode import SentencePieceTokenizer, trial_text
from haybale.tokenization.piece_model import (
    BPE,
    CONTROL,
    NORMAL,
    UNIGRAM,
    UNUSED,
    USER_DEFINED,
    read_piece_model,
)
from haybale.tokenization.trie import NO_PIECE, build_trie, piece_at, step

KINDS = [UNIGRAM, BPE]
MANY = [
    (f"{''.join(random.Random(number).choices('efgh', k=8))}{number}".encode(), -5.0, NORMAL)
    for number in range(20_000)
]
"""So many that the text tried on loading does not meet every piece."""


def check(model, *documents):
    tokenizer = SentencePieceTokenizer(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    tokens = tokenizer.encode(pa.array(documents, pa.large_string()))
    expected = [[*processor.encode(document), tokenizer.eos_id] for document in documents]
    assert tokens.ids.tolist() == [number for document in expected for number in document]
    return tokenizer.encoded_by


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("type_", [CONTROL, UNUSED])
def test_a_space_whose_piece_is_never_found_is_its_three_bytes(kind, type_):
    # 200,000 spaces are 600,000 ids: room for one each would be overrun.
    check(assemble(kind, [*LETTERS, (b"\xe2\x96\x81", -1.0, type_)]), " " * 200_000, "a b")


@pytest.mark.parametrize("scores", [(-0.0, 0.0), (0.0, -0.0), (float("nan"), -1.0)])
def test_merges_are_ordered_by_the_bits_of_their_scores(scores):
    pieces = [(b"ab", scores[0], NORMAL), (b"bc", scores[1], NORMAL)]
    assert check(assemble(BPE, [*LETTERS, *pieces]), "abc", "abcabc", "bcab") == "spans"


@pytest.mark.parametrize("kind", KINDS)
def test_a_piece_of_nul_beside_byte_pieces_is_never_found(kind):
    pieces = [*LETTERS, *MANY[:100], (b"\0", -0.5, NORMAL), *MANY[100:]]
    assert check(assemble(kind, pieces), "a\0b", "\0\0", "\0") == "spans"


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_may_have_no_unknown_piece_where_it_has_bytes(kind):
    model = assemble(kind, LETTERS, has_unknown=False)
    assert check(model, "abxcd \u4e2d\u4e2d", "", "\n") == "spans"


@pytest.mark.parametrize("type_", [NORMAL, USER_DEFINED])
def test_pieces_that_are_no_utf_8_are_left_to_sentencepiece(type_):
    model = assemble(UNIGRAM, [*LETTERS, (b"\xe4", -1.0, type_)])
    assert SentencePieceTokenizer(model).encoded_by.startswith("sentencepiece")
    if type_ == NORMAL:
        check(model, "a\u4e2db")


@pytest.mark.parametrize("type_", [0, 7, 300])
def test_a_type_that_the_format_does_not_know_is_a_normal_piece(type_):
    model = assemble(UNIGRAM, [*LETTERS, *MANY, (b"ab", -1.0, type_)])
    assert check(model, "abab", "abc") == "spans"


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_text_that_is_no_utf_8_is_refused(kind):
    tokenizer = SentencePieceTokenizer(learn(kind))
    data = b"\xf0" * 1000
    edges = pa.py_buffer(np.arange(1001))
    broken = pa.Array.from_buffers(pa.large_string(), 1000, [None, edges, pa.py_buffer(data)])
    with pytest.raises(ValueError, match="UTF8"):
        tokenizer.encode(broken)


def test_the_text_tried_on_loading_meets_most_pieces_and_passes_the_reset():
    model = read_piece_model(assemble(UNIGRAM, MANY[:8000]))
    text = trial_text(model)
    # 131,072 bytes of pieces of 12 or 13 are 10,000 pieces; sums to 250,000 at 5 each take 50,000.
    assert all(piece.decode() in text for piece, _, _ in MANY[:8000])
    assert 5 * len(text) / 13 > 200_000


def find(trie, piece):
    node = 0
    for byte in piece:
        node = step(trie.units, node, byte)
        if node == 0:
            return NO_PIECE
    return piece_at(trie.units, trie.ids, node)


@pytest.mark.parametrize("name", ["sparse", "random", "nested"])
def test_a_trie_finds_its_pieces_and_no_others(name):
    rng = random.Random(0)
    # Labels so far apart that no two nodes fit between one another: four times the usual places.
    sparse = sorted({*range(1, 9), *range(9, 128, 8), 127})
    pieces = {
        "sparse": [bytes(pair) for pair in itertools.product(range(1, 128), sparse)],
        "random": sorted({rng.randbytes(rng.randint(1, 9)) for _ in range(5000)}),
        "nested": [b"a" * length for length in range(1, 300)],
    }[name]
    trie = build_trie(pieces, np.arange(len(pieces), dtype=np.int32))
    assert [find(trie, piece) for piece in pieces] == list(range(len(pieces)))
    known = set(pieces)
    for piece in pieces:
        for other in (piece + b"a", piece[:-1], piece[:-1] + b"\xff", piece[::-1]):
            assert other in known or not other or find(trie, other) == NO_PIECE
