"""WET archives: text that Common Crawl took out of web pages, position = WARC offset."""

from collections.abc import Iterator

import orjson

from haybale.pipeline.sources.collector import RecordCollector, is_language
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.span import WHOLE_FILE, Span
from haybale.pipeline.sources.warc_archive import read_archive
from haybale.pipeline.sources.warc_record import Frame

NAME = "wet@1"
SUFFIXES = (".wet",)
DECOMPRESSES = True

_LANGUAGES = "warc-identified-content-language"


def splits(name: str) -> bool:
    """See `haybale.pipeline.sources.SplitReader`."""
    return True


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    return read_archive(path, options, WHOLE_FILE, "conversion", _add_text)


def read_span(path: str, options: ReadOptions, span: Span) -> Iterator[Records]:
    """Records of a part of a file; see `haybale.pipeline.sources.SplitReader`."""
    return read_archive(path, options, span, "conversion", _add_text)


def _add_text(collector: RecordCollector, frame: Frame, content: bytes) -> None:
    fields = frame.fields
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        collector.add_unreadable(frame.position, "invalid_utf8", str(error), frame.num_bytes)
        return
    named = fields.get(_LANGUAGES, "")
    language = named if named and is_language(named) else None
    others = {"languages": named} if named and language is None else None
    collector.add(
        frame.position,
        text,
        url=fields.get("warc-target-uri"),
        timestamp=fields.get("warc-date"),
        language=language,
        metadata=orjson.dumps(others).decode() if others else None,
    )
