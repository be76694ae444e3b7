import errno
from types import SimpleNamespace

import pytest

from haybale.corpus.errors import RecipeError, StorageError
from haybale.corpus.fsspec_errors import store_errors
from haybale.corpus.patience import Patience, patiently

QUICK = Patience(3, 0.0, 0.0)


class Answered(Exception):
    """As Azure's and aiohttp's are: no OSError, with a status."""

    def __init__(self, status):
        super().__init__(f"answered {status}")
        self.status = status


class OfTheHub(OSError):
    """As those of requests and of the Hub's client are: with an answer."""

    def __init__(self, status):
        super().__init__(f"answered {status}")
        self.response = SimpleNamespace(status_code=status)


def caused(error, cause):
    error.__cause__ = cause
    return error


def tried(error):
    """What a user meets, and how often it was tried."""
    tries = []

    def attempt():
        tries.append(1)
        with store_errors("hf://a/b"):
            raise error

    with pytest.raises(Exception) as caught:  # noqa: PT011
        patiently("read", "hf://a/b", attempt, QUICK)
    return caught.value, len(tries)


@pytest.mark.parametrize("kind", [Answered, OfTheHub])
@pytest.mark.parametrize(
    ("status", "expected", "num_tries"),
    [
        (404, FileNotFoundError, 1),
        (410, FileNotFoundError, 1),
        (401, RecipeError, 1),
        (403, RecipeError, 1),
        (400, StorageError, 1),
        (405, StorageError, 1),
        (408, StorageError, 3),
        (429, StorageError, 3),
        (500, StorageError, 3),
        (503, StorageError, 3),
    ],
)
def test_a_status_says_whether_to_try_again(kind, status, expected, num_tries):
    found, tries = tried(kind(status))
    assert (type(found), tries) == (expected, num_tries)


@pytest.mark.parametrize(
    ("error", "expected", "num_tries"),
    [
        (FileNotFoundError("a"), FileNotFoundError, 1),
        (IsADirectoryError("a"), FileNotFoundError, 1),
        # fsspec's client of the web calls every failure so, and keeps what it was.
        (caused(FileNotFoundError("a"), Answered(503)), StorageError, 3),
        (caused(FileNotFoundError("a"), Answered(404)), FileNotFoundError, 1),
        (caused(FileNotFoundError("a"), TimeoutError()), StorageError, 3),
        (caused(FileNotFoundError("a"), KeyError("a")), FileNotFoundError, 1),
        (caused(RuntimeError("could not list"), Answered(403)), RecipeError, 1),
        (PermissionError("another's"), RecipeError, 1),
        (NotImplementedError("no ranges"), RecipeError, 1),
        # On a disk the number of this one would mean that no try mends it.
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), StorageError, 3),
        (ValueError("no JSON"), StorageError, 3),
        (RecipeError("ours"), RecipeError, 1),
        (TypeError("of a program"), TypeError, 1),
    ],
)
def test_what_a_client_raises_is_told_apart(error, expected, num_tries):
    found, tries = tried(error)
    assert (type(found), tries) == (expected, num_tries)


def test_an_error_while_another_was_handled_is_not_taken_for_that_one():
    error = TimeoutError()
    error.__context__ = Answered(404)
    assert type(tried(error)[0]) is StorageError


def test_a_message_has_a_reason_and_no_secret(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_planted+SeCrEt")
    found, _ = tried(Exception("token hf_planted+SeCrEt, https://h/a?sig=planted is bad"))
    assert "planted" not in str(found)
    found, _ = tried(TimeoutError())
    assert "the last said: TimeoutError" in str(found)
