"""The process that runs a supervised verb: a fork that ends as a program of its own would.

But for one thing: it does not wait for threads, whether they are daemons or not.
"""

import atexit
import contextlib
import logging
import multiprocessing.util
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import NoReturn, TextIO

from haybale.pipeline.units.child import die_with

_UNWRITTEN = 120
"""Python's exit code where the work went well and what is left to be written cannot be."""

SAME_SECONDS = 1.0
"""Within so long a second SIGINT is the first again: from the terminal, and passed on."""


def run_and_exit(
    verb: Callable[[], int], parent: int, asking: Iterable[int], mask: Iterable[int]
) -> NoReturn:
    """Run a verb in this fork, then what is to be done at its exit, and end.

    Args:
        verb: Returns an exit code.
        parent: The process that this was forked from; it is not outlived.
        asking: Signals that ask to end: the verb is left with `SystemExit`, and the process dies
            of the signal at last, unless the verb came to its own end all the same. Those that are
            ignored stay ignored.
        mask: Signals to block from the moment that they can be handled.
    """
    die_with(parent)
    _forget_exit_of_parent()
    asked: list[int] = []

    def end(number: int, _: object) -> None:
        for one in asking:
            signal.signal(one, signal.SIG_IGN)  # it comes from whoever asked and from the parent
        asked.append(number)
        raise SystemExit(128 + number)

    for number in asking:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _Interrupt())
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            code = verb()
            asked.clear()  # what was raised got lost, as in a `__del__`: the work is done
        except BaseException as error:
            code = _code_of_exit(error)
        atexit._run_exitfuncs()
    except BaseException as error:  # of an exit function, or a signal at the wrong moment
        code = _code_of_exit(error)
    written = [_written(stream) for stream in (sys.stdout, sys.stderr)]
    if not all(written):
        code = code or _UNWRITTEN
    if asked:
        signal.signal(asked[0], signal.SIG_DFL)
        os.kill(os.getpid(), asked[0])
    os._exit(code & 0xFF)


def _forget_exit_of_parent() -> None:
    """What was registered before the fork is the parent's to do, as is the case with threads.

    Of libraries only these two are loaded by then, and keep things to be tidied up.
    """
    atexit._clear()
    multiprocessing.util._finalizer_registry.clear()  # type: ignore[attr-defined]
    atexit.register(logging.shutdown)
    atexit.register(multiprocessing.util._exit_function)  # type: ignore[attr-defined]


class _Interrupt:
    """Handler of SIGINT: interrupts, unless it did so just now."""

    def __init__(self) -> None:
        self._last_time = -SAME_SECONDS

    def __call__(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if now - self._last_time < SAME_SECONDS:
            return
        self._last_time = now
        raise KeyboardInterrupt


def _written(stream: TextIO) -> bool:
    """Write what is left of a stream; returns False if that cannot be, and says so."""
    try:
        stream.flush()
    except BrokenPipeError:  # nobody reads any more
        return True
    except OSError as error:
        with contextlib.suppress(OSError):  # it may be this stream, or as full
            print(f"haybale: output could not be written: {error}", file=sys.stderr)
        return False
    return True


def _code_of_exit(error: BaseException) -> int:
    """The exit code of a program that ends with this, by Python's rules."""
    if not isinstance(error, SystemExit):
        traceback.print_exception(error)
        return 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return 1
