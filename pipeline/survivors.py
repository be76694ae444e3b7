"""Kept documents minus removals: what every stage after deduplication reads."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import UInt64s, id_words
from haybale.corpus.storage import Folder
from haybale.pipeline.documents import document_batches
from haybale.pipeline.plan import Part
from haybale.pipeline.selected import selected_rows
from haybale.pipeline.tables import read_table


def surviving_rows(folder: Folder, part: Part, num_rows: int) -> npt.NDArray[np.bool_]:
    """bool[rows]: which kept documents of a part selection and deduplication left."""
    survives = selected_rows(folder, part.name, num_rows)
    name = f"dedup/removals/{part.name}.arrow"
    if folder.exists(name):
        survives[read_table(folder, name, ["row"]).column("row").to_numpy()] = False
    return survives


def surviving_batches(folder: Folder, part: Part) -> Iterator[pa.RecordBatch]:
    """The survivors of a part, batch by batch: ids, languages and texts as edited."""
    num_rows = read_table(folder, f"signatures/{part.name}.arrow", ["doc_id"]).num_rows
    survives = surviving_rows(folder, part, num_rows)
    first = 0
    for batch in document_batches(folder, part.name, ["doc_id", "language", "text"]):
        mask = survives[first : first + batch.num_rows]
        yield batch if mask.all() else batch.filter(pa.array(mask))
        first += batch.num_rows


def cluster_words(folder: Folder, part: Part, doc_ids: pa.Array) -> UInt64s:
    """The id that decides a document's split: its cluster's name, or its own.

    Args:
        folder: The corpus folder.
        part: The documents' part.
        doc_ids: fixed_size_binary(16)[documents].

    Returns:
        uint64[documents, 2], as `id_words`.
    """
    words = id_words(doc_ids)
    name = f"dedup/clusters/{part.name}.arrow"
    if folder.exists(name):
        table = read_table(folder, name, ["survivor", "cluster"])
        survivors, names = (table.column(name).to_pylist() for name in ("survivor", "cluster"))
        clusters = dict(zip(survivors, names, strict=True))
        for row, doc_id in enumerate(doc_ids.to_pylist() if clusters else ()):
            if doc_id in clusters:
                words[row] = np.frombuffer(clusters[doc_id], ">u8")
    return words
