"""WARC records of a span of a file: where each begins, its fields, its content if it is wanted.

A file is plain, or compressed record by record, each a member of its own that can be found from
anywhere; its records' positions are offsets in the file.

Or a file is compressed whole, or in blocks that end within records: then positions count
decompressed bytes, and the span with which the file begins reads all of it. So it is read where the
first member holds more than a record, or less and the next one goes on with it.

Damage costs a record itself: reading goes on at the next place that holds one.
"""

from collections.abc import Callable, Iterator

from haybale.pipeline.sources.source_digest import SourceFile
from haybale.pipeline.sources.span import Covered, Span
from haybale.pipeline.sources.warc_members import compression_of_bytes
from haybale.pipeline.sources.warc_packed import PackedRecords
from haybale.pipeline.sources.warc_plain import PlainRecords
from haybale.pipeline.sources.warc_record import Damage, Frame, RecordTaking
from haybale.pipeline.sources.warc_whole import is_compressed_whole, whole_records
from haybale.pipeline.sources.zstd_padding import has_dictionary

_NEEDS_DICTIONARY = (
    "the archive is compressed with a zstd dictionary of its own, which is not read; compress its "
    "records again without one"
)


class WarcFrames:
    """Records and damage of a span, in order.

    Args:
        file: At random access.
        span: Of it.
        wants: By its fields, whether a record's content is wanted.
        max_bytes: Longer content is not kept.

    Attributes:
        covered: What was taken of the span, once all is read; None: nothing.
    """

    def __init__(
        self,
        file: SourceFile,
        span: Span,
        wants: Callable[[dict[str, str]], bool],
        max_bytes: int,
    ) -> None:
        self._file, self._span = file, span
        self._taking = RecordTaking(wants, max_bytes)
        self.covered: Covered | None = None

    def __iter__(self) -> Iterator[Frame | Damage]:
        num_bytes = self._file.size()
        if not num_bytes:
            return
        compression, begin = compression_of_bytes(self._file)
        if compression is None:
            self.covered = yield from PlainRecords(self._file, self._taking).of(self._span)
        elif compression == ".zst" and has_dictionary(self._file, begin):
            if not self._span.start:
                yield Damage(0, num_bytes, "needs_dictionary", _NEEDS_DICTIONARY)
                self.covered = Covered(0, num_bytes)
        elif is_compressed_whole(self._file, compression, begin, self._taking):
            if not self._span.start:
                yield from whole_records(self._file, compression, begin, self._taking)
                self.covered = Covered(0, num_bytes)
        else:
            records = PackedRecords(self._file, compression, self._taking)
            self.covered = yield from records.of(self._span)
