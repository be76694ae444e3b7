"""Models of random pieces over few letters, where everything competes, beside SentencePiece."""

import random

import numpy as np
import pyarrow as pa
import pytest
import sentencepiece
from piece_models import assemble

from haybale.corpus.documents import text_data, text_offsets
from haybale.tokenization.piece_model import BPE, NORMAL, UNIGRAM, UNUSED, read_piece_model
from haybale.tokenization.spans import SpanEncoder

LETTERS = "abc \u4e2d"
SCORES = {
    "tenths": lambda rng: -round(rng.random() * 5, 1),
    "near ties": lambda rng: -1.0 - rng.choice([0, 1e-7, 1e-5, 1e-3]) * rng.random(),
    "large": lambda rng: -rng.choice([1e3, 3e4, 99_999.9, 1e6]) * rng.random(),
    "subnormal": lambda rng: -rng.choice([1e-45, 1e-40, 0.0]),
    "positive": lambda rng: rng.random() * 1000 - 300,
}
"""Sums that differ by rounding alone, are reset within a span, or hardly differ from zero."""


def random_model(rng, kind, score):
    contents = {"".join(rng.choices(LETTERS, k=rng.randint(1, 5))) for _ in range(40)}
    pieces = [
        (
            content.replace(" ", "\u2581").encode(),
            score(rng),
            UNUSED if kind == UNIGRAM and rng.random() < 0.1 else NORMAL,
        )
        for content in sorted(contents)
    ]
    return assemble(kind, pieces)


@pytest.mark.parametrize("kind", [UNIGRAM, BPE], ids=["unigram", "bpe"])
@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("num_slots", [0, 4, 1 << 10])
def test_ids_are_sentencepieces_own(kind, name, num_slots):
    rng = random.Random(f"{kind} {name} {num_slots}")
    for _ in range(60):
        model = random_model(rng, kind, SCORES[name])
        encoder = SpanEncoder(read_piece_model(model), 1, num_slots)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        for _ in range(2):  # what the first batch leaves in the cache, the second meets
            lengths = [0, 1, 5, 80, 2000]
            documents = ["".join(rng.choices(LETTERS + "x", k=length)) for length in lengths]
            rows = pa.array(documents, pa.large_string())
            offsets, ids = encoder.encode(text_data(rows), text_offsets(rows))
            for text, found in zip(documents, np.split(ids, offsets[1:-1]), strict=True):
                assert found.tolist() == [*processor.encode(text), 1]
