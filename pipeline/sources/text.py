"""Plain text: one file is one document, position 0."""

from collections.abc import Iterator

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.storage import open_input
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.compression import plain_blocks
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.source_digest import SourceFile

NAME = "text@1"
SUFFIXES = (".txt", ".text", ".md")
DECOMPRESSES = True


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`.

    A file of no bytes has none. A byte order mark is left out; text in another encoding than UTF-8
    is unreadable.
    """
    collector = RecordCollector(options)
    limit, content, num_bytes = options.max_record_bytes, bytearray(), 0
    with open_input(path) as raw:
        stream = SourceFile(raw, options.digest.add if options.digest else None)
        try:
            for block in plain_blocks(stream, options.name):
                num_bytes += len(block)
                if num_bytes <= limit:
                    content += block
                else:
                    content.clear()
        except CorruptInputError as error:
            lost = error.reason.partition(":")[0]
            collector.add_unreadable(0, lost, error.reason, num_bytes)
        else:
            if num_bytes > limit:
                detail = f"{num_bytes} bytes; ingest.max_record_bytes is {limit}"
                collector.add_unreadable(0, "record_too_long", detail, num_bytes)
            elif num_bytes:
                _add_text(collector, bytes(content))
    yield from collector.rest()


def _add_text(collector: RecordCollector, content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        collector.add_unreadable(0, "invalid_utf8", str(error)[:200], len(content))
        return
    collector.add(0, text)
