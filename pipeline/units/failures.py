"""Failures of units: left where the driver finds them, and raised all together.

An engine ends a pipeline at the first exception and passes on only its text, if that. So a unit
that fails leaves a report and no exception, the other units go on, and the driver raises when the
pipeline has ended.
"""

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from haybale.corpus import errors
from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import HaybaleError
from haybale.corpus.secrets import redacted
from haybale.corpus.storage import Folder, read_parsed

MAX_FAILURES = 20
"""After so many failed units of a step no more are begun: what breaks so many breaks all."""

_FOLDER = "run/errors"
_unwritten: list["Failure"] = []
"""Of this process, where a full disk takes no report."""


@dataclass(frozen=True)
class Failure:
    """An error that ended a unit of work.

    Attributes:
        kind: Name of its class.
        message: For the user.
        unit: Which unit; empty where all of them need what failed.
        trace: Where it was raised; empty for errors that a user can meet and mend.
    """

    kind: str
    message: str
    unit: str = ""
    trace: str = ""

    @classmethod
    def of(cls, error: Exception, unit: str = "") -> "Failure":
        """From an exception that was caught; without secrets, since reports are kept in files."""
        kind, message = type(error).__name__, redacted(str(error))
        if isinstance(error, HaybaleError):
            return cls(kind, message, unit)
        trace = redacted("".join(traceback.format_exception(error)))
        if isinstance(error, OSError):
            return cls(kind, message, unit, trace)
        lines = message.strip().splitlines() or [""]
        return cls(kind, f"unexpected {kind}: {lines[0][:500]}", unit, trace)

    def error(self) -> HaybaleError:
        """An exception to raise in its place, of the same class if that is one of ours."""
        kind = getattr(errors, self.kind, HaybaleError)
        error: HaybaleError = HaybaleError.__new__(kind)
        Exception.__init__(error, self.message)
        if self.trace:
            error.add_note(self.trace)
        return error


def report(folder: Folder, failure: Failure) -> None:
    """Leave a failure where the driver finds it."""
    content = canonical_json(asdict(failure))
    try:
        folder.commit_bytes(f"{_FOLDER}/{digest(content)}.json", content)
    except (OSError, HaybaleError):
        _unwritten.append(failure)


@contextlib.contextmanager
def reported(folder: Folder) -> Iterator[None]:
    """Report an exception that passes through the block."""
    try:
        yield
    except Exception as error:
        report(folder, Failure.of(error))
        raise


def failures(folder: Folder) -> list[Failure]:
    """What was reported since `forget`, sorted by unit."""
    found = [Failure(**read_parsed(folder, path)) for path in folder.list(_FOLDER)]
    return sorted({*found, *_unwritten}, key=lambda failure: (failure.unit, failure.message))


def forget(folder: Folder) -> None:
    """Drop all reports."""
    folder.remove(_FOLDER)
    _unwritten.clear()


def raise_failures(folder: Folder, step: str) -> None:
    """Raise what was reported, if anything was, as one error that names each once.

    Args:
        folder: The corpus folder.
        step: In which step, for the message.
    """
    found = failures(folder)
    if not found:
        return
    forget(folder)
    units: dict[tuple[str, str], list[str]] = {}
    for failure in found:
        units.setdefault((failure.kind, failure.message), []).append(failure.unit)
    firsts = {(failure.kind, failure.message): failure for failure in reversed(found)}
    if len(firsts) == 1:
        raise firsts.popitem()[1].error()
    lines = [f"  {_named(units[key])}{key[1]}" for key in units]
    stopped = "; no more were begun" if len(found) >= MAX_FAILURES else "; the others went on"
    kinds = {failure.kind for failure in found}
    traces = "\n".join(failure.trace for failure in firsts.values() if failure.trace)
    message = "\n".join([f"{step}: {len(found)} units failed{stopped}", *lines])
    raise Failure(kinds.pop() if len(kinds) == 1 else "", message, "", traces).error()


def _named(units: list[str]) -> str:
    """The first unit of those that failed alike, and how many more there are."""
    more = f" and {len(units) - 1} more" if len(units) > 1 else ""
    return f"{units[0]}{more}: " if units[0] else ""
