"""The records of one kind in a WARC or WET archive, and the damage between them."""

from collections.abc import Callable, Iterator

from haybale.corpus.storage import open_input
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.span import Span
from haybale.pipeline.sources.warc_frames import WarcFrames
from haybale.pipeline.sources.warc_record import Damage, Frame

Add = Callable[[RecordCollector, Frame, bytes], None]


def read_archive(
    path: str, options: ReadOptions, span: Span, kind: str, add: Add
) -> Iterator[Records]:
    """Records of a span.

    Args:
        path: The archive.
        options: How to read.
        span: Of its bytes.
        kind: The `WARC-Type` of records that are documents; those of other types are passed over.
        add: Adds a document, given its record and the content of that.
    """

    def is_document(fields: dict[str, str]) -> bool:
        return fields.get("warc-type", "").lower() == kind

    collector, limit = RecordCollector(options), options.max_record_bytes
    with open_input(path) as raw:
        file = SourceFile(raw, options.digest.add if options.digest else None)
        frames = WarcFrames(file, span, is_document, limit)
        for found in frames:
            if isinstance(found, Damage):
                collector.add_unreadable(
                    found.position,
                    found.reason,
                    found.detail,
                    found.num_bytes,
                    found.num_records,
                )
            elif found.content is not None:
                add(collector, found, found.content)
            elif is_document(found.fields):
                detail = f"{found.num_bytes} bytes; ingest.max_record_bytes is {limit}"
                size = found.num_bytes
                collector.add_unreadable(found.position, "record_too_long", detail, size)
            yield from collector.full()
    yield from collector.rest(frames.covered)
