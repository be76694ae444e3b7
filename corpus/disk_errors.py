"""What a disk says, turned into what the user can do."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from haybale.corpus.errors import RecipeError, StorageError

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


@contextlib.contextmanager
def disk_errors(folder: str | os.PathLike[str]) -> Iterator[None]:
    """While something is written below a local folder.

    Raises:
        StorageError: If the disk is full, or fails.
        RecipeError: If this user may not write there.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(
                f"{folder}: {_FULL[error.errno]} ({free_bytes(folder) / 1e6:,.1f} MB free); make "
                "room and start again with the same command, which goes on from here"
            ) from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise RecipeError(
                f"{error.filename or folder}: may not be written ({error.strerror}); give this "
                "user the right to, or choose another folder"
            ) from None
        if error.errno in (errno.EIO, errno.ESTALE, errno.EREMOTEIO):
            raise StorageError(
                f"{error.filename or folder}: cannot be written: {error.strerror}; check the disk "
                "and start again with the same command, which goes on from here"
            ) from None
        raise


def free_bytes(folder: str | os.PathLike[str]) -> int:
    """What is left on the disk of a folder, which may be yet to be made."""
    path = Path(folder).absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
