"""What is known of a stored file without opening it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredFile:
    """A file that a listing names.

    Attributes:
        path: Its full path on its store.
        num_bytes: Size.
        modified: Time of its last change in nanoseconds, by the store's clock; 0 where it tells
            none.
    """

    path: str
    num_bytes: int
    modified: int
