import errno

import pytest

from haybale.corpus import patience
from haybale.corpus.errors import RecipeError, StorageError
from haybale.corpus.patience import Patience, patiently

QUICK = Patience(max_tries=4, first_wait_seconds=0.001, max_wait_seconds=0.002)


class Failing:
    """Fails in these ways, one after the other, then succeeds."""

    def __init__(self, *errors):
        self.errors, self.num_tries = list(errors), 0

    def __call__(self):
        self.num_tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "hay"


def test_what_fails_in_passing_is_tried_again():
    failing = Failing(OSError("HTTP status 503"), OSError(errno.EIO, "Input/output error"))
    assert patiently("read", "s3://b/a", failing, QUICK) == "hay"
    assert failing.num_tries == 3


def test_in_the_end_the_error_names_place_operation_tries_and_the_last_reason(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    failing = Failing(
        *(OSError(f"AWS Error {n} planted-secret (Request ID: xyz)") for n in range(9))
    )
    said = r"s3://b/a: cannot be written, given up after 4 tries; the last said: .*3 \*\*\*;"
    with pytest.raises(StorageError, match=said) as caught:
        patiently("written", "s3://b/a", failing, QUICK)
    assert "xyz" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OSError("AWS Error ACCESS_DENIED during HeadObject"), RecipeError, "access is refused"),
        (OSError("Status(PERMISSION_DENIED: no)"), RecipeError, "access is refused"),
        (OSError("AWS Error NO_SUCH_BUCKET during PutObject"), RecipeError, "no such bucket"),
        (PermissionError(errno.EACCES, "Permission denied"), RecipeError, "give this user"),
        (IsADirectoryError(errno.EISDIR, "Is a directory"), StorageError, "Is a directory"),
        (FileNotFoundError(errno.ENOENT, "none"), FileNotFoundError, "none"),
    ],
)
def test_what_no_other_try_mends_is_said_at_once(error, kind, said):
    failing = Failing(error)
    with pytest.raises(kind, match=said):
        patiently("read", "s3://b/a", failing, QUICK)
    assert failing.num_tries == 1


def test_waits_double_up_to_a_bound_and_are_drawn_from_their_upper_half(monkeypatch):
    policy = Patience(max_tries=10, first_wait_seconds=1, max_wait_seconds=5)
    # 1, 2, 4, then 5 where 8 would be above the bound; each times something in [0.5, 1].
    for drawn in (0.5, 1.0):
        monkeypatch.setattr(patience._random, "uniform", lambda low, high, drawn=drawn: drawn)
        waits = [policy.wait_seconds(tried) for tried in (1, 2, 3, 4)]
        assert waits == [1 * drawn, 2 * drawn, 4 * drawn, 5 * drawn]
