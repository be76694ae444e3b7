"""A verb in a process of its own, so that what crashes it is said, and it goes on."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial

from haybale.cli.supervised_child import run_and_exit
from haybale.pipeline.units.child import CRASHES, signal_name

MAX_CRASHES = 3
GRACE_SECONDS = 8.0
"""To end in order when asked to; containers are killed 10 seconds after they are asked."""

_ASKING = (signal.SIGTERM, signal.SIGHUP)
_PASSED_ON = (*_ASKING, signal.SIGINT)
_SIGNALLED: dict[int, str] = {
    signal.SIGKILL: "was killed, as systems do when memory runs out: give --max-memory a lower "
    "bound, or fewer --workers; the same command goes on from here",
    signal.SIGTERM: "was asked to end; the same command goes on from here",
    signal.SIGINT: "was interrupted; the same command goes on from here",
    signal.SIGHUP: "lost its terminal; the same command goes on from here",
}


def supervised(verb: Callable[[bool], int]) -> int:
    """Run a verb in a child process; after a crash, once more.

    To be called before anything heavy is imported: the child is a fork.

    Args:
        verb: Given whether it crashed before; returns an exit code.

    Returns:
        The verb's exit code; 128 and the signal's number, if a signal ended it.
    """
    for crashes in range(MAX_CRASHES):
        ended = _Running(partial(verb, crashes > 0)).end()
        if ended >= 0:
            return ended
        name = signal_name(-ended)
        if -ended not in CRASHES:
            print(f"haybale: the build {_SIGNALLED.get(-ended, 'ended')} ({name})", file=sys.stderr)
            return 128 - ended
        if crashes + 1 < MAX_CRASHES:
            print(
                f"haybale: the build crashed ({name}); going on, document by document where it "
                "crashed",
                file=sys.stderr,
            )
    print(
        f"haybale: the build crashed {MAX_CRASHES} times, the last time of {name}; this is a "
        "defect of haybale or of a library: please report it",
        file=sys.stderr,
    )
    return 128 - ended


class _Running:
    """A fork that runs a verb, and gets the signals that are meant for it.

    A terminal sends Ctrl-C to both processes, `kill` to one, and which of these it was cannot be
    told. So each signal is passed on, and the child takes one that comes twice for one.
    """

    def __init__(self, verb: Callable[[], int]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._asked: int | None = None
        # Until both are ready for them, signals wait.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
        parent, self._child = os.getpid(), os.fork()
        if self._child == 0:
            run_and_exit(verb, parent, _ASKING, before)
        # What is ignored, as by `nohup`, is ignored by the child as well.
        heard = [number for number in _PASSED_ON if signal.getsignal(number) != signal.SIG_IGN]
        self._handlers = {number: signal.signal(number, self._pass_on) for number in heard}
        self._handlers[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._kill)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def end(self) -> int:
        """Wait for it; returns its exit code; negative: the signal that ended it."""
        with self._restored():
            _, status = os.waitpid(self._child, 0)
        ended = os.waitstatus_to_exitcode(status)
        # However it ended once it was asked to, that is why.
        return -self._asked if ended < 0 and self._asked is not None else ended

    @contextlib.contextmanager
    def _restored(self) -> Iterator[None]:
        """Leave signals as they were when the block has ended."""
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _pass_on(self, number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended in the meantime
            os.kill(self._child, number)
        if number in _ASKING and self._asked is None:
            self._asked = number
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)

    def _kill(self, number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
