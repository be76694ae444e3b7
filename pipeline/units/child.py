"""A Python process beside this one: started with one thread, talked to, and outlived by nobody."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Environment of a process of which there is one for each core: its kernels share nothing out."""

CRASHES = (
    signal.SIGSEGV,
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGILL,
    signal.SIGFPE,
    signal.SIGPROF,  # more processor time than any document needs, see `guard`
)
"""Signals of a process that a document or a library brought down."""

_PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass(frozen=True)
class Death:
    """How a process ended that should not have.

    Attributes:
        code: Its exit code; negative: the signal.
    """

    code: int

    def __str__(self) -> str:
        if self.code < 0:
            return f"died of {signal_name(-self.code)}"
        return f"ended with exit code {self.code}"

    @property
    def of_document(self) -> bool:
        """Whether what it worked on may have done it, and not the system, short of memory, say."""
        return self.code >= 0 or -self.code in CRASHES

    @property
    def advice(self) -> str:
        """What the user can do about it."""
        if self.code == -signal.SIGKILL:
            return (
                "the system kills so when memory runs out: give fewer --workers, "
                "or smaller parts (ingest.part_bytes)"
            )
        return "this is a defect of haybale or of a library: please report it"


class Child:
    """Runs a module that calls `connect_to_parent`.

    Args:
        module: Its name.

    Attributes:
        connection: To it.
        pid: Of it.
    """

    def __init__(self, module: str) -> None:
        self.connection, theirs = Pipe()
        with theirs:
            self._running = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno()), str(os.getpid())],
                env=os.environ | ONE_THREAD,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.pid = self._running.pid

    def send(self, message: Any) -> None:
        """Send it something; a dead one is noticed by who receives."""
        with contextlib.suppress(OSError):
            self.connection.send(message)

    def death(self) -> Death:
        """How it ended, once its end of the connection is closed."""
        return Death(self._running.wait())

    def end(self) -> None:
        """Kill it: what it has not committed is done again."""
        self.connection.close()
        self._running.kill()
        self._running.wait()


def signal_name(number: int) -> str:
    """A signal's name; those for real time have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def connect_to_parent() -> Connection:
    """The child's end of the connection; to be called first of all in a child.

    The child then dies with its parent, leaves Ctrl-C to it, prints to standard error, and Arrow's
    threads in it are one.
    """
    import pyarrow as pa

    descriptor, parent = (int(argument) for argument in sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)
    os.dup2(2, 1)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    return Connection(descriptor)


def die_with(parent: int) -> None:
    """Have this process killed when its parent ends; elsewhere than on Linux it ends its work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it has ended already
