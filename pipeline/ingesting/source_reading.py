"""Reads an input file, or a piece of it, for a part; notices if it is not what was planned."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.extensions import calling
from haybale.corpus.listing import InputFile, match_file
from haybale.pipeline.sources import Reader, can_split, module_of, reader_for
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.source_digest import SourceDigest
from haybale.pipeline.sources.span import Covered, Span


class SourceReading:
    """A file on its way through a part.

    Args:
        file: As the plan has it.
        piece: The part's bytes of it; None: all.
        begin: Where the first record of the piece is known to begin.
    """

    def __init__(
        self, file: InputFile, piece: tuple[int, int] | None = None, begin: int | None = None
    ) -> None:
        self.file = file
        self._span = None if piece is None else Span(*piece, begin)
        self._digest = SourceDigest() if piece is None or piece[0] == 0 else None
        self._num_records = 0
        self._covered: Covered | None = None

    def read(self, options: ReadOptions, format_: str | None) -> Iterator[Records]:
        """All records, in order.

        Args:
            options: How to read.
            format_: The subset's, if it names one.

        Raises:
            ManifestMismatchError: If the file changed since the plan was made.
        """
        self._check_unchanged()
        options, reader = replace(options, digest=self._digest), reader_for(self.file.name, format_)
        span = self._span
        if span is None:
            found = partial(reader.read, self.file.path, options)
        else:
            assert can_split(reader, self.file.name), self.file.name
            found = partial(reader.read_span, self.file.path, options, span)
        for records in _named(found, reader, self.file.path):
            self._num_records += records.documents.num_rows
            self._num_records += sum(lost.num_records for lost in records.unreadable)
            self._covered = records.covered or self._covered
            yield records

    def facts(self, num_documents: int) -> dict[str, Any]:
        """What was read, for the manifest and for the parts that go on with the file; JSON.

        Args:
            num_documents: Of its records, those that could be read.

        Raises:
            ManifestMismatchError: If the file changed while it was read.
        """
        digest = None if self._digest is None else self._digest.finish(self.file.path)
        self._check_unchanged()
        facts = {
            "name": self.file.name,
            "bytes": self.file.num_bytes,
            "digest": digest,
            "records": self._num_records,
            "documents": num_documents,
        }
        if self._span is not None:
            covered = self._covered
            facts["covered"] = None if covered is None else [covered.begin, covered.end]
        return facts

    def _check_unchanged(self) -> None:
        found = match_file(self.file.path)
        expected = _described(self.file)
        if found is None or _described(found) != expected:
            there = "no file" if found is None else _described(found)
            raise ManifestMismatchError(
                f"{self.file.path}: expected {expected}, as when the build was begun, found "
                f"{there}; restore the file and its time, or build into another --output"
            )


def _named(read: Callable[[], Iterator[Records]], reader: Reader, path: str) -> Iterator[Records]:
    """What is read; where another package's reader raises, that says whose, and of which file."""
    advice = "what a file holds must not raise: such records are added as unreadable"
    with calling(f"{path}: {reader.NAME}", module_of(reader), advice):
        found = iter(read())
    while True:
        with calling(f"{path}: {reader.NAME}", module_of(reader), advice):
            records = next(found, None)
        if records is None:
            return
        yield records


def _described(file: InputFile) -> str:
    return f"{file.num_bytes} bytes of {file.modified}"
