"""What decides on which side of the split into training and validation a document is."""

from typing import Any

import numpy as np
import pyarrow as pa

from haybale.corpus.arrow_files import id_bytes, open_arrow
from haybale.corpus.digests import UInt64s, id_words, ids_from_words
from haybale.corpus.storage import Folder
from haybale.pipeline.rows.tables import read_table

FAMILY = "family"
"""The column of `dedup/clusters/` that decides splits."""


class SplitNames:
    """Names of a part's documents for the split: of a family its own, else the document's id.

    Args:
        folder: The corpus folder.
        part: Name of the part.
    """

    def __init__(self, folder: Folder, part: str) -> None:
        path = f"dedup/clusters/{part}.arrow"
        groups = read_groups(folder, path, "survivor", FAMILY) if folder.exists(path) else {}
        members = sorted(groups)
        self._members = np.array(members, "S16")
        names = pa.array([groups[member] for member in members], pa.binary(16))
        self._names = id_words(names)

    def of(self, doc_ids: pa.Array) -> pa.Array:
        """Names of documents of the part, fixed_size_binary(16)[documents]."""
        words: UInt64s = id_words(doc_ids)
        if len(self._members):
            ids = id_bytes(doc_ids)
            place = np.minimum(np.searchsorted(self._members, ids), len(self._members) - 1)
            found = self._members[place] == ids
            words[found] = self._names[place[found]]
        return ids_from_words(words)


def read_groups(folder: Folder, path: str, key: str, column: str) -> dict[Any, bytes]:
    """Cluster or family of each document of a part that is in one with others.

    Args:
        folder: The corpus folder.
        path: Of the part's file below `dedup/clusters/`.
        key: Column that names documents: `row` or `survivor`.
        column: `cluster` or `family`; corpora older than families were split by cluster.
    """
    with open_arrow(folder, path) as reader:
        names = reader.schema.names
    column = column if column in names else "cluster"
    table = read_table(folder, path, [key, column])
    keys, groups = (table.column(name).to_pylist() for name in (key, column))
    return {key: group for key, group in zip(keys, groups, strict=True) if group is not None}
