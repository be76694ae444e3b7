"""Finds documents in a corpus without an index of them, as earlier releases made: by reading on.

Ids alone are read, file after file, until the document is met.
"""

from collections.abc import Collection, Iterator

import numpy as np

from haybale.corpus.arrow_files import arrow_batches, id_bytes, open_arrow
from haybale.corpus.document_index import DocumentPlace
from haybale.corpus.manifest import Manifest
from haybale.corpus.shards import batch_buffers, read_index
from haybale.corpus.storage import Folder

Met = tuple[bytes, str, int, int]
"""A document's id, the file it is in, the record batch there, and the row over all batches."""


class DocumentScan:
    """Finds documents by their ids; see `haybale.corpus.document_index.DocumentIndex`."""

    by_index = False

    def __init__(self, folder: Folder, manifest: Manifest) -> None:
        self._folder, self._manifest = folder, manifest

    def find(self, doc_id: bytes) -> DocumentPlace | None:
        """Where a document is; None if no document of that id was read."""
        read = next(meet(self._folder, self.paths("measures/"), [doc_id]), None)
        if read is None:
            return None
        part = read[1].removeprefix("measures/").removesuffix(".arrow")
        documents = [f"documents/{part}.arrow"]
        kept = next(meet(self._folder, documents, [doc_id]), (doc_id, "", -1, -1))
        shard, start, tokens = self.tokens_of(doc_id) if kept[2] >= 0 else (None, -1, -1)
        return DocumentPlace(
            doc_id=doc_id,
            part=part,
            file=None,
            record=None,
            measures_batch=read[2],
            documents_batch=kept[2],
            documents_row=kept[3],
            shard=shard,
            start=start,
            tokens=tokens,
        )

    def duplicates_of(self, survivor: bytes, limit: int) -> list[bytes]:
        """Ids of documents that were removed for its sake, sorted, so many at most."""
        found: list[bytes] = []
        for path in self.paths("dedup/duplicates"):
            for batch in arrow_batches(self._folder, path, ["removed", "survivor"]):
                at = id_bytes(batch.column("survivor")) == survivor
                found += batch.column("removed").filter(at).to_pylist()
                if len(found) >= limit:  # the table is sorted by who was removed
                    return found[:limit]
        return found

    def paths(self, prefix: str) -> list[str]:
        """Files below a folder, in order."""
        return [file.path for file in self._manifest.files if file.path.startswith(prefix)]

    def tokens_of(self, doc_id: bytes) -> tuple[str | None, int, int]:
        """Shard, first token in it and number of tokens; None, -1 and -1 if no shard has it."""
        before, shard = 0, ""
        for row in read_index(self._folder).to_pylist():
            before = before if row["shard"] == shard else 0
            shard = row["shard"]
            batch = open_arrow(self._folder, shard).get_batch(row["batch"])
            for at in np.flatnonzero(id_bytes(batch.column("doc_id")) == doc_id).tolist():
                offsets = np.frombuffer(batch_buffers(batch)[1], np.int32, batch.num_rows + 1)
                return shard, before + int(offsets[at]), int(offsets[at + 1] - offsets[at])
            before += row["tokens"]
        return None, -1, -1


def meet(folder: Folder, paths: list[str], doc_ids: Collection[bytes]) -> Iterator[Met]:
    """Where files with a column `doc_id` hold these documents, in order of the files."""
    wanted = np.array(sorted(doc_ids), "S16")
    for path in paths:
        first = 0
        for number, batch in enumerate(arrow_batches(folder, path, ["doc_id"])):
            ids = id_bytes(batch.column("doc_id"))
            for at in np.flatnonzero(np.isin(ids, wanted)).tolist():
                yield batch.column("doc_id")[at].as_py(), path, number, first + at
            first += batch.num_rows
