"""How shards that lie elsewhere are kept on local disk."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.loaders.whole_numbers import whole

MIN_BYTES = 16 << 20
"""Some record batches of a usual corpus: 2 MB each."""
MAX_READERS = 256


def _default_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "haybale", "loader")


@dataclass(frozen=True)
class Cache:
    """The cache of a remote corpus; several processes and corpora may share one folder.

    Attributes:
        folder: On a local disk; by default `haybale/loader` below the user's cache folder.
        max_bytes: What the record batches in the folder may take; those used longest ago make
            room. Metadata (`corpora/` below the folder) come on top.
        readers: Requests at a time, of each process.

    Raises:
        RecipeError: If a setting cannot be right.
    """

    folder: str | Path = field(default_factory=_default_folder)
    max_bytes: int = 16 << 30
    readers: int = 16

    def __post_init__(self) -> None:
        if "://" in str(self.folder) or not isinstance(self.folder, str | Path):
            raise RecipeError(f"cache: expected a folder on a local disk, found {self.folder!r}")
        for name in ("max_bytes", "readers"):
            object.__setattr__(self, name, whole(f"cache.{name}", getattr(self, name)))
        if self.max_bytes < MIN_BYTES:
            raise RecipeError(
                f"cache: expected max_bytes of {MIN_BYTES:,} or more, found {self.max_bytes:,}"
            )
        if not 1 <= self.readers <= MAX_READERS:
            raise RecipeError(
                f"cache: expected 1 to {MAX_READERS} readers, found {self.readers}; 16 fill most "
                "links"
            )
