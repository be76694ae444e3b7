"""When a file was changed last, by what a client of fsspec tells of it: each says it otherwise."""

import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_NAMES = ("last_modified", "LastModified", "Last-Modified", "modified", "mtime", "created")
"""Of Azure, of Amazon, of web servers, of others; `created` where a file is always made anew."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def modified(info: Mapping[str, Any]) -> int:
    """Nanoseconds, of whole microseconds; 0 where it is not told.

    Args:
        info: As a client's `info` or `ls` has it of a file.
    """
    if (commit := info.get("last_commit")) is not None:  # of the Hugging Face Hub
        return _nanoseconds(commit.date)
    if (milliseconds := info.get("modificationTime")) is not None:  # of WebHDFS
        return int(milliseconds) * 1_000_000
    told = (info[name] for name in _NAMES if info.get(name) is not None)
    return _nanoseconds(next(told, 0))


def _nanoseconds(time: datetime | float | str) -> int:
    if isinstance(time, str):
        try:
            time = email.utils.parsedate_to_datetime(time)
        except ValueError:
            return 0
    if isinstance(time, datetime):
        known = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        return (known - _EPOCH) // timedelta(microseconds=1) * 1000
    return round(time * 1e6) * 1000
