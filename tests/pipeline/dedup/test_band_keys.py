import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_texts import ANY, texts

from haybale.corpus.digests import mix64
from haybale.pipeline.dedup.band_keys import band_digests, band_keys
from haybale.pipeline.dedup.minhash import sign
from haybale.pipeline.dedup.shingles import Shingles


def test_band_keys_are_equal_exactly_where_the_band_is():
    signatures = np.array([[1, 2, 3, 4], [1, 2, 9, 4], [1, 2, 3, 4]], np.uint32)
    first, second = (band_keys(signatures, band, 2) for band in (0, 1))
    assert first[0] == first[1] == first[2]
    assert second[0] == second[2] != second[1]
    assert not set(first.tolist()) & set(second.tolist())


def test_a_band_key_is_its_number_mixed_with_each_hash_in_turn():
    signatures = np.arange(12, dtype=np.uint32).reshape(2, 6)
    keys = np.full(2, 1, np.uint64)
    for column in (2, 3):
        keys = mix64(keys ^ signatures[:, column].astype(np.uint64))
    assert band_keys(signatures, 1, 2).tolist() == keys.tolist()


def test_a_band_beyond_the_signature_is_refused():
    with pytest.raises(ValueError, match="band 2 of 2 hashes: found signatures of 5"):
        band_keys(np.zeros((1, 5), np.uint32), 2, 2)


@given(
    st.lists(ANY, max_size=6),
    st.sampled_from(["words", "characters"]),
    st.integers(1, 5),
    # RefinedWeb's 450 bands of 20; bands larger than what is computed at a time; no hash left over.
    st.sampled_from([(450, 20), (3, 1000), (1, 1), (14, 8), (512, 1), (7, 150)]),
)
def test_band_digests_are_the_keys_of_the_full_signature(values, kind, length, banding):
    num_bands, rows = banding
    array, shingles = texts(*values), Shingles(kind, length)
    digests, counts = band_digests(array, shingles, num_bands, rows)
    signatures, expected_counts = sign(array, shingles, num_bands * rows)
    assert digests.shape == (len(values), num_bands)
    assert counts.tolist() == expected_counts.tolist()
    for band in range(num_bands):
        assert digests[:, band].tolist() == band_keys(signatures, band, rows).tolist()
