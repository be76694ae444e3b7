import numpy as np
import pyarrow as pa
from datasketch import MinHash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haybale.pipeline.dedup.minhash import SEED, band_keys, sign
from haybale.pipeline.dedup.shingles import Shingles, shingle_sets

HOSTILE = st.text(
    st.sampled_from("ab CD\u0130\u1e9e.\n\t-'\u00e9\u4e2d\u3000\u00a0\U0001f600\U00020000\u0301"),
    max_size=80,
)


GOPHER, PAIRS = Shingles("words", 13), Shingles("words", 2)


def texts(*values):
    return pa.array(values, pa.large_string())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE, width=st.integers(1, 5))
def test_shingle_sets_are_those_of_the_definition(shingles, shingle_hash, text, width):
    (found,) = shingle_sets(texts(text), Shingles("words", width))
    expected = sorted({shingle_hash(shingle) for shingle in shingles(text, width)})
    assert found.tolist() == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=HOSTILE)
def test_signatures_equal_those_of_datasketch(shingles, shingle_hash, text):
    signatures, counts = sign(texts("padding before", text), Shingles("words", 3), 64)
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
    whole, _ = sign(texts(*values), GOPHER, 128)
    sliced, _ = sign(texts(*values).slice(2, 3), GOPHER, 128)
    assert (whole[2:5] == sliced).all()


def test_case_punctuation_and_white_space_make_no_difference():
    one, two, three = shingle_sets(
        texts("A b, C\n d!", "a  b c d", "a b c e"), Shingles("words", 2)
    )
    assert (one == two).all()
    assert len(np.intersect1d(one, three)) == 2  # "a b" and "b c" of three


def test_a_text_without_words_has_no_shingles():
    signatures, counts = sign(texts("... --- !"), GOPHER, 4)
    assert counts.tolist() == [0]
    assert (signatures == 0xFFFFFFFF).all()


def test_band_keys_are_equal_exactly_where_the_band_is():
    signatures = np.array([[1, 2, 3, 4], [1, 2, 9, 4], [1, 2, 3, 4]], np.uint32)
    first, second = (band_keys(signatures, band, 2) for band in (0, 1))
    assert first[0] == first[1] == first[2]
    assert second[0] == second[2] != second[1]
    assert not set(first.tolist()) & set(second.tolist())
