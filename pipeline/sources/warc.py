"""WARC archives of web pages: response records, HTML extracted to text, position = WARC offset."""

import io
from collections.abc import Iterator

from fastwarc.warc import ArchiveIterator

from haybale.pipeline.isolation.guard import CRASHED, described
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.span import WHOLE_FILE, Span
from haybale.pipeline.sources.warc_archive import read_archive
from haybale.pipeline.sources.warc_record import Frame
from haybale.quality.extraction import NotTextError, TooLongError

NAME = "warc@1"
SUFFIXES = (".warc",)
DECOMPRESSES = True

NOT_OK = "extraction/http_status@1"
"""Rule: a response of another status than 200 is no page."""
NOT_HTML = "extraction/not_html@1"
"""Rule: a response of another content type than HTML or plain text is no page."""
TOO_LONG = "extraction/too_long@1"
"""Rule: a page is longer than an extractor reads."""
NO_CONTENT = "extraction/no_content@1"
"""Rule: nothing of the page is main content; a page of navigation and notices, say."""

_HTML = ("text/html", "application/xhtml+xml", "text/plain")
_HTTP = "application/http"


def splits(name: str) -> bool:
    """See `haybale.pipeline.sources.SplitReader`."""
    return True


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    return read_archive(path, options, WHOLE_FILE, "response", _add_response)


def read_span(path: str, options: ReadOptions, span: Span) -> Iterator[Records]:
    """Records of a part of a file; see `haybale.pipeline.sources.SplitReader`."""
    return read_archive(path, options, span, "response", _add_response)


def _add_response(collector: RecordCollector, frame: Frame, content: bytes) -> None:
    options, fields = collector.options, frame.fields
    dropped: str | None = NOT_HTML
    text = ""
    if fields.get("content-type", _HTTP).lower().startswith(_HTTP):
        try:
            status, content_type, payload = _parse_http(content, options.max_record_bytes)
        except (OSError, ValueError, AttributeError) as error:
            detail = f"HTTP: {error}"
            collector.add_unreadable(frame.position, "malformed", detail, frame.num_bytes)
            return
        if len(payload) > options.max_record_bytes:
            detail = f"the page unpacks to more than {options.max_record_bytes} bytes"
            collector.add_unreadable(frame.position, "record_too_long", detail, frame.num_bytes)
            return
        try:
            dropped, text = _extract(options, status, content_type, payload)
        except MemoryError:
            raise
        except Exception as error:  # an extractor that crashes at a page costs the page
            detail = described(error)
            collector.add_unreadable(frame.position, CRASHED, detail, frame.num_bytes)
            return
    collector.add(
        frame.position,
        text,
        url=fields.get("warc-target-uri"),
        timestamp=fields.get("warc-date"),
        dropped=dropped,
    )


def _parse_http(content: bytes, max_bytes: int) -> tuple[int | None, str | None, bytes]:
    """Status, content type and decoded body, at most one byte more than allowed."""
    head = (
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
        b"Content-Length: %d\r\n\r\n" % len(content)
    )
    stream = io.BytesIO(b"".join((head, content, b"\r\n\r\n")))
    for record in ArchiveIterator(stream, parse_http=False, stream_detect=False):
        record.parse_http(auto_decode="all")
        payload = record.reader.read(max_bytes + 1)
        return record.http_headers.status_code, record.http_headers.get("Content-Type"), payload
    raise ValueError("no response")


def _extract(
    options: ReadOptions, status: int | None, content_type: str | None, payload: bytes
) -> tuple[str | None, str]:
    """The rule that drops a page, if one does, and its text."""
    if status != 200:
        return NOT_OK, ""
    if content_type is not None and not content_type.strip().lower().startswith(_HTML):
        return NOT_HTML, ""
    try:
        text = options.extract(payload, content_type)
    except TooLongError:
        return TOO_LONG, ""
    except NotTextError:
        return NOT_HTML, ""
    return (None if text.strip() else NO_CONTENT), text
