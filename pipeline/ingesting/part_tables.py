"""The files that a part's ingest writes while it reads."""

import contextlib

import pyarrow as pa

from haybale.corpus.documents import DOCUMENTS
from haybale.corpus.edits import EDITS
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.pipeline.ingesting.dropped import DROPPED, UNREADABLE
from haybale.pipeline.ingesting.judging import Judge
from haybale.pipeline.kept.signatures import signatures_schema
from haybale.pipeline.rows.tables import TableWriter, open_table


class PartTables:
    """A part's files, open to be written.

    Args:
        stack: Commits them when it ends.
        folder: The corpus.
        part: The part's name.
        judge: Of its documents.
    """

    def __init__(
        self, stack: contextlib.ExitStack, folder: Folder, part: str, judge: Judge
    ) -> None:
        def table(kind: str, schema: pa.Schema, **options: bool) -> TableWriter:
            name = f"{kind}/{part}.arrow"
            return stack.enter_context(open_table(folder, name, schema, **options))

        self.documents = table("documents", DOCUMENTS)
        self.edits = table("edits", EDITS)
        self.measures = table("measures", judge.measures_schema)
        signed = signatures_schema(judge.recipe.dedup)
        self.signatures = table("signatures", signed, compressed=False)
        self.dropped = table("dropped/samples", DROPPED)
        self.unreadable = table("dropped/unreadable", UNREADABLE)

    def records(self) -> tuple[FileRecord, ...]:
        """Of the files, once they are committed."""
        kept = (self.documents, self.edits, self.measures, self.signatures)
        return tuple(writer.record() for writer in (*kept, self.dropped, self.unreadable))
