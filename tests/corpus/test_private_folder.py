"""Temporary folders where other users may have been first."""

import os
import shutil
import tempfile

import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.private_folder import private_folder
from haybale.corpus.storage import Folder


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def test_it_is_made_closed_to_others_and_used_again(place):
    path = private_folder("own")
    assert (path, path.stat().st_mode & 0o777) == (place / "own", 0o700)
    (path / "file").touch()
    assert (private_folder("own") / "file").exists()


def test_what_others_can_write_to_is_refused(place):
    for mode in (0o775, 0o757):
        private_folder("own").chmod(mode)
        found = rf"own: expected a folder .* found mode {mode:o}; remove it"
        with pytest.raises(RecipeError, match=found):
            private_folder("own")
        (place / "own").chmod(0o700)


def test_what_others_can_read_is_closed_to_them():
    path = private_folder("own")
    path.chmod(0o755)
    (path / "file").touch()
    assert private_folder("own") == path
    assert path.stat().st_mode & 0o777 == 0o700
    assert (path / "file").exists()


def test_a_link_and_a_file_are_refused(place, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    place.mkdir()
    (place / "link").symlink_to(tmp_path / "elsewhere")
    (place / "nowhere").symlink_to(tmp_path / "missing")
    (place / "file").touch()
    for name, found in {"link": "a link", "nowhere": "a link", "file": "a file"}.items():
        with pytest.raises(RecipeError, match=f"found {found}; remove it"):
            private_folder(name)


def test_another_users_is_refused(monkeypatch):
    private_folder("own")
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    with pytest.raises(RecipeError, match=f"found a folder of user {user}"):
        private_folder("own")


def test_what_is_written_on_the_way_to_an_object_store_lies_in_one(place, tmp_path):
    with Folder("s3://bucket/corpus").scratch() as scratch:
        own = scratch.parent
        assert (own.parent, own.stat().st_mode & 0o777) == (place, 0o700)
    shutil.rmtree(own)
    own.symlink_to(tmp_path)
    with pytest.raises(RecipeError, match="found a link"), Folder("s3://bucket/corpus").scratch():
        pytest.fail("written where a link leads")
