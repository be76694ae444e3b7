"""What readers yield: batches of documents, and the records that could not be read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa

from haybale.cards.language_codes import hub_languages
from haybale.corpus.digests import document_ids
from haybale.corpus.documents import DOCUMENTS

BATCH_BYTES = 4 << 20
"""A batch is closed once it holds this many bytes of text, or BATCH_ROWS rows."""
BATCH_ROWS = 8192

_MAX_LABEL = 35
"""Characters of a language's label: RFC 5646, section 4.4.1."""

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
    """

    subset: str
    name: str
    fields: Mapping[str, str]
    license: str | None
    max_record_bytes: int
    extract: Callable[[bytes, str | None], str]

    def field(self, name: str) -> str:
        """The file's own name of a field."""
        return self.fields.get(name, name)


@dataclass(frozen=True)
class Unreadable:
    """A record that could not be read.

    Attributes:
        name: The file, relative to the fixed part of its glob.
        position: Where the record begins (byte offset, row or WARC offset).
        reason: One of a few fixed words, such as `not_json`.
        detail: What the parser said.
        num_bytes: Source bytes, as far as they are known.
    """

    name: str
    position: int
    reason: str
    detail: str
    num_bytes: int


@dataclass(frozen=True)
class Records:
    """Some consecutive records of a file.

    Attributes:
        documents: RecordBatch of schema DOCUMENTS.
        dropped: string[rows]: rule by which the reader itself drops a row (a page that is no HTML,
            say), null elsewhere.
        unreadable: Records between these that could not be read.
    """

    documents: pa.RecordBatch
    dropped: pa.Array
    unreadable: tuple[Unreadable, ...] = ()


@dataclass
class RecordCollector:
    """Collects records and hands them out as batches of a few megabytes."""

    options: ReadOptions
    _rows: list[tuple[Any, ...]] = field(default_factory=list)
    _unreadable: list[Unreadable] = field(default_factory=list)
    _num_bytes: int = 0

    def add_fields(self, position: int, record: Mapping[str, Any], num_bytes: int) -> None:
        """Add a record of named fields; one without a text string is unreadable.

        A language that is no code of ISO 639, such as `English`, stays in the metadata: counts are
        kept for each language, and of words as they come there is no end.
        """
        names = {name: self.options.field(name) for name in FIELDS}
        text = record.get(names["text"])
        if not isinstance(text, str):
            if text is None:
                detail = f"no field {names['text']!r} among {', '.join(sorted(record))}"
                self.add_unreadable(position, "no_text", detail, num_bytes)
            else:
                detail = f"{names['text']!r} is {type(text).__name__}, not a string"
                self.add_unreadable(position, "text_not_a_string", detail, num_bytes)
            return
        known = {names[name] for name in FIELDS if name != "id"} | {"source", "license"}
        label = record.get(names["lang"])
        language = label if isinstance(label, str) and _is_language(label) else None
        if language is None and label is not None:
            known.remove(names["lang"])
        rest = {key: value for key, value in record.items() if key not in known}
        self.add(
            position,
            text,
            url=_string(record.get(names["url"])),
            source=_string(record.get("source")),
            timestamp=_string(record.get(names["timestamp"])),
            language=language,
            license_=_string(record.get("license")),
            metadata=orjson.dumps(rest, default=str).decode() if rest else None,
        )

    def add(
        self,
        position: int,
        text: str,
        *,
        url: str | None = None,
        source: str | None = None,
        timestamp: str | None = None,
        language: str | None = None,
        license_: str | None = None,
        metadata: str | None = None,
        dropped: str | None = None,
    ) -> None:
        """Add a document, or a record that is dropped by a rule of the reader."""
        license_ = license_ or self.options.license
        self._rows.append(
            (position, text, url, source, timestamp, language, license_, metadata, dropped)
        )
        self._num_bytes += len(text)

    def add_unreadable(self, position: int, reason: str, detail: str, num_bytes: int) -> None:
        """Add a record that cannot be read."""
        self._unreadable.append(
            Unreadable(self.options.name, position, reason, detail[:500], num_bytes)
        )

    def full(self) -> Iterator[Records]:
        """The collected records, if they fill a batch."""
        if self._num_bytes >= BATCH_BYTES or len(self._rows) >= BATCH_ROWS:
            yield self._take()

    def rest(self) -> Iterator[Records]:
        """The collected records, if there are any."""
        if self._rows or self._unreadable:
            yield self._take()

    def _take(self) -> Records:
        rows, unreadable = self._rows, tuple(self._unreadable)
        self._rows, self._unreadable, self._num_bytes = [], [], 0
        columns = list(zip(*rows, strict=True)) if rows else [()] * 9
        positions, texts, urls, sources, timestamps, languages, licenses, metadata, dropped = (
            columns
        )
        num_rows = len(rows)
        batch = pa.RecordBatch.from_arrays(
            [
                document_ids(self.options.subset, self.options.name, positions),
                pa.array(texts, pa.large_string()),
                pa.repeat(pa.scalar(self.options.subset), num_rows),
                pa.array(urls, pa.string()),
                pa.array(sources, pa.string()),
                pa.array(timestamps, pa.string()),
                pa.array(languages, pa.string()),
                pa.nulls(num_rows, pa.float32()),
                pa.array(licenses, pa.string()),
                pa.array(metadata, pa.string()),
            ],
            schema=DOCUMENTS,
        )
        return Records(batch, pa.array(dropped, pa.string()), unreadable)


@lru_cache(1 << 12)
def _is_language(label: str) -> bool:
    return len(label) <= _MAX_LABEL and bool(hub_languages(label))


def _string(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, default=str).decode()
