"""One build at a time in an output folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.storage import Folder


@contextlib.contextmanager
def locked(folder: Folder) -> Iterator[None]:
    """Keep a second build out of a local folder; the lock ends with its process.

    Raises:
        ManifestMismatchError: If another build is at work there.
    """
    if not folder.is_local:
        yield
        return
    import fcntl

    path = Path(folder.path("run/lock"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ManifestMismatchError(
                f"{folder.uri}: another build is at work in this folder; wait for it to end"
            ) from None
        yield
