"""Faults of a build, injected from outside: into its process by what Python lets anyone hook into.

A fault has its moment: the so-and-so-many-th file that the build is about to create or rename, or a
time. Nothing in the package knows of it.
"""

import ctypes
import errno
import os
import random
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

IN_DRIVER = ("kill", "crash", "full_disk", "cut_write", "bad_read")
"""Kinds that end the build's process, or the build: SIGKILL, a segmentation fault, a disk that is
full when a file is to be created, one that is full in the middle of a file, a read error."""
FROM_OUTSIDE = ("kill_any_time", "kill_worker", "rival", "leftovers")
"""SIGKILL at any time; SIGKILL of a worker process; a second build on the same folder; what killed
builds may leave in the folder for temporary files."""
KINDS = (*IN_DRIVER, *FROM_OUTSIDE)


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        kind: Of KINDS.
        event: At which creation or renaming of a file.
        seconds: When, for kinds that have a time instead.
    """

    kind: str
    event: int
    seconds: float


class EventCounter:
    """Counts files that are created or renamed below a folder, and acts at one of them.

    Args:
        output: The folder.
        fault: What happens; None: counting only.
        fired: Called at the moment, before anything happens.
    """

    def __init__(self, output: Path, fault: Fault | None, fired: Callable[[], None]) -> None:
        self.count = 0
        self._root = str(output)
        self._fault, self._fired = fault, fired
        self._failing = False
        sys.addaudithook(self._hook)

    def _hook(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            if not writes or not str(path).startswith(self._root):
                return
        elif name != "os.rename" or not str(arguments[1]).startswith(self._root):
            return
        self.count += 1
        if self._fault is None:
            return
        if self.count == self._fault.event:
            self._fired()
            self._act(self._fault.kind)
        if self._failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._root)

    def _act(self, kind: str) -> None:
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif kind == "crash":
            ctypes.string_at(0)
        elif kind == "full_disk":
            self._failing = True
        elif kind == "cut_write":
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
        elif kind == "bad_read":
            _BadFile.broken = True


def end_cut_writes() -> None:
    """Have files of this process grow beyond 100 bytes again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class _BadFile(pa.OSFile):  # type: ignore[misc]
    """A file on a disk that has begun to fail."""

    broken = False

    def read(self, *arguments: Any) -> bytes:
        if _BadFile.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return bytes(super().read(*arguments))


def prepare_reading() -> None:
    """Have every file of this process opened as one that can fail."""
    pa.OSFile = _BadFile


def kill_worker_after(seconds: float, rng: random.Random, fired: Callable[[], None]) -> None:
    """Kill one of this process's children, once there are any and some time has gone by."""

    def wait() -> None:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        while not children.read_text().split():
            time.sleep(0.05)
        time.sleep(seconds)
        if found := children.read_text().split():
            fired()
            os.kill(int(rng.choice(found)), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def leave_remains(output: Path, rng: random.Random) -> None:
    """Plant what killed builds may leave: half files of any name, where temporary files are."""
    files = [path for path in output.rglob("*") if path.is_file()]
    temporary = output / "run" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    for path in rng.sample(files, min(5, len(files))):
        data = path.read_bytes()
        name = str(path.relative_to(output)).replace("/", ".")
        (temporary / f"{name}.{rng.getrandbits(48):012x}").write_bytes(data[: len(data) // 2])
    (temporary / "tmpscratch").mkdir(exist_ok=True)
    (temporary / "tmpscratch" / "rows").write_bytes(b"\0" * 100)
