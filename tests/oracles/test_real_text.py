"""Peers' own packages asked the same questions as we are, about all real text."""

import io
import os
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest
import sentencepiece
import zstandard
from datasketch import MinHash

from haybale.pipeline.dedup.minhash import SEED, sign
from haybale.pipeline.dedup.shingles import Shingles
from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.sentences import cut_sentences

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif("HAYBALE_DATA" not in os.environ, reason="HAYBALE_DATA names no real text"),
]


def texts_of(path: Path) -> list[str]:
    with path.open("rb") as file:
        lines = zstandard.ZstdDecompressor().stream_reader(file).read().split(b"\n")
    return [orjson.loads(line)["text"] for line in lines if line]


def files() -> list[Path]:
    return sorted(Path(os.environ.get("HAYBALE_DATA", ".")).glob("*/*.jsonl.zst"))


NORMALIZATIONS = ("identity", "nfkc", "nmt_nfkc", "nfkc_cf", "nmt_nfkc_cf")
KINDS = ("unigram", "bpe")


@pytest.fixture(scope="module")
def models():
    """Of every kind and normalisation, 16,000 pieces."""
    sample = [text[:50_000] for path in files() for text in texts_of(path)[::40]]
    sentences = list(cut_sentences(sample))

    @cache
    def learn(kind, normalization):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type=kind,
            vocab_size=16_000,
            normalization_rule_name=normalization,
            byte_fallback=True,
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,
            num_threads=2,
            minloglevel=2,
        )
        return model.getvalue()

    return learn


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_ids_are_sentencepieces_own(path, models, kind, normalization):
    documents = texts_of(path)
    model = models(kind, normalization)
    tokenizer = SentencePieceTokenizer(model)
    assert tokenizer.encoded_by == "spans"
    tokens = tokenizer.encode(pa.array(documents, pa.large_string()))
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    found = np.split(tokens.ids, tokens.offsets[1:-1])
    for document, ids in zip(documents, found, strict=True):
        assert np.array_equal(ids[:-1], processor.EncodeAsNumpy(document))
        if normalization == "identity":
            assert tokenizer.decode(ids) == document.replace("\u2581", " ")


def words_of(text: str) -> list[str]:
    runs = (
        "".join(
            char.lower() if len(char.lower()) == 1 else char
            for char in run
            if unicodedata.category(char)[0] not in "PS"
        )
        for run in text.split()
    )
    return [run for run in runs if run]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_signatures_estimate_what_datasketch_estimates(path):
    """Another hash of the same shingles: estimates agree within the error of 256 permutations."""
    documents = [text[:20_000] for text in texts_of(path)[:40]]
    signatures, _ = sign(pa.array(documents, pa.large_string()), Shingles("words", 3), 256)
    sketches = []
    for document in documents:
        words, sketch = words_of(document), MinHash(256, seed=SEED, scheme="affine32")
        for at in range(max(1, len(words) - 2)) if words else ():
            sketch.update(" ".join(words[at : at + 3]).encode())
        sketches.append(sketch)
    for one in range(len(documents)):
        for other in range(one):
            ours = float((signatures[one] == signatures[other]).mean())
            theirs = sketches[one].jaccard(sketches[other])
            # Standard error at most sqrt(0.25 / 256) = 0.031 each; 5 of the difference.
            assert abs(ours - theirs) < 0.221
