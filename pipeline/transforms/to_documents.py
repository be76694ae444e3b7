"""Strings and dictionaries to batches of documents."""

from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
import orjson
import pyarrow as pa
import xxhash
from apache_beam.transforms.window import BoundedWindow
from apache_beam.utils.windowed_value import WindowedValue

from haybale.corpus.errors import RecipeError, SchemaError
from haybale.corpus.recipe import nearest
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import FIELDS, ReadOptions, Records
from haybale.pipeline.transforms.arriving import with_column

_MAX_OPEN_WINDOWS = 16


class ToDocuments(beam.PTransform):  # type: ignore[misc]
    """Make batches of schema DOCUMENTS of strings, or of dictionaries with a text.

    Fields are taken as a build's readers take them: `text`, `url`, `timestamp`, `lang`, `source`
    and `license` become columns, all others, an `id` among them, a JSON object in `metadata`.

    A document's id is xxh3-128 of the subset and, with `id_field`, of that field, else of the whole
    record (its JSON with sorted keys; a string counts as `{"text": string}`). So it is the same on
    every engine and in every order. Without `id_field`, records equal in every field share an id;
    `Deduplicate` keeps one of them.

    Args:
        subset: What the documents are called together.
        id_field: Field that names a record; no two records may share its value.
        fields: Field of Haybale (`text`, `id`, `url`, `timestamp`, `lang`) to field of the record.
        license: Licence of every document that names none.

    Raises:
        RecipeError: If a setting cannot be right.
        SchemaError: When an element is neither, or has no text or id.
    """

    def __init__(
        self,
        subset: str = "documents",
        *,
        id_field: str | None = None,
        fields: Mapping[str, str] | None = None,
        license: str | None = None,
    ) -> None:
        super().__init__()
        for name in fields or {}:
            if name not in FIELDS:
                raise RecipeError(
                    f"ToDocuments: fields: unknown field {name!r}; {nearest(name, FIELDS)}"
                )
        options = ReadOptions(
            subset=subset,
            name="",
            fields=dict(fields or {}),
            license=license,
            max_record_bytes=0,
            extract=_no_pages,
        )
        self._collect = CollectDocuments(options, id_field)

    def expand(self, records: beam.PCollection) -> beam.PCollection[pa.RecordBatch]:
        """Beam's hook."""
        return records | "Collect" >> beam.ParDo(self._collect).with_output_types(pa.RecordBatch)


class CollectDocuments(beam.DoFn):  # type: ignore[misc]
    """Records to batches of a few megabytes, or what a bundle has of a window."""

    def __init__(self, options: ReadOptions, id_field: str | None) -> None:
        self._options, self._id_field = options, id_field

    def start_bundle(self) -> None:
        """Nothing is left of the bundle before."""
        self._open: dict[BoundedWindow, _OpenBatch] = {}

    def process(
        self,
        record: Any,
        window: Any = beam.DoFn.WindowParam,
    ) -> Iterator[WindowedValue]:
        """Take one record in; batches come out as they are full."""
        if window not in self._open:
            if len(self._open) >= _MAX_OPEN_WINDOWS:
                yield from self._close(next(iter(self._open)))
            self._open[window] = _OpenBatch(self._options, self._id_field)
        for batch in self._open[window].add(record):
            yield _in_window(batch, window)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """What waits."""
        for window in list(self._open):
            yield from self._close(window)

    def _close(self, window: BoundedWindow) -> Iterator[WindowedValue]:
        for batch in self._open.pop(window).rest():
            yield _in_window(batch, window)


class _OpenBatch:
    """Records of one window on their way into a batch."""

    def __init__(self, options: ReadOptions, id_field: str | None) -> None:
        self._subset, self._id_field = options.subset.encode() + b"\0", id_field
        self._text_field = options.field("text")
        self._collector = RecordCollector(options)
        self._ids: list[bytes] = []

    def add(self, record: Any) -> Iterator[pa.RecordBatch]:
        if isinstance(record, str):
            record = {self._text_field: record}
        elif not isinstance(record, Mapping):
            raise SchemaError(
                f"ToDocuments: expected a string or a dictionary, found {type(record).__name__}"
            )
        self._ids.append(self._id_of(record))
        self._collector.add_fields(0, record, 0)
        return self._batches(self._collector.full())

    def rest(self) -> Iterator[pa.RecordBatch]:
        return self._batches(self._collector.rest())

    def _batches(self, collected: Iterator[Records]) -> Iterator[pa.RecordBatch]:
        for records in _readable(collected):
            ids, self._ids = pa.array(self._ids, pa.binary(16)), []
            yield with_column(records.documents, "doc_id", ids)

    def _id_of(self, record: Mapping[str, Any]) -> bytes:
        named: object = dict(record)
        if self._id_field is not None:
            named = record.get(self._id_field)
            if named is None:
                raise SchemaError(
                    f"ToDocuments: expected an id in the field {self._id_field!r}, found the "
                    f"fields {', '.join(map(str, record))}"
                )
        try:
            # Of what JSON does not know, such as a set, every process would write another text.
            orjson.dumps([value for value in record.values() if not isinstance(value, str)])
            written = orjson.dumps(named, option=orjson.OPT_SORT_KEYS)
        except TypeError as error:
            raise SchemaError(
                f"ToDocuments: expected a record that can be written as JSON: {error}"
            ) from None
        kind = b"record\0" if self._id_field is None else b"id\0"
        return xxhash.xxh3_128_digest(self._subset + kind + written)


def _readable(collected: Iterator[Records]) -> Iterator[Records]:
    try:
        for records in collected:
            for record in records.unreadable:
                raise SchemaError(
                    f"ToDocuments: a record is no document: {record.detail}; name its text with "
                    'fields={"text": ...}, or leave such records out'
                )
            yield records
    except UnicodeEncodeError as error:
        raise SchemaError(f"ToDocuments: expected texts that can be UTF-8: {error}") from None


def _in_window(batch: pa.RecordBatch, window: BoundedWindow) -> WindowedValue:
    return WindowedValue(batch, window.max_timestamp(), (window,))


def _no_pages(html: bytes, content_type: str | None) -> str:
    """Records hold texts, never pages to extract one from."""
    raise AssertionError((html, content_type))
