import os
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.train import (
    MAX_SENTENCE_BYTES,
    TokenizerTraining,
    cut_sentences,
    train,
)

WORDS = [f"{a}{b}{c}" for a in "bcdfg" for b in "aeiou" for c in ("n", "st", "rk 1")]


def sample(seed=0, lines=400):
    rng = random.Random(seed)
    return ["\n".join(" ".join(rng.choices(WORDS, k=9)) for _ in range(lines))]


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def model(request):
    return train(sample(), TokenizerTraining(kind=request.param, vocabulary_size=400))


def texts(*values):
    return pa.array(values, pa.large_string())


TEXTS = st.text(st.characters(exclude_characters="\u2581", exclude_categories=["Cs"]), max_size=60)
NATURAL = st.lists(st.sampled_from([*WORDS, "\n", "  ", "\t", "42", "\u4e2d"]), max_size=30).map(
    " ".join
)


@settings(deadline=None)
@given(documents=st.lists(st.one_of(TEXTS, NATURAL), max_size=5))
def test_ids_are_sentencepieces_own_and_decode_to_the_text(model, documents):
    encoder = SentencePieceTokenizer(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    tokens = encoder.encode(texts(*documents))
    assert tokens.offsets[0] == 0
    for row, document in enumerate(documents):
        ids = tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1]]
        assert ids.tolist() == [*processor.encode(document), encoder.eos_id]
        assert encoder.decode(ids[:-1]) == document


@pytest.mark.parametrize("text", ["<s>", "</s>", "a</s>b", "<unk>", "<0x0A>"])
def test_names_of_special_pieces_are_text_like_any_other(model, text):
    encoder = SentencePieceTokenizer(model)
    ids = encoder.encode(texts(text)).ids[:-1]
    assert not {encoder.unk_id, encoder.bos_id, encoder.eos_id} & set(ids.tolist())
    assert encoder.decode(ids) == text


def test_the_same_sample_gives_the_same_bytes():
    chosen = TokenizerTraining(vocabulary_size=400)
    assert train(sample(), chosen) == train(sample(), chosen)


def test_special_ids_and_types_are_as_documented(model):
    encoder = SentencePieceTokenizer(model)
    assert (encoder.unk_id, encoder.bos_id, encoder.eos_id) == (0, 1, 2)
    assert encoder.vocabulary_size == 400
    assert encoder.dtype == np.uint16
    assert encoder.encode(texts("a")).ids.dtype == np.uint16
    assert [encoder.piece(3), encoder.piece(258)] == ["<0x00>", "<0xFF>"]
    assert len(encoder.scored_pieces()) == 400


def test_nothing_is_encoded_to_nothing_but_ends(model):
    encoder = SentencePieceTokenizer(model)
    assert encoder.encode(texts()).ids.tolist() == []
    assert encoder.encode(texts("", "")).ids.tolist() == [2, 2]


def test_slices_are_encoded_as_they_stand(model):
    encoder = SentencePieceTokenizer(model)
    batch = texts("one", "two words", "three")
    assert (
        encoder.encode(batch.slice(1, 1)).ids.tolist()
        == encoder.encode(texts("two words")).ids.tolist()
    )


def test_lines_are_cut_below_what_sentencepiece_would_skip():
    text = "\u00e9" * 5000 + "\nshort\0end"
    pieces = list(cut_sentences([text]))
    assert "".join(pieces) == text.replace("\n", "").replace("\0", "")
    assert max(len(piece.encode()) for piece in pieces) <= MAX_SENTENCE_BYTES
    assert pieces[-2:] == ["short", "end"]


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    [
        ([], {}, "no text to learn from"),
        (["tiny tiny"], {}, r"supports \d+ pieces at most; ask for fewer"),
        (["".join(map(chr, range(0x4E00, 0x4F00)))], {"vocabulary_size": 300}, "needs .* pieces"),
    ],
)
def test_a_sample_that_cannot_give_the_vocabulary_is_explained(lines, settings, message):
    with pytest.raises(RecipeError, match=message):
        train(lines, TokenizerTraining(**settings))


@pytest.mark.parametrize("field", ["vocabulary_size", "sample_bytes", "max_document_bytes"])
def test_settings_out_of_range_are_refused(field):
    with pytest.raises(RecipeError, match=field):
        TokenizerTraining(**{field: 0})


def test_what_is_no_model_is_refused():
    with pytest.raises(RecipeError, match="expected a SentencePiece model"):
        SentencePieceTokenizer(b"no model at all")
    with pytest.raises(RecipeError, match="expected a SentencePiece model"):
        SentencePieceTokenizer(b"")


@pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text")
def test_real_text_is_encoded_as_sentencepiece_does_and_comes_back():
    import orjson
    import zstandard

    documents = []
    for path in sorted(Path(os.environ["HAYBALE_DATA"]).glob("*/*-00000.jsonl.zst")):
        with path.open("rb") as file:
            lines = zstandard.ZstdDecompressor().stream_reader(file).read().split(b"\n")
        documents += [orjson.loads(line)["text"][:100_000] for line in lines[:30] if line]
    model = train(documents[::3], TokenizerTraining(vocabulary_size=8000))
    encoder = SentencePieceTokenizer(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    tokens = encoder.encode(texts(*documents))
    for row, document in enumerate(documents):
        ids = tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1] - 1]
        assert ids.tolist() == processor.encode(document)
        assert encoder.decode(ids) == document.replace("\u2581", " ")
