import threading
import time

import pytest

from haybale.loaders.remote.retry import ClosedError, Retries, RetryPolicy
from haybale.loaders.remote.transport import RemoteError, TransientError


def failing(*failures: Exception) -> "list[object]":
    return [*failures, "done"]


def take(outcomes: "list[object]") -> object:
    outcome = outcomes.pop(0)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def test_waits_double_up_to_a_limit_with_half_of_each_as_jitter() -> None:
    policy = RetryPolicy(first_wait_seconds=1.0, max_wait_seconds=8.0)
    for attempt, limit in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 8.0), (60, 8.0)):
        waits = {policy.wait_seconds(f"file {number}", attempt) for number in range(50)}
        assert len(waits) == 50
        assert limit / 2 <= min(waits) < 0.6 * limit
        assert 0.9 * limit < max(waits) <= limit


def test_transient_failures_are_tried_again_and_counted() -> None:
    retries = Retries(RetryPolicy(first_wait_seconds=0.001))
    outcomes = failing(TransientError("a"), TransientError("b"))
    assert retries.run("file", lambda: take(outcomes)) == "done"
    assert retries.num_retries == 2


def test_other_errors_are_not_tried_again() -> None:
    retries = Retries(RetryPolicy())
    outcomes = failing(FileNotFoundError("gone"))
    with pytest.raises(FileNotFoundError):
        retries.run("file", lambda: take(outcomes))
    assert retries.num_retries == 0


def test_too_many_attempts_say_how_often_how_long_and_why() -> None:
    retries = Retries(RetryPolicy(max_attempts=3, first_wait_seconds=0.001))
    with pytest.raises(RemoteError, match=r"s3://b/f: given up after 3 attempts in 0\.\d seconds"):
        retries.run("s3://b/f", lambda: take([TransientError("HTTP status 500")]))
    with pytest.raises(RemoteError, match="the last: HTTP status 500; see that the server is"):
        retries.run("s3://b/f", lambda: take([TransientError("HTTP status 500")]))


def test_a_server_that_asks_for_time_gets_it() -> None:
    retries = Retries(RetryPolicy(first_wait_seconds=0.001))
    outcomes, begun = failing(TransientError("busy", wait_seconds=0.2)), time.monotonic()
    retries.run("file", lambda: take(outcomes))
    assert time.monotonic() - begun >= 0.2


def test_more_time_than_there_is_is_not_waited_for() -> None:
    retries = Retries(RetryPolicy(total_seconds=1.0))
    with pytest.raises(RemoteError, match="after 1 attempts"):
        retries.run("file", lambda: take([TransientError("busy", wait_seconds=3600)]))


def test_closing_ends_a_wait() -> None:
    retries = Retries(RetryPolicy(first_wait_seconds=60.0))
    threading.Timer(0.05, retries.close).start()
    with pytest.raises(ClosedError):
        retries.run("file", lambda: take([TransientError("busy")]))
