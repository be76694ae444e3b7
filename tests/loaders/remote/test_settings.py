from pathlib import Path

import pytest

from haybale.corpus.errors import RecipeError
from haybale.loaders.remote.settings import Cache


def test_the_folder_is_below_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert Cache().folder == Path("/somewhere/haybale/loader")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Cache().folder == Path.home() / ".cache/haybale/loader"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_bytes": 1000}, "expected max_bytes of 16,777,216 or more, found 1,000"),
        ({"readers": 0}, "expected 1 to 256 readers, found 0"),
        ({"readers": 257}, "found 257"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Cache(**options)  # type: ignore[arg-type]
