"""Who works in an output folder. Written below `run/` only."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """A process that builds.

    Attributes:
        host: Name of its computer.
        pid: Its number there.
        started: When it began to build, UTC.
        system: The running system in which `pid` means this process; empty where unknown.
        ticks: When the process began, by that system's count; empty where unknown.
    """

    host: str = "an unknown computer"
    pid: int = 0
    started: str = "at an unknown time"
    system: str = ""
    ticks: str = ""

    @classmethod
    def this_process(cls) -> "Owner":
        """The process that asks."""
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return cls(os.uname().nodename, os.getpid(), started, _system(), _ticks(os.getpid()))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Owner":
        """The owner that a file names; an unknown one, where it was not yet written."""
        try:
            return cls(**json.loads(data))
        except (ValueError, TypeError):
            return cls()

    def is_dead(self) -> bool:
        """Whether it certainly has ended: only a process of the same system can know."""
        if not self.system or self.system != _system():
            return False
        if ticks := _ticks(self.pid):
            return ticks != self.ticks
        try:  # where other users' processes are hidden, one that is not seen may well live
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return bool(_ticks(os.getpid()))  # of our own, so it was seen: it has ended

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, begun {self.started}"


def _system() -> str:
    """This start of this kernel, and the space that its process numbers count in."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux
        return ""


def _ticks(pid: int) -> str:
    """When a process began; empty where there is none. Numbers of processes are used again."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]  # a zombie has ended
