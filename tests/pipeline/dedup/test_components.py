import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.dedup.components import components, flatten, singletons, unite
from haybale.pipeline.dedup.rows import hash_ids
from haybale.pipeline.dedup.stars import (
    LINK,
    both_ways,
    large_star,
    small_star,
    spanning_stars,
)


def ids_of(num_nodes, seed=0):
    """128-bit ids; a few share their first word, so that the second decides."""
    words = np.random.default_rng(seed).integers(0, 1 << 63, (num_nodes, 2), dtype=np.uint64)
    words[::3, 0] = words[0, 0]
    return words


def names(ids, edges):
    """The oracle: the smallest id of each node's component, by search."""
    neighbours = {node: set() for node in range(len(ids))}
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    found = {}
    for node in sorted(neighbours, key=lambda node: tuple(ids[node])):
        reached = [node]
        while reached:
            each = reached.pop()
            if each not in found:
                found[each] = node
                reached += neighbours[each]
    return [found[node] for node in range(len(ids))]


def ends(edges):
    pairs = np.array(edges, np.uint32).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def as_links(ids, edges):
    left, right = ends(edges)
    return spanning_stars(ids[left], ids[right])


def in_partitions(links, count):
    places = hash_ids(links["node"]) % np.uint64(count)
    return [links[places == place] for place in range(count)]


def star_names(ids, links, count=3, max_rounds=40):
    """What rounds over partitions come to: {id: name}; and how many rounds it took."""
    for number in range(max_rounds):
        parts = [large_star(part) for part in in_partitions(both_ways(links), count)]
        if sum(unsettled for _, unsettled in parts) == 0:
            found = {tuple(row["node"]): tuple(row["to"]) for row in links}
            return [found.get(tuple(each), tuple(each)) for each in ids], number
        large = np.concatenate([rows for rows, _ in parts])
        links = np.concatenate([small_star(part) for part in in_partitions(large, count)])
    raise AssertionError("not converged")


NODES = 24
GRAPHS = st.lists(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(lambda e: e[0] != e[1]),
    max_size=60,
)


@given(GRAPHS, st.randoms(), st.integers(1, 5))
def test_union_find_and_star_rounds_name_components_by_their_smallest_id(edges, rng, pieces):
    ids = ids_of(NODES)
    expected = names(ids, edges)
    shuffled = [edge[:: rng.choice((1, -1))] for edge in rng.sample(edges, len(edges))]
    assert components(ids, *ends(shuffled)).tolist() == expected
    parents = singletons(NODES)
    for start in range(pieces):
        unite(parents, ids, *ends(shuffled[start::pieces]))
    flatten(parents)
    assert parents.tolist() == expected
    split = np.concatenate([as_links(ids, shuffled[start::pieces]) for start in range(pieces)])
    found, _ = star_names(ids, split, pieces)
    assert found == [tuple(ids[node]) for node in expected]


def chain(num_nodes):
    return [(node, node + 1) for node in range(num_nodes - 1)]


SHAPES = {
    "a chain of 5000": chain(5000),
    "a star of 5000": [(4999, node) for node in range(4999)],
    "a clique of 90": [(a, b) for b in range(90) for a in range(b)],
    "two cliques and a bridge": [
        (a + base, b + base) for base in (0, 40) for b in range(40) for a in range(b)
    ]
    + [(39, 40)],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sorted_ids", [False, True])
def test_long_and_dense_shapes_come_out_whole(shape, sorted_ids):
    edges = SHAPES[shape]
    num_nodes = 1 + max(max(edge) for edge in edges)
    ids = ids_of(num_nodes)
    if sorted_ids:
        ids = ids[np.lexsort((ids[:, 1], ids[:, 0]))]
    (name,) = set(names(ids, edges))
    assert set(components(ids, *ends(edges)).tolist()) == {name}
    # One pair per file: contraction within a file does not do the work of the rounds.
    split = np.concatenate([as_links(ids, [edge]) for edge in edges])
    found, rounds = star_names(ids, split)
    assert set(found) == {tuple(ids[name])}
    assert rounds <= 14  # in a chain in order of ids distances halve: log2(5000) = 12.3


def test_a_settled_graph_is_changed_by_neither_operation():
    ids = np.array([[0, number] for number in range(6)], np.uint64)
    links = np.zeros(4, LINK)
    links["node"], links["to"] = ids[[1, 2, 4, 5]], ids[[0, 0, 3, 3]]
    after, unsettled = large_star(both_ways(links))
    assert unsettled == 0
    assert after.tobytes() == links.tobytes()
    assert small_star(links).tobytes() == links.tobytes()


def test_a_chain_of_three_is_unsettled_where_its_ends_do_not_meet():
    # 1 - 0 is settled; in 2 - 1 - 0 node 1 has a smaller and a larger neighbour; node 2 has only
    # one, and 0 only larger ones.
    ids = np.array([[0, 0], [0, 1], [0, 2]], np.uint64)
    links = np.zeros(2, LINK)
    links["node"], links["to"] = ids[[1, 2]], ids[[0, 1]]
    assert large_star(both_ways(links))[1] == 1


def test_contraction_leaves_one_link_fewer_than_documents():
    ids = ids_of(90)
    links = as_links(ids, SHAPES["a clique of 90"])
    assert len(links) == 89
    assert {tuple(row) for row in links["to"].tolist()} == {min(map(tuple, ids.tolist()))}


def test_no_links_are_settled():
    nothing = np.empty(0, LINK)
    links, unsettled = large_star(nothing)
    assert len(links) == unsettled == len(small_star(nothing)) == len(both_ways(nothing)) == 0
