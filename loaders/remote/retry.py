"""Trying again: how often, how long after, and what to say when it was in vain."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from haybale.corpus.digests import derive_seed
from haybale.loaders.remote.transport import RemoteError, TransientError

T = TypeVar("T")


class ClosedError(Exception):
    """The store was closed while a request waited for its next attempt."""


@dataclass(frozen=True)
class RetryPolicy:
    """How patient a reader is.

    Attributes:
        max_attempts: At one request.
        first_wait_seconds: Before the second attempt; doubled for each one after.
        max_wait_seconds: Between two attempts, unless the server asks for more.
        attempt_seconds: That one attempt may take, over HTTP.
        total_seconds: After which no attempt at a request is begun.
    """

    max_attempts: int = 20
    first_wait_seconds: float = 0.1
    max_wait_seconds: float = 15.0
    attempt_seconds: float = 60.0
    total_seconds: float = 180.0

    def wait_seconds(self, what: str, attempt: int) -> float:
        """Before the attempt after this one, the first being 1.

        Half is fixed and half is jitter, so that readers and ranks that failed together do not
        come back together. The jitter is hashed, not drawn: nobody's random state moves.
        """
        limit = min(self.max_wait_seconds, self.first_wait_seconds * 2.0 ** (attempt - 1))
        hashed = derive_seed(attempt, os.uname().nodename, os.getpid(), what)
        return limit * (0.5 + hashed / 2**65)


class Retries:
    """Makes attempts until one succeeds, and counts.

    Args:
        policy: How patient.

    Attributes:
        num_retries: Attempts beyond each request's first.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy
        self.num_retries = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def run(self, what: str, attempt: Callable[[], T]) -> T:
        """The result of the first attempt that raises no TransientError.

        Args:
            what: That is attempted, for messages.
            attempt: Called again and again.

        Raises:
            RemoteError: If the policy's patience is at an end.
            ClosedError: If `close` was called meanwhile.
        """
        begun, number = time.monotonic(), 0
        while True:
            number += 1
            try:
                return attempt()
            except TransientError as failure:
                wait = max(self.policy.wait_seconds(what, number), failure.wait_seconds)
                reason = str(failure)
            elapsed = time.monotonic() - begun
            if number >= self.policy.max_attempts or elapsed + wait > self.policy.total_seconds:
                raise RemoteError(
                    f"{what}: given up after {number} attempts in {elapsed:.1f} seconds, the last: "
                    f"{reason}; see that the server is reachable and start again, the position is "
                    "kept"
                )
            if self._closed.wait(wait):
                raise ClosedError
            self.count()

    def count(self) -> None:
        """Count a retry that was made for another reason than a TransientError."""
        with self._lock:
            self.num_retries += 1

    def close(self) -> None:
        """End every wait: their requests raise ClosedError."""
        self._closed.set()
