import numpy as np
import pyarrow as pa
import xxhash

from haybale.corpus.digests import (
    canonical_json,
    derive_seed,
    document_ids,
    id_words,
    ids_from_words,
    keyed_digests,
    mix64,
)


def test_a_document_id_is_the_digest_of_subset_path_and_position():
    (found,) = document_ids("books", "a/b.jsonl", [258]).to_pylist()
    # 258 = 0x0102, little endian in 8 bytes.
    expected = b"books\0a/b.jsonl\0" + b"\x02\x01" + bytes(6)
    assert found == xxhash.xxh3_128_digest(expected)


def test_ids_differ_by_subset_path_and_position():
    ids = [
        *document_ids("a", "x", range(100)).to_pylist(),
        *document_ids("b", "x", range(100)).to_pylist(),
        *document_ids("a", "y", range(100)).to_pylist(),
    ]
    assert len(set(ids)) == 300


def test_words_order_as_bytes_do_and_come_back():
    ids = document_ids("a", "x", range(50))
    words = id_words(ids.slice(3, 40))
    by_words = sorted(range(40), key=lambda row: tuple(words[row]))
    by_bytes = sorted(range(40), key=lambda row: ids[3 + row].as_py())
    assert by_words == by_bytes
    assert ids_from_words(words).equals(ids.slice(3, 40))


def test_mix64_is_the_finalizer_of_splitmix64():
    # The first outputs of SplitMix64 from seed 0 (Steele et al. 2014; as in the reference
    # implementation): state += 0x9e3779b97f4a7c15, then the finalizer.
    gamma = 0x9E3779B97F4A7C15
    states = np.array([gamma, 2 * gamma % 2**64], np.uint64)
    assert mix64(states).tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_keyed_digests_depend_on_seed_and_id_alone_and_are_uniform():
    ids = document_ids("a", "x", range(20_000))
    one, two = keyed_digests(1, ids), keyed_digests(2, ids)
    assert (keyed_digests(1, ids.slice(5, 10)) == one[5:15]).all()
    assert (one != two).all()
    # Of 20,000 uniform numbers 10,000 fall into the lower half, give or take 4 x 70.7.
    assert abs(int((one < 2**63).sum()) - 10_000) < 283
    assert len(keyed_digests(1, pa.array([], pa.binary(16)))) == 0


def test_seeds_of_neighbouring_purposes_are_unrelated():
    seeds = {derive_seed(s, name, n) for s in range(3) for name in ("a", "b") for n in range(3)}
    assert len(seeds) == 18
    assert derive_seed(0, "a", 1) != derive_seed(0, "a1")


def test_canonical_json_follows_from_the_value_alone():
    assert canonical_json({"b": 1, "a": [True, "\u00e9"]}) == canonical_json(
        dict([("a", [True, "\u00e9"]), ("b", 1)])  # noqa: C406, in another order
    )
    assert canonical_json({"a": 1}) == b'{\n  "a": 1\n}\n'
