"""Collects the records of a file and hands them out as batches of a few megabytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa

from haybale.cards.language_codes import hub_languages
from haybale.corpus.digests import document_ids
from haybale.corpus.documents import DOCUMENTS
from haybale.pipeline.sources.records import FIELDS, ReadOptions, Records, Unreadable
from haybale.pipeline.sources.span import Covered

BATCH_BYTES = 4 << 20
"""A batch is closed once its strings come to this many bytes, or it holds BATCH_ROWS rows."""
BATCH_ROWS = 8192

_MAX_FIELD_BYTES = (1 << 31) - 1  # offsets of an Arrow string array, but for those of the text
_MAX_LABEL = 35
"""Characters of a language's label: RFC 5646, section 4.4.1."""


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
        language = label if isinstance(label, str) and is_language(label) else None
        if language is None and label is not None:
            known.remove(names["lang"])
        rest = {key: value for key, value in record.items() if key not in known}
        try:
            metadata = orjson.dumps(rest, default=str).decode() if rest else None
            strings = {name: _string(record.get(key)) for name, key in self._string_fields()}
        except (TypeError, ValueError, RecursionError) as error:
            # What can be read may nest deeper than what can be written: 1024 and 254 levels.
            self.add_unreadable(position, "too_deep", f"metadata: {error}", num_bytes)
            return
        self.add(
            position,
            text,
            **strings,
            language=language,
            metadata=metadata,
        )

    def _string_fields(self) -> Iterator[tuple[str, str]]:
        """Arguments of `add`, and the record's fields that they come from."""
        for name in ("url", "timestamp"):
            yield name, self.options.field(name)
        yield "source", "source"
        yield "license_", "license"

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
        beside = [_num_bytes(each) for each in (url, source, timestamp, license_, metadata) if each]
        num_bytes = _num_bytes(text) + sum(beside)
        if max(beside, default=0) + BATCH_BYTES > _MAX_FIELD_BYTES:
            detail = f"{max(beside)} bytes beside the text; the most is {_MAX_FIELD_BYTES}"
            self.add_unreadable(position, "record_too_long", detail, num_bytes)
            return
        self._rows.append(
            (position, text, url, source, timestamp, language, license_, metadata, dropped)
        )
        self._num_bytes += num_bytes

    def add_unreadable(
        self, position: int, reason: str, detail: str, num_bytes: int, num_records: int = 1
    ) -> None:
        """Add a record that cannot be read, or several that are lost together."""
        self._unreadable.append(
            Unreadable(self.options.name, position, reason, detail[:500], num_bytes, num_records)
        )

    def full(self) -> Iterator[Records]:
        """The collected records, if they fill a batch."""
        num_rows = max(len(self._rows), len(self._unreadable))
        if self._num_bytes >= BATCH_BYTES or num_rows >= BATCH_ROWS:
            yield self._take()

    def rest(self, covered: Covered | None = None) -> Iterator[Records]:
        """The collected records, if there are any, or what the reader took of its span."""
        if self._rows or self._unreadable or covered:
            yield self._take(covered)

    def _take(self, covered: Covered | None = None) -> Records:
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
        return Records(batch, pa.array(dropped, pa.string()), unreadable, positions, covered)


def is_language(label: str) -> bool:
    """Whether a label is a code of ISO 639."""
    return len(label) <= _MAX_LABEL and _is_known(label)


@lru_cache(1 << 12)
def _is_known(label: str) -> bool:
    return bool(hub_languages(label))


def _num_bytes(text: str) -> int:
    """Of it as UTF-8; what cannot be written so is found when the batch is made."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _string(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, default=str).decode()
