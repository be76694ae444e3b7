"""Encoding by spans gives SentencePiece's own ids: whatever the model, the text, the cache."""

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st
from piece_models import SETTINGS, WORDS, learn, prose, two_letters, with_scores

from haybale.corpus.documents import text_data, text_offsets
from haybale.tokenization.boundaries import find_joins, find_spans
from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.piece_model import (
    BYTE,
    NORMAL,
    SPACE,
    message_class,
    read_piece_model,
)
from haybale.tokenization.spans import SpanEncoder

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
ODD = st.lists(
    st.sampled_from([*WORDS, "\n", "\n\n", "  ", "\t", "42", "\u4e2d", "\u2581", "\0", "<sep>",
                     "ban ban", "e\u0301", "\ufb01", "\U0001f33e", "</s>", "\u3000"]),
    max_size=40,
)  # fmt: skip
TEXTS = st.one_of(ANY, ODD.map("".join), ODD.map(" ".join))
MODELS = [(kind, name) for kind in ("unigram", "bpe") for name in SETTINGS]
PLAIN = {("bpe", "own symbols")}


def texts(*values):
    return pa.array(values, pa.large_string())


def check(model, *documents):
    tokenizer = SentencePieceTokenizer(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    tokens = tokenizer.encode(texts(*documents))
    assert tokens.offsets[0] == 0
    for row, document in enumerate(documents):
        ids = tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1]]
        assert ids.tolist() == [*processor.encode(document), tokenizer.eos_id]
    return tokenizer


@pytest.fixture(scope="module")
def tokenizers():
    """Of each model: ours, and SentencePiece's."""
    return {
        chosen: (
            SentencePieceTokenizer(learn(*chosen)),
            sentencepiece.SentencePieceProcessor(model_proto=learn(*chosen)),
        )
        for chosen in MODELS
    }


@pytest.mark.parametrize("chosen", MODELS, ids=" ".join)
@settings(deadline=None, max_examples=60)
@given(documents=st.lists(TEXTS, min_size=1, max_size=4))
def test_ids_are_sentencepieces_own(tokenizers, chosen, documents):
    tokenizer, processor = tokenizers[chosen]
    tokens = tokenizer.encode(texts(*documents))
    for row, document in enumerate(documents):
        ids = tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1]]
        assert ids.tolist() == [*processor.encode(document), tokenizer.eos_id]


@pytest.mark.parametrize("chosen", MODELS, ids=" ".join)
def test_the_plain_path_is_taken_where_spans_are_not_independent_and_counted(chosen):
    tokenizer = SentencePieceTokenizer(learn(*chosen))
    tokenizer.encode(texts("ban ban", "cost 1"))
    assert (tokenizer.encoded_by != "spans") == (chosen in PLAIN)
    assert (tokenizer.plain_because is not None) == (chosen in PLAIN)
    assert tokenizer.counts["documents"] == 2
    assert tokenizer.counts["plain_documents"] == (2 if chosen in PLAIN else 0)
    assert (tokenizer.counts["spans"] > 0) == (chosen not in PLAIN)


@pytest.mark.parametrize("kind", ["char", "word"])
def test_models_by_character_and_by_word_take_the_plain_path(kind):
    tokenizer = check(learn(kind, "defaults"), prose(1, 50), "", "\u4e2d\u2581 x")
    assert tokenizer.counts["plain_documents"] == 3


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("name", ["lossless", "no bytes"])
def test_long_texts_are_encoded_as_sentencepiece_does(kind, name):
    """The sum of scores passes 100,000 again and again, where SentencePiece takes it to zero."""
    tokenizer = check(learn(kind, name), prose(2, 60_000), "x" * 9000, "\u4e2d" * 2000)
    if name == "lossless":  # without bytes, each unknown character is looked at anew
        assert tokenizer.counts["encoded"] < 0.01 * tokenizer.counts["spans"]


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_spans_of_any_length_are_segmented_as_sentencepiece_does(kind):
    """Spans up to 64 bytes are merged by search, longer ones by a heap."""
    text = "\n".join(two_letters(seed, 200) for seed in range(200))
    lengths = [*range(1, 70), 100, 500, 5000]
    tokenizer = check(
        learn(kind, text=text), *(two_letters(1000 + length, length) for length in lengths)
    )
    assert tokenizer.counts["spans"] == len(lengths)


NEAR_TIES = {
    "tenths": lambda scores, _: np.round(scores, 1),
    "integers": lambda scores, _: np.round(scores),  # sums are exact, and ties common
    "equal": lambda scores, _: np.full_like(scores, -3.3),
    "lengths": lambda _, lengths: -0.7 * lengths,  # all ways tie, and rounding alone decides
    "large": lambda scores, _: np.round(scores, 1) * 3000,  # beyond 100,000 every few spans
    "positive": lambda scores, _: np.round(scores, 1) + 12,
    "zero": lambda scores, _: np.zeros_like(scores),
}


@pytest.mark.parametrize("change", NEAR_TIES.values(), ids=NEAR_TIES)
def test_near_ties_fall_as_sentencepiece_lets_them_fall(change):
    model = with_scores(learn("unigram"), change)
    tokenizer = check(model, *(prose(seed, 3000) for seed in range(3)), prose(3, 30_000))
    assert tokenizer.plain_because is None


def test_scores_of_byte_pieces_do_not_count():
    """SentencePiece scores an unknown character as such, whatever its bytes are."""
    message = message_class()()
    message.ParseFromString(with_scores(learn("unigram"), NEAR_TIES["lengths"]))
    for piece in message.pieces:
        if piece.type == BYTE:
            piece.score = -7.7
    check(message.SerializeToString(), prose(0, 500), "\u4e2d ban\n" * 200)


def test_some_near_ties_hang_on_what_stands_before():
    """What the test above is for: spans encoded alone would be encoded otherwise."""
    model = with_scores(learn("unigram"), NEAR_TIES["lengths"])
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    words = [f" {word}" for word in WORDS if " " not in word]
    text = "".join(words * 100)
    apart = [number for word in words * 100 for number in processor.encode(word)]
    assert processor.encode(text) != apart
    check(model, text)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("num_slots", [0, 4, 64, 1 << 12])
def test_the_cache_changes_no_id(kind, num_slots):
    model = read_piece_model(learn(kind))
    processor = sentencepiece.SentencePieceProcessor(model_proto=learn(kind))
    encoder = SpanEncoder(model, 2, num_slots)
    for seed in range(3):
        rows = texts(prose(seed, 500), prose(seed + 10, 500))
        offsets, ids = encoder.encode(text_data(rows), text_offsets(rows))
        expected = [[*processor.encode(text), 2] for text in rows.to_pylist()]
        assert ids.tolist() == [number for document in expected for number in document]
        assert np.diff(offsets).tolist() == [len(document) for document in expected]


def test_a_span_is_encoded_once_over_all_batches():
    tokenizer = SentencePieceTokenizer(learn("bpe"))
    tokenizer.encode(texts(prose(0, 2000)))
    first = tokenizer.counts
    tokenizer.encode(texts(prose(0, 2000)))
    second = tokenizer.counts
    assert second["spans"] == 2 * first["spans"]
    assert second["encoded"] == first["encoded"] > 0


def all_ends(data, joins):
    """Ends of all spans, found three at a time."""
    found, some = [0], np.empty(3, np.int64)
    while found[-1] < len(data):
        count = find_spans(data, found[-1], len(data), joins.ascii, joins.others, some)
        found += some[:count].tolist()
    return found[1:]


@settings(deadline=None, max_examples=40)
@given(text=TEXTS)
def test_no_piece_crosses_a_boundary(text):
    model = read_piece_model(learn("unigram", "inner spaces"))
    pieces = [
        piece.replace(SPACE, b" ").decode()
        for piece, kind in zip(model.pieces, model.types, strict=True)
        if kind == NORMAL
    ]
    joins = find_joins([piece.encode() for piece in pieces])
    data = np.frombuffer(text.encode(), np.uint8)
    ends = set(all_ends(data, joins))
    places = [len(text[:number].encode()) for number in range(len(text))]
    for number, start in enumerate(places):
        for piece in pieces:
            if text.startswith(piece, number):
                assert not ends & set(range(start + 1, start + len(piece.encode())))


def test_spaces_and_words_are_boundaries():
    joins = find_joins([b" the", b" a", b"the", b"es"])
    data = np.frombuffer("the  thes. \u00e9".encode(), np.uint8)
    # "the", " ", " thes", ".", " ", "é": no piece joins e and a space, two spaces, s and a dot.
    assert all_ends(data, joins) == [3, 4, 9, 10, 11, 13]


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_another_computation_in_sentencepiece_leaves_all_to_it(kind, monkeypatch):
    plainly = SentencePieceTokenizer._encode_plainly

    def otherwise(self, rows):
        tokens = plainly(self, rows)
        tokens.ids[0] ^= 1
        return tokens

    monkeypatch.setattr(SentencePieceTokenizer, "_encode_plainly", otherwise)
    tokenizer = SentencePieceTokenizer(learn(kind))
    assert tokenizer.plain_because == "this version of SentencePiece segments otherwise"
    tokenizer.encode(texts("ban"))
    assert tokenizer.counts["plain_documents"] == 1


def test_slices_are_encoded_as_they_stand():
    tokenizer = SentencePieceTokenizer(learn("unigram"))
    batch = texts("ban", "two \u2581words", "cost")
    alone = tokenizer.encode(texts("two \u2581words")).ids.tolist()
    assert tokenizer.encode(batch.slice(1, 1)).ids.tolist() == alone
    assert tokenizer.encode(texts()).ids.tolist() == []
    assert tokenizer.encode(texts("", "")).ids.tolist() == [2, 2]
