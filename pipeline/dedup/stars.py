"""Connected components by large-star and small-star operations, for graphs beyond one memory.

Kiveris et al. 2014, Connected Components in MapReduce and Beyond, section 3 (the alternating
algorithm): a link joins a node to a smaller one, and each operation hands a node's links to smaller
nodes without ever joining or cutting components. When every component is a star around its smallest
node, neither operation changes anything. `large_star` counts the nodes for which that is not so
yet: a graph has its components exactly when the count over all nodes is 0.
"""

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s
from haybale.pipeline.dedup.components import components
from haybale.pipeline.dedup.rows import Rows
from haybale.pipeline.rows.row_order import row_order, take_sorted
from haybale.pipeline.shuffle import run_starts

LINK = np.dtype([("node", "u8", (2,)), ("to", "u8", (2,))])
"""Two documents of one component, by id; but for `both_ways`, `to` < `node`."""


def spanning_stars(left: UInt64s, right: UInt64s) -> Rows:
    """The fewest links that join what pairs of ids join: a star around each smallest id.

    Args:
        left: uint64[pairs, 2]: the id of one document of each pair.
        right: uint64[pairs, 2]: of the other.

    Returns:
        LINK, distinct, sorted.
    """
    ends = np.concatenate([left, right])
    order = row_order([ends[:, 0], ends[:, 1]])
    starts = run_starts(ends[order, 0], ends[order, 1])
    ids = np.ascontiguousarray(ends[order][starts])
    numbers = np.empty(len(ends), np.uint32)
    numbers[order] = np.repeat(
        np.arange(len(ids), dtype=np.uint32), np.diff(np.r_[starts, len(ends)])
    )
    roots = components(ids, numbers[: len(left)], numbers[len(left) :])
    inner = np.flatnonzero(roots != np.arange(len(ids)))
    return _links(ids[inner], ids[roots[inner]])


def both_ways(links: Rows) -> Rows:
    """Each link as seen from both its ends: what `large_star` takes."""
    return np.concatenate([links, _links(links["to"], links["node"])])


def large_star(links: Rows) -> tuple[Rows, int]:
    """Join each node's larger neighbours to the smallest of itself and its neighbours.

    Args:
        links: LINK `both_ways`, all of any `node` among them, in any order.

    Returns:
        LINK, distinct, sorted; how many nodes are neither the centre of a star nor a point of one.
    """
    links = _distinct(links)
    starts, sizes = _runs(links)
    nodes = links["node"][starts]
    first = links["to"][starts]
    above = _less(links["node"], links["to"])
    num_above = np.add.reduceat(above.astype(np.int64), starts) if len(links) else sizes
    num_below = sizes - num_above
    unsettled = (num_below > 1) | ((num_below == 1) & (num_above > 0))
    smallest = np.where((num_below > 0)[:, None], first, nodes)
    out = _links(links["to"][above], np.repeat(smallest, sizes, axis=0)[above])
    return _distinct(out), int(unsettled.sum())


def small_star(links: Rows) -> Rows:
    """Join each node and its smaller neighbours to the smallest of these.

    Args:
        links: LINK, all of any `node` among them, in any order.

    Returns:
        LINK, distinct, sorted.
    """
    links = _distinct(links)
    starts, sizes = _runs(links)
    first = links["to"][starts]
    others = np.ones(len(links), np.bool_)
    others[starts] = False
    handed = _links(links["to"][others], np.repeat(first, sizes, axis=0)[others])
    return _distinct(np.concatenate([_links(links["node"][starts], first), handed]))


def _links(nodes: UInt64s, to: UInt64s) -> Rows:
    links = np.empty(len(nodes), LINK)
    links["node"], links["to"] = nodes, to
    return links


def _runs(links: Rows) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where each node's links begin, and how many there are."""
    starts = run_starts(links["node"][:, 0], links["node"][:, 1])
    return starts, np.diff(np.r_[starts, len(links)])


def _distinct(links: Rows) -> Rows:
    """Each link once, sorted."""
    links = take_sorted(links, _words(links))
    return links.take(run_starts(*_words(links)))


def _words(links: Rows) -> list[UInt64s]:
    return [links[name][:, word] for name in ("node", "to") for word in (0, 1)]


def _less(left: UInt64s, right: UInt64s) -> npt.NDArray[np.bool_]:
    less: npt.NDArray[np.bool_] = left[:, 0] < right[:, 0]
    less |= (left[:, 0] == right[:, 0]) & (left[:, 1] < right[:, 1])
    return less
