"""Stopping between two steps: what a user's Ctrl-C or a machine about to be taken away asks for."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from haybale.corpus.errors import HaybaleError


class TrainingStopped(HaybaleError):
    """A run that was asked to stop, and did so after a step and its checkpoint."""


class StopRequest:
    """Whether, and by what, this process was asked to stop.

    Attributes:
        name: Of the signal; None until one comes.
    """

    def __init__(self) -> None:
        self.name: str | None = None

    def take(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal. A second Ctrl-C does not wait for the step.

        A second SIGTERM changes nothing: schedulers send it to `torchrun` and its processes alike,
        and `torchrun` passes it on.
        """
        if self.name and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.name = signal.Signals(number).name


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Take SIGTERM and SIGINT, within the block, as a wish to stop after the step under way.

    A signal that this process was started to ignore stays ignored. Only a main thread can take
    signals; elsewhere none is taken.
    """
    request = StopRequest()
    known = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                known[number] = signal.signal(number, request.take)
    try:
        yield request
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)
