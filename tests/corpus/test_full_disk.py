import errno
import os
import subprocess

import pytest

from haybale.corpus.errors import RecipeError, StorageError
from haybale.corpus.storage import Folder


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_on_a_full_disk_there_is_one_clear_line_no_half_file_and_a_way_on(small_disk):
    folder = Folder(small_disk / "out")
    (small_disk / "ballast").write_bytes(bytes(40_000))
    said = r"out/run/tmp: the disk is full \(\d+\.\d MB free\); make room and start again"
    for _ in range(2):
        with pytest.raises(StorageError, match=said):
            folder.commit_bytes("a", bytes(50_000))
    with pytest.raises(StorageError, match=said), folder.scratch() as scratch:
        (scratch / "large").write_bytes(bytes(50_000))
    assert folder.list() == []
    (small_disk / "ballast").unlink()
    folder.commit_bytes("a", bytes(50_000))
    assert folder.list() == ["a"]


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.ENOSPC, StorageError, "the disk is full"),
        (errno.EDQUOT, StorageError, "the disk quota is used up"),
        (errno.EIO, StorageError, "cannot be written: Input/output error; check the disk"),
        (errno.EROFS, RecipeError, "may not be written"),
    ],
)
@pytest.mark.parametrize("operation", ["open", "write", "flush", "replace"])
def test_what_a_disk_says_while_writing_is_one_clear_line(
    number, kind, said, operation, tmp_path, monkeypatch
):
    from pathlib import Path

    folder = Folder(tmp_path / "out")
    folder.commit_bytes("a", b"before")
    error = OSError(number, os.strerror(number), "disk")

    class Disk:
        def __init__(self, raw):
            self.raw = raw

        def __getattr__(self, name):
            return getattr(self.raw, name)

        def write(self, data):
            if operation == "write":
                raise error
            return self.raw.write(data)

        def flush(self):
            if operation == "flush":
                raise error
            self.raw.flush()

    opened, replaced = Path.open, Path.replace

    def open_(path, mode="r", **options):
        if operation == "open" and mode == "wb":
            raise error
        raw = opened(path, mode, **options)
        return Disk(raw) if mode == "wb" else raw

    def replace(path, target):
        if operation == "replace":
            raise error
        return replaced(path, target)

    monkeypatch.setattr(Path, "open", open_)
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(kind, match=said):
        folder.commit_bytes("a", b"after")
    monkeypatch.undo()
    assert folder.read("a") == b"before"
    assert folder.list() == ["a"]


def test_a_disk_that_fails_once_is_read_again_and_one_that_goes_on_failing_is_named(
    tmp_path, monkeypatch
):
    import pyarrow as pa

    from haybale.corpus import local_store, storage
    from haybale.corpus.patience import Patience

    (tmp_path / "a").write_bytes(b"hay")
    faults = [errno.EIO]
    opened = pa.OSFile

    def failing(path, mode):
        if faults:
            raise OSError(faults.pop(), "Input/output error")
        return opened(path, mode)

    monkeypatch.setattr(local_store.pa, "OSFile", failing)
    monkeypatch.setattr(local_store, "DISK", Patience(3, 0.0, 0.0))
    assert storage.open_input(str(tmp_path / "a")).read() == b"hay"
    faults[:] = [errno.EIO] * 3
    with pytest.raises(StorageError, match=r"/a: cannot be read, given up after 3 tries.*Input"):
        storage.open_input(str(tmp_path / "a"))
