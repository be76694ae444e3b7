import numpy as np
from datasketch import MinHash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_texts import ANY, EVERY_WIDTH, texts

from haybale.pipeline.dedup.minhash import SEED, sign
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
