"""One build at a time in an output folder."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.storage import Folder
from haybale.pipeline.locking.claims import AT_WORK, OR_ELSEWHERE, claimed
from haybale.pipeline.locking.owner import Owner

LOCK_PATH = "run/lock"


class BuildLock(Protocol):
    """What keeps other builds out."""

    def check(self) -> None:
        """Make sure that the folder is still ours.

        Raises:
            ManifestMismatchError: If another build took it over.
        """


class _FileLock:
    """Held by the operating system as long as the process lives."""

    def check(self) -> None:
        """See `BuildLock`: nobody can take it over."""


@contextlib.contextmanager
def locked(
    folder: Folder, say: Callable[[str], None] = print, *, advice: str = OR_ELSEWHERE
) -> Iterator[BuildLock]:
    """Keep a second build out of a folder.

    Locally the lock ends with its process, however that ends; for object stores see
    `haybale.pipeline.locking.claims`.

    Args:
        folder: The output folder.
        say: Called with a line for people, if the folder is taken over from a dead build.
        advice: What else can be done than to wait.

    Raises:
        ManifestMismatchError: If another build is at work there.
    """
    if not folder.is_local:
        with claimed(folder, say, advice=advice) as claim:
            yield claim
        return
    import fcntl

    with folder.local_path(LOCK_PATH).open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = Owner.from_bytes(file.read())
            raise ManifestMismatchError(
                f"{folder.uri}: {AT_WORK}, {owner}; wait for it to end{advice}"
            ) from None
        file.truncate(0)
        file.write(canonical_json(vars(Owner.this_process())))
        file.flush()
        yield _FileLock()
