import time
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from haybale.corpus.fsspec_times import modified

# 2020-09-13T12:26:40Z is 1.6e9 s after 1970-01-01 by definition of Unix time.
SECONDS = 1_600_000_000
THEN = datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("info", "nanoseconds"),
    [
        ({"last_modified": THEN}, SECONDS * 10**9),
        ({"LastModified": THEN.astimezone(timezone(timedelta(hours=9)))}, SECONDS * 10**9),
        ({"mtime": THEN.replace(tzinfo=None)}, SECONDS * 10**9),
        # As a float this is 1600000000.0000009536…, and 1600000000000001024 nanoseconds.
        ({"mtime": SECONDS + 0.000001}, SECONDS * 10**9 + 1_000),
        ({"created": THEN + timedelta(microseconds=123_456)}, SECONDS * 10**9 + 123_456_000),
        ({"modificationTime": SECONDS * 1000 + 5}, SECONDS * 10**9 + 5_000_000),
        ({"Last-Modified": "Sun, 13 Sep 2020 12:26:40 GMT"}, SECONDS * 10**9),
        ({"Last-Modified": "yesterday"}, 0),
        ({"last_commit": SimpleNamespace(date=THEN), "mtime": 1}, SECONDS * 10**9),
        ({"last_commit": None, "mtime": None}, 0),
        ({}, 0),
    ],
)
def test_every_client_says_when_a_file_was_changed_in_its_own_way(info, nanoseconds):
    assert modified(info) == nanoseconds


def test_a_time_without_a_zone_is_of_greenwich(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert modified({"mtime": THEN.replace(tzinfo=None)}) == SECONDS * 10**9
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
