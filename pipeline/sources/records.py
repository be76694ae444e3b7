"""What readers yield: batches of documents, and the records that could not be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from haybale.pipeline.sources.source_digest import SourceDigest
from haybale.pipeline.sources.span import Covered

FIELDS = ("text", "id", "url", "timestamp", "lang")
"""Fields of a record that mean something; a subset's `fields` may rename them."""


@dataclass(frozen=True)
class ReadOptions:
    """How to read the files of one subset.

    Attributes:
        subset: Its name.
        name: The file's path relative to the fixed part of its glob.
        fields: Field of the design (`text`, `id`, ...) to field of the file.
        license: Licence of every document that names none.
        max_record_bytes: Longer records are unreadable.
        extract: HTML bytes and content type to text.
        digest: Told of what is read, if the file's digest is wanted.
    """

    subset: str
    name: str
    fields: Mapping[str, str]
    license: str | None
    max_record_bytes: int
    extract: Callable[[bytes, str | None], str]
    digest: SourceDigest | None = None

    def field(self, name: str) -> str:
        """The file's own name of a field."""
        return self.fields.get(name, name)


@dataclass(frozen=True)
class Unreadable:
    """A record that could not be read, or several that were lost together.

    Attributes:
        name: The file, relative to the fixed part of its glob.
        position: Where the record begins (byte offset, row or WARC offset).
        reason: One of a few fixed words, such as `not_json`.
        detail: What the parser said.
        num_bytes: Source bytes, as far as they are known.
        num_records: How many were lost here together, where it is known: the rows of a batch.
    """

    name: str
    position: int
    reason: str
    detail: str
    num_bytes: int
    num_records: int = 1


@dataclass(frozen=True)
class Records:
    """Some consecutive records of a file.

    Attributes:
        documents: RecordBatch of schema DOCUMENTS.
        dropped: string[rows]: rule by which the reader itself drops a row (a page that is no HTML,
            say), null elsewhere.
        unreadable: Records between these that could not be read.
        positions: Where each row's record begins; int[rows].
        covered: Of the last of a span, from a reader that looks for the first record: what it took;
            None where it took nothing.
    """

    documents: pa.RecordBatch
    dropped: pa.Array
    unreadable: tuple[Unreadable, ...] = ()
    positions: tuple[int, ...] = ()
    covered: Covered | None = None
