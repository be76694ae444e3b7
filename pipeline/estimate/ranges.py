"""A range of a file's bytes, to be cut out."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Range:
    """Bytes of a file, as stored, and where the records that begin in them go.

    Attributes:
        start: First byte.
        stop: The byte after the last.
        target: A local file.
    """

    start: int
    stop: int
    target: Path
