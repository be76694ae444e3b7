"""A piece of a file that one part reads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Bytes of a file, as it lies in its storage; the records that begin in them belong to it.

    Attributes:
        start: First byte.
        stop: Behind the last byte.
        begin: Where its first record begins, or the first record after it, as far as that is known;
            None: the reader looks for it from `start` on.
    """

    start: int
    stop: int
    begin: int | None = None

    @property
    def first(self) -> int | None:
        """Where its first record begins, as far as that is known: a file begins with a record."""
        return 0 if self.start == 0 else self.begin


WHOLE_FILE = Span(0, 1 << 63)
"""Of any file."""


@dataclass(frozen=True)
class Covered:
    """What a reader that had to look for its first record took of a span.

    Attributes:
        begin: Where its first record begins.
        end: Where the record behind its last one begins, or the file ends.
    """

    begin: int
    end: int
