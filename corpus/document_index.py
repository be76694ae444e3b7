"""Finds documents by their ids in the index of a corpus; see `haybale.corpus.lookup_tables`."""

import itertools
from dataclasses import dataclass
from typing import Any

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.errors import CorruptShardError, SchemaError
from haybale.corpus.lookup_tables import (
    BATCH_ROWS,
    DOCUMENTS_FOLDER,
    DUPLICATES_FOLDER,
    FILES_PATH,
    FORMAT,
    range_of,
)
from haybale.corpus.manifest import Manifest
from haybale.corpus.shards import INDEX_PATH, read_index
from haybale.corpus.sorted_table import SortedTable
from haybale.corpus.storage import Folder


@dataclass(frozen=True)
class DocumentPlace:
    """Where a document is.

    Attributes:
        doc_id: 16 bytes.
        part: Name of its part.
        file: The input file it was read from; None where no index tells.
        record: Which of that file's readable records it is, from 0; None where no index tells.
        measures_batch: Record batch of `measures/<part>.arrow`.
        documents_batch: Record batch of `documents/<part>.arrow`; -1 if it was dropped.
        documents_row: Row of that file, over all batches; -1 if it was dropped.
        shard: Path of its shard; None if it was dropped or removed.
        start: Its first token, counted from the start of the shard.
        tokens: How many it has.
    """

    doc_id: bytes
    part: str
    file: str | None
    record: int | None
    measures_batch: int
    documents_batch: int
    documents_row: int
    shard: str | None
    start: int
    tokens: int


class DocumentIndex:
    """Finds documents by their ids.

    Args:
        folder: The corpus.
        manifest: Its manifest, which names the index's files.
    """

    by_index = True

    def __init__(self, folder: Folder, manifest: Manifest) -> None:
        self._folder = folder
        paths = [record.path for record in manifest.files]
        self.num_ranges = sum(path.startswith(f"{DOCUMENTS_FOLDER}/") for path in paths)

    def find(self, doc_id: bytes) -> DocumentPlace | None:
        """Where a document is; None if no document of that id was read."""
        row = next(self._table(DOCUMENTS_FOLDER, "doc_id", doc_id).rows(doc_id), None)
        if row is None:
            return None
        file = self._file(row["file"])
        return DocumentPlace(
            doc_id=doc_id,
            part=file["part"],
            file=file["name"],
            record=row["measures_row"] - file["first_row"],
            measures_batch=row["measures_batch"],
            documents_batch=row["documents_batch"],
            documents_row=row["documents_row"],
            shard=self._shard(row["token_batch"]),
            start=row["start"],
            tokens=row["tokens"],
        )

    def duplicates_of(self, survivor: bytes, limit: int) -> list[bytes]:
        """Ids of documents that were removed for its sake, sorted, so many at most."""
        rows = self._table(DUPLICATES_FOLDER, "survivor", survivor).rows(survivor)
        return [row["removed"] for row in itertools.islice(rows, limit)]

    def _table(self, folder: str, column: str, doc_id: bytes) -> SortedTable:
        path = f"{folder}/{range_of(doc_id, self.num_ranges):05d}.arrow"
        table = SortedTable(self._folder, path, column)
        found = (table.schema.metadata or {}).get(b"format", b"none").decode()
        if found != FORMAT:
            raise SchemaError(
                f"{self._folder.path(path)}: expected format {FORMAT}, found {found}; it was not "
                "written by haybale, or by a newer one"
            )
        return table

    def _shard(self, token_batch: int) -> str | None:
        if token_batch < 0:
            return None
        index = read_index(self._folder)
        if token_batch >= index.num_rows:
            raise CorruptShardError(
                f"{self._folder.path(DOCUMENTS_FOLDER)}: names record batch {token_batch} of "
                f"{index.num_rows} in {INDEX_PATH}; see `haybale verify --full`"
            )
        return str(index.column("shard")[token_batch].as_py())

    def _file(self, number: int) -> dict[str, Any]:
        reader, (batch, at) = open_arrow(self._folder, FILES_PATH), divmod(number, BATCH_ROWS)
        rows = []
        if batch < reader.num_record_batches:
            rows = reader.get_batch(batch).slice(at, 1).to_pylist()
        if not rows:
            raise CorruptShardError(
                f"{self._folder.path(FILES_PATH)}: has no file {number}; "
                "see `haybale verify --full`"
            )
        row: dict[str, Any] = rows[0]
        return row
