"""Names that documents and clusters of earlier corpora go by in a later one.

An id says where a text stood: subset, file name and position. The next crawl under the same file
names has other texts with the same ids, so that an id is one document's within its corpus only.
"""

import numpy as np

from haybale.corpus.digests import UInt64s, derive_seed, mix64

INHERITED = "inherited"
"""The column of `dedup/clusters/` and `dedup/cluster_sizes.arrow` that says whether a cluster's
name is an earlier corpus's; only where a corpus was built against earlier ones."""

NAMING = "names@2"
"""Before: ids and names of earlier corpora as they stood there."""

_ROUNDS = 4


def names_of(origin: str, ids: UInt64s) -> UInt64s:
    """Ids of a corpus, or names of its clusters, as later corpora name them.

    A bijection for each corpus, so two of its ids are never one name: a Feistel network (Luby and
    Rackoff 1988, How to Construct Pseudorandom Permutations from Pseudorandom Functions) of
    `mix64`.

    Args:
        origin: The corpus: its manifest's digest before anything was taken down.
        ids: uint64[documents, 2].

    Returns:
        uint64[documents, 2].
    """
    left, right = ids[:, 0], ids[:, 1]
    for number in range(_ROUNDS):
        key = np.uint64(derive_seed(0, "earlier corpus", origin, number))
        left, right = right, left ^ mix64(right ^ key)
    return np.stack([left, right], axis=1)
