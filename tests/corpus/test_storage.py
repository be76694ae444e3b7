import errno
import os
from pathlib import Path

import pytest

from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.listing import match_files
from haybale.corpus.pending import FileRecord
from haybale.corpus.places import place_of
from haybale.corpus.storage import TEMPORARY, Folder, verify_file
from haybale.corpus.stores import check_output


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path / "out"))


def test_a_file_appears_whole_or_not_at_all(folder):

    def fail_halfway():
        with folder.commit("a/b.bin") as pending:
            pending.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert folder.list() == []
    record = folder.commit_bytes("a/b.bin", b"whole")
    assert folder.list() == ["a/b.bin"]
    assert folder.read("a/b.bin") == b"whole"
    assert record.num_bytes == 5
    assert folder.list(TEMPORARY) == []


def test_a_commit_replaces_what_an_earlier_attempt_left(folder):
    folder.commit_bytes("a", b"one")
    folder.commit_bytes("a", b"two")
    assert folder.read("a") == b"two"


def test_verify_names_what_was_expected_and_found(folder):
    record = folder.commit_bytes("a", b"hay")
    verify_file(folder, record)
    with pytest.raises(CorruptShardError, match="expected digest"):
        verify_file(folder, FileRecord("a", 3, "0" * 32))
    with pytest.raises(CorruptShardError, match="expected 4 bytes, found 3 bytes"):
        verify_file(folder, FileRecord("a", 4, record.digest))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("x/*.txt", ["a.txt", "b.txt"]),
        ("x/**/*.txt", ["a.txt", "b.txt", "deep/er/d.txt"]),
        ("x/**", ["a.txt", "b.txt", "c.md", "deep/er/d.txt"]),
        ("x/?.md", ["c.md"]),
        ("x/[ab].txt", ["a.txt", "b.txt"]),
        ("x/[!a].txt", ["b.txt"]),
        ("x/a.txt", ["a.txt"]),
        ("*/c.md", ["x/c.md"]),
        ("x/none*", []),
        ("absent/*", []),
        ("x", []),
    ],
)
def test_patterns_match_names_relative_to_their_fixed_part(pattern, expected, tmp_path):
    for name in ("x/a.txt", "x/b.txt", "x/c.md", "x/deep/er/d.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    found = match_files(f"{tmp_path}/{pattern}")
    assert [file.name for file in found] == expected
    assert all(file.num_bytes > 0 and file.modified > 0 for file in found)


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_an_output_that_is_a_file_or_lies_below_one_is_refused_in_words(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(RecipeError, match=r"file: expected a folder, found a file; choose another"):
        check_output(place_of(str(tmp_path / name)))


def test_a_folder_that_the_system_does_not_let_be_made_is_refused_in_words(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))  # as in /proc

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RecipeError, match=r"no folder can be made there .*; choose another"):
        Folder(str(tmp_path / "out")).local_path("run/lock")
