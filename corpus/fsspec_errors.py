"""What the packages behind fsspec raise, turned into what `haybale.corpus.patience` understands.

Each has exceptions of its own: aiohttp's and Azure's are no OSError, the Hub's is one with an HTTP
answer in it, and some call a file missing because the server did not answer.
"""

import contextlib
from collections.abc import Iterator

from haybale.corpus.errors import HaybaleError, RecipeError, StorageError
from haybale.corpus.patience import reason_of

_ABSENT = (404, 410)
_REFUSED = (401, 403)
_PASSING = (408, 409, 425, 429)
"""Timeout, conflict, too early, too many requests: of 400 to 499, what may be granted later."""

_NO_FILE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
_FAULTS = (TypeError, AttributeError, AssertionError, NameError, MemoryError)
"""Of a program, ours or a package's; no try mends them."""


@contextlib.contextmanager
def store_errors(place: str) -> Iterator[None]:
    """While a client of fsspec works.

    Args:
        place: The file or folder, for messages.

    Raises:
        FileNotFoundError: If the store says that there is none.
        PermissionError: If it says that it is another's.
        OSError: On what may pass, and, as `HTTP status 403`, on what is refused.
        StorageError: On an answer that will be the same the next time.
        RecipeError: If the client cannot do it at all.
    """
    try:
        yield
    except (HaybaleError, *_FAULTS):
        raise
    except NotImplementedError as error:
        raise RecipeError(f"{place}: fsspec cannot do this there: {_reason(error)}") from None
    except Exception as error:
        raise _meaning(error, place) from None


def _meaning(error: Exception, place: str) -> Exception:
    reason, status = _reason(error), _status(error)
    if status in _ABSENT:
        return FileNotFoundError(reason)
    if status in _REFUSED:
        return OSError(f"HTTP status {status}: {reason}")
    if status is not None and 400 <= status < 500 and status not in _PASSING:
        return StorageError(f"{place}: the server answers with HTTP status {status}: {reason}")
    if status is None and isinstance(error, _NO_FILE):
        cause = error.__cause__
        # The web's client says so of any failure, of which it keeps the cause.
        if not isinstance(cause, Exception) or isinstance(cause, (*_NO_FILE, LookupError)):
            return FileNotFoundError(reason)
        return _meaning(cause, place)
    if isinstance(error, PermissionError):
        return PermissionError(reason)
    return OSError(reason)  # without a number: those are of a disk


def _status(error: BaseException) -> int | None:
    """The HTTP status behind an exception, None if there was no answer."""
    found: BaseException | None = error
    while found is not None:
        answer = getattr(found, "response", None)
        for holder, name in ((found, "status"), (found, "status_code"), (answer, "status_code")):
            if type(status := getattr(holder, name, None)) is int and status >= 400:
                return status
        # What a file was found missing by; in other errors that may have been something before.
        found = found.__cause__ or (found.__context__ if isinstance(found, _NO_FILE) else None)
    return None


def _reason(error: BaseException) -> str:
    return reason_of(error) or type(error).__name__
