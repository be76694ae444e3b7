"""Peers' own packages asked the same questions as we are, about all real text."""

import os
import unicodedata
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
from haybale.tokenization.train import TokenizerTraining, train

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


@pytest.fixture(scope="module")
def models():
    sample = [text[:50_000] for path in files() for text in texts_of(path)[::40]]
    chosen = {"sample_bytes": 10_000_000, "vocabulary_size": 16_000}
    return [train(sample, TokenizerTraining(kind=kind, **chosen)) for kind in ("unigram", "bpe")]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_ids_are_sentencepieces_own(path, models):
    documents = texts_of(path)[::4]
    for model in models:
        tokens = SentencePieceTokenizer(model).encode(pa.array(documents, pa.large_string()))
        expected = sentencepiece.SentencePieceProcessor(model_proto=model).encode(documents)
        ends = tokens.offsets[1:] - 1
        assert np.delete(tokens.ids, ends).tolist() == [id_ for ids in expected for id_ in ids]


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
