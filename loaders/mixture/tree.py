"""The binary tree by which an interleaving splits positions among sources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Node:
    """A source (a leaf), or the split of a range of positions between two children."""

    weight: int
    source: int = -1
    children: "tuple[Node, Node] | None" = None


Path = tuple[tuple[Node, bool], ...]
"""The splits from the root down to a source, and whether it is under the first child of each."""


def split_tree(weights: Sequence[int]) -> Node:
    """The tree whose leaves are the sources with these weights."""
    leaves = [Node(weight, source) for source, weight in enumerate(weights)]
    return _over(sorted(leaves, key=lambda leaf: (-leaf.weight, leaf.source)))


def _over(leaves: list[Node]) -> Node:
    if len(leaves) == 1:
        return leaves[0]
    first, second = (_over(half) for half in halves(leaves))
    return Node(first.weight + second.weight, children=(first, second))


def halves(leaves: list[Node]) -> tuple[list[Node], list[Node]]:
    """Two groups of which none with more than one leaf holds over 2/3 of the weight.

    Each leaf, heaviest first, goes to the lighter group. Let x be the last leaf of the heavier
    group, L its weight, 1 the weight of all. Without x it was not above the other: L - x <= 1 - L.
    If it has a leaf before x, that one weighs x or more, and so does the other group: 3x <= 1.
    Together, L <= (1 + x) / 2 <= 2/3 (Graham 1969, "Bounds on multiprocessing timing anomalies").
    """
    groups: tuple[list[Node], list[Node]] = ([], [])
    weights = [0, 0]
    for leaf in leaves:
        lighter = int(weights[1] < weights[0])
        groups[lighter].append(leaf)
        weights[lighter] += leaf.weight
    return groups


def inner_nodes(root: Node) -> Int64s:
    """The tree as a table for the kernel, root first.

    Returns:
        int64[inner nodes, 4]: weight of the first child, weight, and both children: a row of
        the table each, or ~source for a leaf.
    """
    rows: list[list[int]] = []

    def add(node: Node) -> int:
        if node.children is None:
            return ~node.source
        row = [node.children[0].weight, node.weight]
        rows.append(row)
        number = len(rows) - 1
        row += [add(child) for child in node.children]
        return number

    add(root)
    return np.array(rows, np.int64).reshape(-1, 4)


def paths(node: Node, above: Path = ()) -> Iterator[tuple[int, Path]]:
    """Each source of the tree with its path."""
    if node.children is None:
        yield node.source, above
        return
    first, second = node.children
    yield from paths(first, (*above, (node, True)))
    yield from paths(second, (*above, (node, False)))
