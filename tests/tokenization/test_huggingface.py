"""A `tokenizer.json` gives the ids of its own package, an end behind each document."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from piece_models import byte_level, prose
from tokenizers import Tokenizer, models

from haybale.corpus.errors import RecipeError
from haybale.tokenization.huggingface import HuggingFaceTokenizer
from haybale.tokenization.tokenizer import load_tokenizer

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def texts(*values):
    return pa.array(values, pa.large_string())


def as_bytes(tokenizer):
    return tokenizer.to_str().encode()


@pytest.fixture(scope="module")
def peer():
    return byte_level()


@settings(deadline=None, max_examples=50)
@given(documents=st.lists(TEXTS, max_size=4))
def test_ids_are_the_packages_own_and_decode_to_the_text(peer, documents):
    tokenizer = load_tokenizer(as_bytes(peer))
    tokens = tokenizer.encode(texts(*documents))
    for row, document in enumerate(documents):
        ids = tokens.ids[tokens.offsets[row] : tokens.offsets[row + 1]]
        assert ids.tolist() == [*peer.encode(document).ids, tokenizer.eos_id]
        assert tokenizer.decode(ids) == document


def test_special_ids_and_types_are_as_the_file_has_them(peer):
    tokenizer = HuggingFaceTokenizer(as_bytes(peer))
    assert tokenizer.kind == "huggingface"
    assert (tokenizer.eos_id, tokenizer.bos_id, tokenizer.unk_id) == (0, -1, -1)
    assert tokenizer.piece(0) == "<|endoftext|>"
    assert tokenizer.vocabulary_size == 400
    assert tokenizer.encode(texts("hay")).ids.dtype == np.uint16
    assert tokenizer.byte_ids.tolist() == []


@pytest.mark.parametrize(
    ("names", "eos", "bos"),
    [
        (["<s>", "</s>"], 1, 0),
        (["<|begin_of_text|>", "<|end_of_text|>"], 1, 0),
        (["<eos>", "<bos>"], 0, 1),
        (["<|endoftext|>", "</s>"], 0, -1),  # the first of the known names
    ],
)
def test_ends_and_beginnings_are_found_by_the_names_they_go_by(names, eos, bos):
    tokenizer = HuggingFaceTokenizer(as_bytes(byte_level(names)))
    assert (tokenizer.eos_id, tokenizer.bos_id) == (eos, bos)


def test_the_name_of_a_special_token_in_a_text_is_text(peer):
    tokenizer = HuggingFaceTokenizer(as_bytes(peer))
    text = "no <|endoftext|> here"
    ids = tokenizer.encode(texts(text)).ids
    assert ids.tolist().count(tokenizer.eos_id) == 1
    assert tokenizer.decode(ids) == text


def test_truncation_and_padding_that_a_file_asks_for_are_switched_off():
    asked = byte_level()
    asked.enable_truncation(4)
    asked.enable_padding(length=64)
    tokenizer = HuggingFaceTokenizer(as_bytes(asked))
    text = prose(1, 50)
    assert tokenizer.decode(tokenizer.encode(texts(text)).ids) == text


def test_bytes_of_what_has_no_piece_are_known():
    pieces = [("<unk>", 0.0), ("</s>", 0.0), *((f"<0x{byte:02X}>", -9.0) for byte in range(256))]
    unigram = Tokenizer(models.Unigram([*pieces, ("hay", -1.0)], 0, byte_fallback=True))
    unigram.add_special_tokens(["</s>"])
    tokenizer = HuggingFaceTokenizer(as_bytes(unigram))
    assert tokenizer.byte_ids.tolist() == list(range(2, 258))
    assert tokenizer.unk_id == 0
    # "é" is the bytes C3 A9.
    assert tokenizer.encode(texts("hayé")).ids.tolist() == [258, 2 + 0xC3, 2 + 0xA9, 1]


@pytest.mark.parametrize("content", [b"{}", b'{"model": 1}', b"{", b'{"a": [1, 2]}'])
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises(
        RecipeError, match=r"expected a SentencePiece model .* or a tokenizer\.json"
    ):
        load_tokenizer(content)


def test_a_file_without_an_end_is_refused():
    raw = json.loads(byte_level(["[CLS]"]).to_str())
    with pytest.raises(RecipeError, match="no special token that ends a document"):
        HuggingFaceTokenizer(json.dumps(raw).encode())
