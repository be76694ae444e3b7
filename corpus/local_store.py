"""Files in this computer's file tree."""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from haybale.corpus.disk_errors import disk_errors
from haybale.corpus.errors import RecipeError, StorageError
from haybale.corpus.patience import DISK, patiently
from haybale.corpus.patient_file import PatientFile
from haybale.corpus.stored import StoredFile

_AHEAD_BYTES = 1 << 20


class LocalStore:
    """Reads through links, which people use for input; never writes or removes through one.

    Args:
        root: Folder that nothing is written outside of.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def stat(self, path: str) -> StoredFile | None:
        """What is known of a file; None where there is none."""
        try:
            found = patiently("read", path, Path(path).stat, DISK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _stored(path, found) if stat.S_ISREG(found.st_mode) else None

    def list(self, path: str, *, recursive: bool = True) -> Iterator[StoredFile]:
        """Files below a folder, in no order; links followed, but never round in a circle.

        A name that is no file of its own (a link to nowhere, say) comes with -1 bytes: only who
        wants that name minds.

        Raises:
            NotADirectoryError: If the path is a file.
            RecipeError: If a folder may not be read.
        """
        yield from self._walk(path, recursive, ())

    def _walk(
        self, path: str, recursive: bool, above: tuple[tuple[int, int], ...]
    ) -> Iterator[StoredFile]:
        try:
            here, entries = patiently(
                "listed", path, lambda: (Path(path).stat(), list(os.scandir(path))), DISK
            )
        except FileNotFoundError:
            return
        except NotADirectoryError:
            if above:
                return  # no longer a folder
            raise
        except StorageError:
            if not above and Path(path).is_file():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from None
            raise
        above = (*above, (here.st_dev, here.st_ino))
        for entry in entries:
            try:
                found = entry.stat()
            except OSError:
                yield StoredFile(entry.path, -1, 0)
                continue
            if stat.S_ISREG(found.st_mode):
                yield _stored(entry.path, found)
            # A folder that is its own ancestor would be listed without end.
            is_new_folder = (
                stat.S_ISDIR(found.st_mode) and (found.st_dev, found.st_ino) not in above
            )
            if is_new_folder and recursive:
                yield from self._walk(entry.path, recursive, above)

    def size(self, path: str) -> int:
        """Bytes of a file; -1 where there is none."""
        found = self.stat(path)
        return -1 if found is None else found.num_bytes

    def open_input(self, path: str) -> pa.NativeFile:
        """Open to be read in order or anywhere, with patience."""
        return pa.PythonFile(
            PatientFile(path, lambda: pa.OSFile(path, "rb"), DISK, _AHEAD_BYTES), mode="r"
        )

    def put(self, source: Path, path: str) -> None:
        """Move a file of the same disk to its final name."""
        final = Path(path)
        with disk_errors(final.parent):
            final.parent.mkdir(parents=True, exist_ok=True)
            self.check_inside(final.parent)
            source.replace(final)

    def remove(self, path: str) -> None:
        """Delete a file or a folder with all below it; of a link, the link."""
        doomed = Path(path)
        self.check_inside(doomed.parent)
        if doomed.is_dir() and not doomed.is_symlink():
            _remove_tree(doomed)
        else:
            doomed.unlink(missing_ok=True)

    def sync(self, paths: Iterable[str]) -> None:
        """Write files and all folders that lead to them from the root through to the disk."""
        folders: set[Path] = set()
        for path in map(Path, paths):
            _sync(path)
            folders.update(path.parents[: len(path.relative_to(self._root).parts)])
        for folder in sorted(folders, reverse=True):
            _sync(folder)

    def check_inside(self, path: Path) -> None:
        """Check that no link leads out of the root.

        Raises:
            RecipeError: If one does; nothing was written.
        """
        found, home = os.path.realpath(path), os.path.realpath(self._root)
        if found != home and not found.startswith(home.rstrip("/") + "/"):
            raise RecipeError(
                f"{path}: leads out of {self._root}, to {found}, by a symbolic link; nothing is "
                "written there: remove the link, or make the whole output folder the link"
            )


def _sync(path: Path) -> None:
    with disk_errors(path):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a disk that cannot do it
                raise
        finally:
            os.close(descriptor)


def _stored(path: str, found: os.stat_result) -> StoredFile:
    return StoredFile(path, found.st_size, found.st_mtime_ns)


def _remove_tree(path: Path) -> None:
    """Two processes may clear one folder at once, so what is gone already is no error."""
    while path.is_dir():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)
