"""Reads remote files with patience, and says in the project's words what cannot be read."""

import threading

from haybale.corpus.errors import CorruptShardError
from haybale.loaders.remote.retry import Retries, RetryPolicy
from haybale.loaders.remote.transport import RemoteError, open_transport, shown

ADVICE = "restore it from a copy or upload it again"


class RemoteReader:
    """Reads below one remote folder; from several threads at a time.

    Args:
        uri: See `open_transport`.
        policy: How patient it is.

    Attributes:
        retries: Its attempts.
        num_requests: Attempts in all.
        num_bytes: That arrived.
    """

    def __init__(self, uri: str, policy: RetryPolicy) -> None:
        self.uri = shown(uri)
        self.retries = Retries(policy)
        self.num_requests = self.num_bytes = 0
        self._transport = open_transport(uri, policy.attempt_seconds)
        self._lock = threading.Lock()

    def path(self, name: str) -> str:
        """A file, for messages."""
        return f"{self.uri}/{name}"

    def size(self, name: str) -> int:
        """Bytes of a file; raises as `read` does, but FileNotFoundError where there is none."""

        def attempt() -> int:
            self._count(0)
            return self._transport.size(name)

        try:
            return self.retries.run(self.path(name), attempt)
        except EOFError:
            return 0
        except PermissionError as error:
            raise self._refused(name, error) from None

    def read(self, name: str, start: int, length: int) -> memoryview:
        """Exactly these bytes of a file.

        Raises:
            CorruptShardError: If there is no such file, or it ends before.
            RemoteError: If the server refuses, or does not answer after every attempt.
        """

        def attempt() -> memoryview:
            self._count(0)
            return self._transport.read(name, start, length)

        try:
            data = self.retries.run(self.path(name), attempt)
        except FileNotFoundError:
            raise CorruptShardError(
                f"{self.path(name)}: expected a file, found none; {ADVICE}"
            ) from None
        except EOFError as error:
            raise CorruptShardError(
                f"{self.path(name)}: expected {start + length} bytes or more, found {error}; "
                f"{ADVICE}"
            ) from None
        except PermissionError as error:
            raise self._refused(name, error) from None
        self._count(len(data), 0)
        return data

    def close(self) -> None:
        """End the waits between attempts."""
        self.retries.close()

    def _refused(self, name: str, error: PermissionError) -> RemoteError:
        return RemoteError(
            f"{self.path(name)}: access is refused ({error}); check the credentials and that they "
            "may read this folder"
        )

    def _count(self, num_bytes: int, num_requests: int = 1) -> None:
        with self._lock:
            self.num_bytes += num_bytes
            self.num_requests += num_requests
