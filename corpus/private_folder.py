"""A folder of this user's own, in a place where every user may make folders."""

import os
import stat
import tempfile
from pathlib import Path

from haybale.corpus.disk_errors import disk_errors
from haybale.corpus.errors import RecipeError


def private_folder(name: str) -> Path:
    """The folder of this name in the computer's place for temporary files, made if need be.

    The name can be guessed, so another user may have been there first: to read what is written,
    to change it, or to have files deleted where a link leads. A folder of this user's own that
    others can read, as haybale once made them, is closed to them.

    Raises:
        RecipeError: If it is a link or no folder, another user's, or others may write there.
    """
    path = Path(tempfile.gettempdir(), name)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            found = _described(path.lstat())
            if found is not None:
                raise RecipeError(
                    f"{path}: expected a folder of user {os.getuid()} that others cannot write to "
                    f"(mode 700), found {found}; remove it, or set TMPDIR to a folder of your own"
                ) from None
            path.chmod(0o700)
    return path


def _described(found: os.stat_result) -> str | None:
    """What is wrong with it; None: nothing."""
    if stat.S_ISLNK(found.st_mode):
        return "a link"
    if not stat.S_ISDIR(found.st_mode):
        return "a file"
    if found.st_uid != os.getuid():
        return f"a folder of user {found.st_uid}"
    mode = stat.S_IMODE(found.st_mode)
    return f"mode {mode:03o}" if mode & 0o022 else None
