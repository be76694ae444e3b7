"""JSON lines, plain or compressed: one object a line, position = decompressed byte offset."""

from collections.abc import Iterator

import orjson

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.storage import open_input
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.compression import BLOCK_BYTES, compression_of, plain_blocks
from haybale.pipeline.sources.lines import Line, split_lines
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.span import Span

NAME = "jsonl@1"
SUFFIXES = (".jsonl", ".ndjson", ".json")
DECOMPRESSES = True
_BLANK = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def splits(name: str) -> bool:
    """See `haybale.pipeline.sources.SplitReader`."""
    return compression_of(name) is None


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    with open_input(path) as raw:
        stream = SourceFile(raw, options.digest.add if options.digest else None)
        lines = split_lines(plain_blocks(stream, options.name), options.max_record_bytes)
        yield from _records(lines, options)


def read_span(path: str, options: ReadOptions, span: Span) -> Iterator[Records]:
    """Records of a part of a file; see `haybale.pipeline.sources.SplitReader`."""
    with open_input(path) as raw:
        file = SourceFile(raw, options.digest.add if options.digest else None)
        first = span.first if span.first is not None else _first_line(file, span)
        if first is None or first >= span.stop:
            return
        file.seek(first)
        lines = split_lines(plain_blocks(file, options.name), options.max_record_bytes, first)
        yield from _records(lines, options, span.stop)


def _first_line(file: SourceFile, span: Span) -> int | None:
    """Where the first line begins that begins in a span: behind the first newline before it.

    A line may be longer than many spans, so the search ends where the span does.
    """
    at, stop = span.start - 1, span.stop - 1
    file.seek(at)
    while at < stop and (block := file.read(min(BLOCK_BYTES, stop - at))):
        found = block.find(b"\n")
        if found >= 0:
            return at + found + 1
        at += len(block)
    return None


def _records(
    lines: Iterator[Line], options: ReadOptions, stop: int | None = None
) -> Iterator[Records]:
    collector = RecordCollector(options)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            break
        except CorruptInputError as error:
            lost = error.reason.partition(":")[0]
            detail = f"{error.reason}; what follows in this file was not read"
            collector.add_unreadable(error.position, lost, detail, 0)
            break
        if stop is not None and line.position >= stop:
            break
        _add_line(collector, line)
        yield from collector.full()
    yield from collector.rest()


def _add_line(collector: RecordCollector, line: Line) -> None:
    if line.content is None:
        limit = collector.options.max_record_bytes
        detail = f"{line.num_bytes} bytes; ingest.max_record_bytes is {limit}"
        collector.add_unreadable(line.position, "record_too_long", detail, line.num_bytes)
        return
    # At the beginning of a file it is no part of the line, which begins there all the same.
    content = line.content if line.position else line.content.removeprefix(_BYTE_ORDER_MARK)
    if not content.strip(_BLANK):
        return
    try:
        record = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        reason = "not_json" if _is_utf8(line.content) else "invalid_utf8"
        collector.add_unreadable(line.position, reason, str(error), line.num_bytes)
        return
    if not isinstance(record, dict):
        detail = f"the line is a JSON {type(record).__name__}, not an object"
        collector.add_unreadable(line.position, "not_an_object", detail, line.num_bytes)
        return
    collector.add_fields(line.position, record, line.num_bytes)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
