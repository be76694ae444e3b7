"""Names of clusters and families, inherited from earlier corpora.

A family decides whether its documents are trained or validated on. One that holds documents of an
earlier corpus takes the name that these had there, so that they end on the same side again. A
cluster decides nothing, and its name must not be that of another: it takes the name as
`haybale.pipeline.kept.earlier_names.names_of` has it.
"""

import numpy as np

from haybale.corpus.digests import UInt64s, ids_from_words
from haybale.corpus.storage import Folder
from haybale.pipeline.jobs.removals import CLUSTERS_PATH, FAMILIES_PATH
from haybale.pipeline.kept.signed_parts import SignedParts
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.shuffle import run_starts


def inherit_names(folder: Folder) -> None:
    """Rename what holds documents of earlier corpora; of several names the smallest."""
    parts = SignedParts(folder)
    for path, earlier_names in (
        (CLUSTERS_PATH, parts.earlier_clusters),
        (FAMILIES_PATH, parts.earlier_families),
    ):
        rows = np.array(read_rows(folder, path))
        first = np.searchsorted(rows["address"], np.uint64(parts.num_own << 32))
        if first == len(rows):
            continue
        names = earlier_names(rows["address"][first:])
        rows["cluster"] = renamed(rows["cluster"], rows["cluster"][first:], names)
        write_rows(folder, path, rows)


def renamed(clusters: UInt64s, old: UInt64s, new: UInt64s) -> UInt64s:
    """Clusters with new names; of several new names of one old the smallest.

    Args:
        clusters: uint64[rows, 2].
        old: uint64[names, 2].
        new: uint64[names, 2].
    """
    order = np.lexsort((new[:, 1], new[:, 0], old[:, 1], old[:, 0]))
    old, new = old[order], new[order]
    starts = run_starts(old[:, 0], old[:, 1])
    mapping = dict(zip(_bytes(old[starts]), _bytes(new[starts]), strict=True))
    names = [mapping.get(name, name) for name in _bytes(clusters)]
    return np.frombuffer(b"".join(names), ">u8").astype(np.uint64).reshape(-1, 2)


def _bytes(words: UInt64s) -> list[bytes]:
    names: list[bytes] = ids_from_words(words).to_pylist()
    return names
