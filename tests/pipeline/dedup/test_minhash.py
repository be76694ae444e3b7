import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_texts import ANY, EVERY_WIDTH, texts

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.minhash import SEED, sign
from haybale.pipeline.dedup.settings import DedupSettings, candidate_probability
from haybale.pipeline.dedup.shingles import Shingles

KINDS = st.sampled_from(["words", "characters"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(EVERY_WIDTH, ANY),
    kind=KINDS,
    length=st.integers(1, 13),
    num_hashes=st.sampled_from([1, 15, 64, 600]),
)
def test_signatures_equal_those_of_datasketch(
    shingles, shingle_hash, text, kind, length, num_hashes
):
    signatures, counts = sign(texts("padding before", text), Shingles(kind, length), num_hashes)
    oracle = MinHash(
        num_hashes,
        seed=SEED,
        scheme="affine32",
        hashfunc=lambda shingle: shingle_hash(shingle.decode(), kind) >> 32,
    )
    expected = shingles(text, length, kind)
    for shingle in expected:
        oracle.update(shingle.encode())
    assert signatures[1].tolist() == oracle.hashvalues.tolist()
    assert counts[1] == len(expected)


@given(st.lists(ANY, max_size=12), st.integers(0, 12), KINDS)
def test_signatures_do_not_depend_on_how_texts_are_batched(values, cut, kind):
    array, shingles = texts(*values), Shingles(kind, 3)
    whole, counts = sign(array, shingles, 40)
    halves = [sign(half, shingles, 40) for half in (array.slice(0, cut), array.slice(cut))]
    assert (whole == np.concatenate([half[0] for half in halves])).all()
    assert (counts == np.concatenate([half[1] for half in halves])).all()


def test_a_text_without_words_has_no_shingles():
    signatures, counts = sign(texts("... --- !"), Shingles(), 4)
    assert counts.tolist() == [0]
    assert (signatures == 0xFFFFFFFF).all()


@pytest.mark.parametrize(
    ("num_bands", "rows", "similarity", "expected"),
    [
        # 1 - (1 - s^r)^b; published S-curves of FineWeb (14 x 8) and RefinedWeb (450 x 20), and
        # the banding that datasketch picks for 128 hashes at 0.8 (9 x 13), which misses most.
        (14, 8, 0.8, 0.924),
        (14, 8, 0.7, 0.564),
        (450, 20, 0.8, 0.995),
        (9, 13, 0.8, 0.399),
    ],
)
def test_the_s_curve_is_the_published_one(num_bands, rows, similarity, expected):
    assert candidate_probability(similarity, num_bands, rows) == pytest.approx(expected, abs=1e-3)


def test_bands_reach_the_target_recall_at_the_threshold_and_no_more():
    # 128 hashes at 0.8: 21 bands of 6 give 1 - (1 - 0.262144)^21 = 0.9983; 18 of 7 give
    # 1 - (1 - 0.2097152)^18 = 0.9855, which is below 0.99.
    assert DedupSettings().bands() == (21, 6)


def test_a_recall_out_of_reach_is_refused():
    with pytest.raises(RecipeError, match="cannot reach a recall"):
        DedupSettings(num_hashes=1, threshold=0.5)
