"""A verb in a process of its own, so that what crashes it is said, and it goes on."""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial

from haybale.pipeline.units.child import CRASHES, die_with

MAX_CRASHES = 3


def supervised(verb: Callable[[bool], int]) -> int:
    """Run a verb in a child process; after a crash, once more.

    To be called before anything heavy is imported: the child is a fork.

    Args:
        verb: Given whether it crashed before; returns an exit code.

    Returns:
        The verb's exit code; 128 and the signal's number, if a signal ended it.
    """
    for crashes in range(MAX_CRASHES):
        ended = _run(partial(verb, crashes > 0))
        if ended >= 0:
            return ended
        number = signal.Signals(-ended)
        name = number.name
        if number not in CRASHES:
            print(f"haybale: the build {_SIGNALLED.get(number, 'ended')} ({name})", file=sys.stderr)
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


_SIGNALLED = {
    signal.SIGKILL: "was killed, as systems do when memory runs out: give --max-memory a lower "
    "bound, or fewer --workers; the same command goes on from here",
    signal.SIGTERM: "was asked to end; the same command goes on from here",
    signal.SIGINT: "was interrupted; the same command goes on from here",
    signal.SIGHUP: "lost its terminal; the same command goes on from here",
}


def _run(verb: Callable[[], int]) -> int:
    """Exit code of a fork that runs the verb; negative: the signal that ended it."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        die_with(parent)
        os._exit(_code_of(verb))
    handlers = {
        number: signal.signal(number, lambda number, _: os.kill(child, number))
        for number in (signal.SIGTERM, signal.SIGHUP)
    }
    # Ctrl-C reaches the whole group, and the child says what there is to say.
    handlers[signal.SIGINT] = signal.signal(signal.SIGINT, _pass_on(child))
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return os.waitstatus_to_exitcode(status)


def _pass_on(child: int) -> Callable[[int, object], None]:
    """A handler of SIGINT: the terminal sends it to both, `kill` only to this process."""

    def handle(number: int, _: object) -> None:
        try:
            both = os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        except (OSError, ValueError):
            both = False
        if not both:
            os.kill(child, number)

    return handle


def _code_of(verb: Callable[[], int]) -> int:
    try:
        code = verb()
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    return code
