"""Arrow IPC, files and streams: one row a document, position = row.

Of a file the record batches can be read apart. What a batch expands to is read before the batch
is, and each is checked in full before a value of it is touched.
"""

from collections.abc import Iterator

from haybale.corpus.storage import open_input
from haybale.pipeline.sources.arrow_file import MAGIC, read_file
from haybale.pipeline.sources.arrow_stream import read_streams
from haybale.pipeline.sources.collector import RecordCollector
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.span import WHOLE_FILE, Span

NAME = "arrow@1"
SUFFIXES = (".arrow", ".arrows", ".ipc", ".feather")


def splits(name: str) -> bool:
    """See `haybale.pipeline.sources.SplitReader`."""
    return name.lower().endswith(SUFFIXES)


def read(path: str, options: ReadOptions) -> Iterator[Records]:
    """Records of one file; see `haybale.pipeline.sources.Reader`."""
    yield from read_span(path, options, WHOLE_FILE)


def read_span(path: str, options: ReadOptions, span: Span) -> Iterator[Records]:
    """Records of the batches that begin in a span; streams are its first one's."""
    collector = RecordCollector(options)
    with open_input(path) as file:
        if file.size() == 0:
            return
        if file.read(len(MAGIC)) == MAGIC:
            yield from read_file(collector, file, span)
        elif span.start == 0:
            yield from read_streams(collector, file)
    yield from collector.rest()
