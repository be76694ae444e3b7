import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.minhash import SEED, band_keys, sign
from haybale.pipeline.dedup.settings import DedupSettings, candidate_probability
from haybale.pipeline.dedup.shingles import shingle_sets

HOSTILE = st.text(
    st.sampled_from("ab CD\u0130\u1e9e.\n\t-'\u00e9\u4e2d\u3000\u00a0\U0001f600\U00020000\u0301"),
    max_size=80,
)


def texts(*values):
    return pa.array(values, pa.large_string())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE, width=st.integers(1, 5))
def test_shingle_sets_are_those_of_the_definition(shingles, shingle_hash, text, width):
    (found,) = shingle_sets(texts(text), width)
    expected = sorted({shingle_hash(shingle) for shingle in shingles(text, width)})
    assert found.tolist() == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=HOSTILE)
def test_signatures_equal_those_of_datasketch(shingles, shingle_hash, text):
    signatures, counts = sign(texts("padding before", text), 3, 64)
    oracle = MinHash(
        64,
        seed=SEED,
        scheme="affine32",
        hashfunc=lambda shingle: shingle_hash(shingle.decode()) >> 32,
    )
    expected = shingles(text, 3)
    for shingle in expected:
        oracle.update(shingle.encode())
    assert signatures[1].tolist() == oracle.hashvalues.tolist()
    assert counts[1] == len(expected)


def test_signatures_do_not_depend_on_how_texts_are_batched(prose):
    values = [prose(seed) for seed in range(7)]
    whole, _ = sign(texts(*values), 13, 128)
    sliced, _ = sign(texts(*values).slice(2, 3), 13, 128)
    assert (whole[2:5] == sliced).all()


def test_case_punctuation_and_white_space_make_no_difference():
    one, two, three = shingle_sets(texts("A b, C\n d!", "a  b c d", "a b c e"), 2)
    assert (one == two).all()
    assert len(np.intersect1d(one, three)) == 2  # "a b" and "b c" of three


def test_a_text_without_words_has_no_shingles():
    signatures, counts = sign(texts("... --- !"), 13, 4)
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


def test_band_keys_are_equal_exactly_where_the_band_is():
    signatures = np.array([[1, 2, 3, 4], [1, 2, 9, 4], [1, 2, 3, 4]], np.uint32)
    first, second = (band_keys(signatures, band, 2) for band in (0, 1))
    assert first[0] == first[1] == first[2]
    assert second[0] == second[2] != second[1]
    assert not set(first.tolist()) & set(second.tolist())
