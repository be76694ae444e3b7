import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.dedup.candidates import MAX_BUCKET, NUM_HUBS, bucket_pairs
from haybale.pipeline.dedup.exact import find_exact
from haybale.pipeline.dedup.graph import find_nodes
from haybale.pipeline.dedup.rows import EXACT, VERIFIED, band_type
from haybale.pipeline.dedup.survivors import choose_survivors, survivors_in_memory


def verified(*edges, ranks=None):
    """Pairs (a, b, shared) of 100 united shingles; the id of document n is (0, n)."""
    rows = np.zeros(len(edges), VERIFIED)
    for row, (a, b, shared) in zip(rows, edges, strict=True):
        row["a"], row["b"] = a + 1000, b + 1000  # addresses differ from ids
        row["a_id"], row["b_id"] = (0, a), (0, b)
        row["a_rank"], row["b_rank"] = ((ranks or {}).get(end, (0, 0, 0)) for end in (a, b))
        row["shared"], row["united"] = shared, 100
    return rows


def outcome(rows):
    """Removed document to survivor."""
    removed, _ = survivors_in_memory(rows)
    return {int(row["address"]) - 1000: int(row["survivor_id"][1]) for row in removed}


def test_a_chain_does_not_delete_what_resembles_no_survivor():
    assert outcome(verified((1, 2, 90), (2, 3, 90))) == {2: 1}


def test_the_named_survivor_is_the_most_similar_one():
    assert outcome(verified((1, 3, 85), (2, 3, 95))) == {3: 2}


def test_of_equally_similar_survivors_the_first_is_named():
    assert outcome(verified((2, 3, 90), (1, 3, 90))) == {3: 1}


def test_the_smaller_rank_survives_whatever_the_ids():
    assert outcome(verified((1, 2, 90))) == {2: 1}
    assert outcome(verified((1, 2, 90), ranks={1: (0, 0, 8), 2: (0, 0, 7)})) == {1: 2}
    assert outcome(verified((1, 2, 90), ranks={1: (1, 0, 0), 2: (0, 7, 8)})) == {1: 2}


def test_a_cluster_is_named_by_its_smallest_id_survivor_or_not():
    rows = verified((5, 4, 90), (4, 7, 90), (8, 9, 90), ranks={4: (0, 1, 0)})
    _, clustered = survivors_in_memory(rows)
    names = {int(row["address"]) - 1000: int(row["cluster"][1]) for row in clustered}
    assert names == {4: 4, 5: 4, 7: 4, 8: 8, 9: 8}


def test_no_pairs_no_removals():
    removed, clustered = survivors_in_memory(np.empty(0, VERIFIED))
    assert len(removed) == len(clustered) == 0


EDGES = st.sets(
    st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda edge: edge[0] < edge[1]),
    max_size=40,
)


@given(EDGES, st.randoms())
def test_survivors_are_a_maximal_independent_set_in_any_order_of_pairs(edges, rng):
    pairs = [(a, b, 81 + (a * 7 + b) % 19) for a, b in sorted(edges)]
    shuffled = rng.sample(pairs, len(pairs))
    removed = outcome(verified(*pairs))
    assert outcome(verified(*shuffled)) == removed
    for a, b in edges:
        assert a in removed or b in removed  # independent
    for gone, survivor in removed.items():  # maximal, and each names a surviving neighbour
        assert survivor not in removed
        assert (min(gone, survivor), max(gone, survivor)) in edges


def chosen_by_greed(ranks, edges):
    """The oracle: documents in order, each kept unless a neighbour is; {removed: survivor}."""
    neighbours = {}
    for a, b, shared in edges:
        neighbours.setdefault(a, {})[b] = shared
        neighbours.setdefault(b, {})[a] = shared
    order = sorted(neighbours, key=lambda node: (ranks[node], node))
    kept, removed = [], {}
    for node in order:
        survivors = [other for other in kept if other in neighbours[node]]
        if survivors:  # the first of those that are most alike
            removed[node] = max(survivors, key=lambda other: neighbours[node][other])
        else:
            kept.append(node)
    return removed


RANKS = st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=13, max_size=13)


@given(EDGES, RANKS, st.sampled_from([1, 200, 1 << 20]), st.integers(1, 3))
def test_survivors_are_those_of_greed_for_any_ranks_blocks_and_files(
    tmp_path_factory, edges, ranks, block_bytes, num_files
):
    pairs = [(a, b, 81 + (a * 7 + b) % 19) for a, b in sorted(edges)]
    ranks = dict(enumerate(ranks))
    rows = verified(*pairs, ranks=ranks)
    scratch = tmp_path_factory.mktemp("scratch")

    def read():
        return (rows[number::num_files] for number in range(num_files))

    nodes = find_nodes(read, scratch, block_bytes)
    chosen = choose_survivors(read, nodes, scratch, block_bytes)
    removed = {
        int(row["address"]) - 1000: int(row["survivor_id"][1])
        for block in chosen.removed.blocks()
        for row in block
    }
    assert removed == chosen_by_greed(ranks, pairs)
    addresses = [int(each) for block in chosen.clustered.blocks() for each in block["address"]]
    assert addresses == sorted({each + 1000 for a, b in edges for each in (a, b)})


def test_a_component_of_any_size_is_decided_whole():
    # A chain of 3000 in order: every other document goes, for the one before it.
    chain = [(document, document + 1, 90) for document in range(2999)]
    assert outcome(verified(*chain)) == {gone: gone - 1 for gone in range(1, 3000, 2)}


def test_exact_duplicates_leave_the_first_by_rank_then_id():
    rows = np.zeros(6, EXACT)
    rows["digest"][:, 1] = [7, 7, 8, 7, 9, 9]
    rows["id"][:, 1] = [3, 2, 1, 4, 5, 6]
    rows["rank"][:, 1] = [0, 0, 0, 0, 1, 0]
    rows["address"] = [10, 11, 12, 13, 14, 15]
    removed = find_exact(rows)
    assert sorted(zip(removed["address"].tolist(), removed["survivor"].tolist(), strict=True)) == [
        (10, 11),
        (13, 11),
        (14, 15),
    ]


def buckets(*groups):
    rows = [
        (key, (0, 100 - address), address) for key, group in enumerate(groups) for address in group
    ]
    return np.array(rows, band_type(2))


def test_all_pairs_of_a_bucket_are_candidates_once():
    pairs, limited = bucket_pairs(buckets([1, 2, 3], [2, 1], [9]))
    assert pairs.tolist() == [(1, 2), (1, 3), (2, 3)]
    assert limited == 0


def test_a_large_bucket_pairs_everyone_with_its_hubs():
    size = MAX_BUCKET + 1
    pairs, limited = bucket_pairs(buckets(range(size)))
    # 8 hubs among themselves, and each of the 57 others with every hub.
    assert len(pairs) == NUM_HUBS * (NUM_HUBS - 1) // 2 + NUM_HUBS * (size - NUM_HUBS)
    assert limited == 1


def test_the_hubs_of_a_large_bucket_are_those_that_the_policy_prefers():
    rows = buckets(range(MAX_BUCKET + 1))
    rows["order"][:, 0] = np.where(rows["address"] < NUM_HUBS, 0, 1)
    pairs, _ = bucket_pairs(rows)
    assert set(pairs["a"].tolist()) == set(range(NUM_HUBS))
