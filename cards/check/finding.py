"""One thing that is wrong with a card."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """See the module; printed on one line.

    Attributes:
        file: Where, relative to the folder that was checked.
        expected: What should be there.
        found: What is.
        advice: What to do.
    """

    file: str
    expected: str
    found: str
    advice: str

    def __str__(self) -> str:
        line = f"{self.file}: expected {self.expected}, found {self.found}; {self.advice}"
        return " ".join(line.split())


REBUILD = "make the card again: haybale card build"
RESTORE = "restore the file from a copy, or make the card again: haybale card build"
EDITED = "the file was edited by hand: make the card again with haybale card build"
REPORT = "haybale writes no such card by itself: if nobody edited it, please report this"
