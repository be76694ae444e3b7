"""JSON lines, plain or compressed: one object a line, position = decompressed byte offset."""

from collections.abc import Iterator
from typing import NamedTuple

import orjson

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.storage import open_input
from haybale.pipeline.sources.compression import plain_blocks
from haybale.pipeline.sources.records import ReadOptions, RecordCollector, Records

NAME = "jsonl@1"
SUFFIXES = (".jsonl", ".ndjson", ".json")
_BLANK = b" \t\r\n"


class Line(NamedTuple):
    """A line and where it begins; `content` is None where it is longer than allowed."""

    position: int
    num_bytes: int
    content: bytes | None


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    collector = RecordCollector(options)
    with open_input(path) as stream:
        lines = split_lines(plain_blocks(stream, path), options.max_record_bytes)
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
            _add_line(collector, line)
            yield from collector.full()
    yield from collector.rest()


def split_lines(blocks: Iterator[bytes], max_bytes: int) -> Iterator[Line]:
    """Lines of a stream, holding no more than one block and one allowed line in memory.

    The unfinished line before damage is not yielded: it is part of what was lost.
    """
    position, num_pending = 0, 0
    pending: list[bytes] = []
    for block in blocks:
        *finished, last = block.split(b"\n")
        for piece in finished:
            num_bytes = num_pending + len(piece)
            content = b"".join([*pending, piece]) if num_bytes <= max_bytes else None
            yield Line(position, num_bytes, content)
            position, pending, num_pending = position + num_bytes + 1, [], 0
        num_pending += len(last)
        pending = [*pending, last] if num_pending <= max_bytes else []
    if num_pending:
        content = b"".join(pending) if num_pending <= max_bytes else None
        yield Line(position, num_pending, content)


def _add_line(collector: RecordCollector, line: Line) -> None:
    if line.content is None:
        limit = collector.options.max_record_bytes
        detail = f"{line.num_bytes} bytes; ingest.max_record_bytes is {limit}"
        collector.add_unreadable(line.position, "record_too_long", detail, line.num_bytes)
        return
    if not line.content.strip(_BLANK):
        return
    try:
        record = orjson.loads(line.content)
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
