"""A piece of a file as a file of its own: the records that begin in a range of its bytes.

    JSON lines        after the first newline at or behind the start of the range
    the same, packed  the same, where a byte's place is how far the packed file was read for it;
                      such a file is read from its beginning, so a piece costs reading all before
    WARC, WET         from the first record (packed or not) that begins in the range
    Parquet           row groups, which are taken to be of one size

Files of other formats are not cut.
"""

import contextlib
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from haybale.corpus.errors import CorruptInputError
from haybale.corpus.listing import InputFile
from haybale.corpus.storage import open_input
from haybale.pipeline.estimate.archive_starts import archive_start
from haybale.pipeline.estimate.packed_lines import cut_packed_lines
from haybale.pipeline.estimate.ranges import Range
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.sources import reader_for
from haybale.pipeline.sources.compression import compression_of

MAX_SKIPPED_BYTES = 256 << 20
"""Of a packed file of lines no more is read than this: what lies behind is not sampled."""

_SEARCH_BYTES = 1 << 20
_ARCHIVES = ("warc", "wet")
_CUT = ("jsonl", "parquet", *_ARCHIVES)


def can_be_cut(part: Part, format_: str | None) -> bool:
    """Whether pieces of all files of a part can be taken, by their names or the `format`."""
    return all(_kind(file.name, format_) in _CUT for file in part.files)


def can_be_empty(part: Part, format_: str | None) -> bool:
    """Whether a file of no bytes is one of its first file's format."""
    return _kind(part.files[0].name, format_) in ("jsonl", *_ARCHIVES)


def reachable_bytes(part: Part, format_: str | None) -> int:
    """How many bytes of a part's input pieces may be drawn from.

    All, but for one packed file of lines that is longer than MAX_SKIPPED_BYTES.
    """
    if len(part.files) > 1 or not _is_packed_lines(part.files[0].name, format_):
        return part.num_bytes
    return min(part.num_bytes, MAX_SKIPPED_BYTES)


def cut(file: InputFile, ranges: Sequence[Range], format_: str | None) -> None:
    """Cut a file, reading it once.

    Records that lie in damage are left out: the build itself tells of them.

    Args:
        file: Of a part that can be cut.
        ranges: Sorted; none overlaps another.
        format_: The subset's `format`.
    """
    for each in ranges:
        each.target.touch()  # even if nothing begins there
    if _is_packed_lines(file.name, format_):
        with contextlib.suppress(CorruptInputError):
            cut_packed_lines(file, ranges)
        return
    kind = _kind(file.name, format_)
    for each in ranges:
        if kind == "parquet":
            _cut_parquet(file, each)
        else:
            _copy(file, each, archive_start if kind in _ARCHIVES else _line_start)


def _kind(name: str, format_: str | None) -> str:
    return reader_for(name, format_).NAME.partition("@")[0]


def _is_packed_lines(name: str, format_: str | None) -> bool:
    return _kind(name, format_) == "jsonl" and compression_of(name) is not None


def _copy(file: InputFile, cut_range: Range, begin: Callable[[pa.NativeFile, int], int]) -> None:
    """Stored bytes as they are, from where the first record begins."""
    with open_input(file.path) as source, cut_range.target.open("wb") as target:
        start, stop = (begin(source, at) for at in (cut_range.start, cut_range.stop))
        source.seek(start)
        while start < stop and (block := source.read(min(_SEARCH_BYTES, stop - start))):
            target.write(block)
            start += len(block)


def _line_start(source: pa.NativeFile, at: int) -> int:
    """Where the first line begins that begins at a place or behind it."""
    if at == 0:
        return 0
    source.seek(at - 1)
    at -= 1
    while block := source.read(_SEARCH_BYTES):
        if found := block.find(b"\n") + 1:
            return int(at + found)
        at += len(block)
    return at


def _cut_parquet(file: InputFile, cut_range: Range) -> None:
    """Row groups by their number: the k-th of n is taken to begin k / n into the file."""
    with open_input(file.path) as source:
        stored = pq.ParquetFile(source)
        count = stored.num_row_groups
        chosen = [
            number
            for number in range(count)
            if cut_range.start <= number * file.num_bytes // count < cut_range.stop
        ]
        codec = stored.metadata.row_group(0).column(0).compression if count else "NONE"
        with pq.ParquetWriter(cut_range.target, stored.schema_arrow, compression=codec) as target:
            for number in chosen:
                target.write_table(stored.read_row_group(number))
