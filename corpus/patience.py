"""Trying again what may succeed the next time; saying at once what cannot."""

import errno
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from haybale.corpus.errors import RecipeError, StorageError
from haybale.corpus.secrets import redacted

T = TypeVar("T")

REFUSALS = (
    "ACCESS_DENIED",
    "INVALID_ACCESS_KEY_ID",
    "SIGNATURE_DOES_NOT_MATCH",
    "EXPIRED_TOKEN",
    "INVALID_CLIENT_TOKEN_ID",
    "HTTP status 401",
    "HTTP status 403",
    "PERMISSION_DENIED",  # of Google Cloud Storage, as what follows
    "UNAUTHENTICATED",
    "Could not create a OAuth2 access token",
)
"""How the stores' client libraries name what no other attempt mends; all they raise is OSError."""

_NO_BUCKET = ("NO_SUCH_BUCKET", "INVALID_BUCKET_NAME")
_PASSING = {
    errno.EIO,
    errno.EAGAIN,
    errno.EBUSY,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.ECONNRESET,
    errno.EREMOTEIO,
}
"""What a disk, or a file server mounted as one, may say once and not again."""

_random = random.SystemRandom()  # moves nobody's random state


@dataclass(frozen=True)
class Patience:
    """How often something is tried.

    Attributes:
        max_tries: At one operation.
        first_wait_seconds: Before the second try; doubled for each one after.
        max_wait_seconds: Between two tries.
    """

    max_tries: int
    first_wait_seconds: float
    max_wait_seconds: float

    def wait_seconds(self, num_tried: int) -> float:
        """Before the next try: half is fixed, half drawn, so that workers do not return at once."""
        wait = self.first_wait_seconds * 2.0 ** (num_tried - 1)
        return min(wait, self.max_wait_seconds) * _random.uniform(0.5, 1.0)


STORE = Patience(max_tries=10, first_wait_seconds=0.2, max_wait_seconds=20.0)
"""Half a minute to a minute of waiting: longer than a store's slow-downs and restarts, shorter than
anyone wants to look at a build that hangs. The client libraries' own tries come on top."""

DISK = Patience(max_tries=4, first_wait_seconds=0.1, max_wait_seconds=1.0)
"""A bad sector stays bad; a mounted file server may come back."""


def patiently(
    operation: str, place: str, attempt: Callable[[], T], patience: Patience | None = None
) -> T:
    """Try at an object store until it succeeds.

    Args:
        operation: What a message says cannot be done: `read`, `written`, `listed`, `removed`.
        place: The file or folder, for messages.
        attempt: Called again and again; an OSError is what may pass.
        patience: How often; absent: STORE.

    Raises:
        FileNotFoundError: At once, as it came.
        RecipeError: At once, if the store refuses or has no such bucket.
        StorageError: If the last try failed too.
    """
    patience = patience or STORE
    num_tried = 0
    while True:
        num_tried += 1
        try:
            return attempt()
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = reason_of(error)
            if isinstance(error, PermissionError):
                raise RecipeError(
                    f"{place}: may not be {operation}; give this user the right to"
                ) from None
            if any(one in reason for one in REFUSALS):
                raise RecipeError(
                    f"{place}: may not be {operation}, access is refused ({reason}); check the "
                    "credentials in the environment, and that they may do so"
                ) from None
            if any(one in reason for one in _NO_BUCKET):
                raise RecipeError(
                    f"{place}: cannot be {operation}: there is no such bucket; mend its name, or "
                    "make it"
                ) from None
            if not (error.errno is None or error.errno in _PASSING):  # a disk gives a number
                raise StorageError(f"{place}: cannot be {operation}: {reason}") from None
        if num_tried >= patience.max_tries:
            raise StorageError(
                f"{place}: cannot be {operation}, given up after {num_tried} tries; the last said: "
                f"{reason}; see that the place can be reached and start again with the same command"
            )
        time.sleep(patience.wait_seconds(num_tried))


def reason_of(error: BaseException) -> str:
    """What a library said, in one line, without credentials and without numbers of requests."""
    text = " ".join(str(error).split())
    text = re.sub(r" error_info=\{.*", "", text)
    text = re.sub(r" \(Request ID: [^)]*\)", "", text)
    return redacted(text)[:500]
