"""Links in what is read and what is written."""

import os

import pytest

from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.listing import match_files
from haybale.corpus.storage import Folder


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("hay")
    (folder / "deep" / "b.txt").write_text("straw")
    return folder


def names(pattern):
    return [file.name for file in match_files(str(pattern))]


def test_links_to_files_and_folders_are_followed(data, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c.txt").write_text("barn")
    (data / "link.txt").symlink_to(data / "a.txt")
    (data / "far").symlink_to(tmp_path / "elsewhere")
    assert names(data / "*.txt") == ["a.txt", "link.txt"]
    assert names(data / "**/*.txt") == ["a.txt", "deep/b.txt", "far/c.txt", "link.txt"]
    assert names(data / "link.txt") == ["link.txt"]


def test_a_folder_that_links_to_one_above_it_is_listed_once(data):
    (data / "deep" / "up").symlink_to(data)
    (data / "self").symlink_to(".")
    assert names(data / "**") == ["a.txt", "deep/b.txt"]
    assert Folder(data).list() == ["a.txt", "deep/b.txt"]


def test_a_link_to_nowhere_is_an_error_where_it_matches(data):
    (data / "gone.txt").symlink_to("nowhere.txt")
    (data / "round.md").symlink_to("round.md")
    with pytest.raises(RecipeError, match=r"gone\.txt: is a link to nowhere\.txt, where there is"):
        match_files(f"{data}/*.txt")
    with pytest.raises(RecipeError, match=r"gone\.txt: is a link to nowhere"):
        match_files(f"{data}/gone.txt")
    with pytest.raises(RecipeError, match=r"round\.md: is a link to round\.md"):
        match_files(f"{data}/*.md")
    assert names(data / "a*") == ["a.txt"]


def test_a_name_that_is_not_utf8_is_an_error_where_it_matches(data):
    (data / os.fsdecode(b"b\xe9.txt")).write_text("latin")
    with pytest.raises(RecipeError, match=r"b\\xe9\.txt'.*expected a file name in UTF-8"):
        match_files(f"{data}/*.txt")
    assert names(data / "a*") == ["a.txt"]


def test_nothing_is_written_through_a_link_that_leads_out(data, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "documents").symlink_to(data)
    (out / "a.txt").symlink_to(data / "a.txt")
    with pytest.raises(RecipeError, match=r"leads out of .*out, to .*data, by a symbolic link"):
        Folder(out).commit_bytes("documents/a.txt", b"overwritten")
    with pytest.raises(RecipeError, match="leads out"):
        Folder(out).remove("documents/a.txt")
    Folder(out).commit_bytes("a.txt", b"in its place")  # replaces the link, not what it names
    Folder(out).remove("documents")  # removes the link, not what it names
    assert (data / "a.txt").read_text() == "hay"
    assert Folder(out).read("a.txt") == b"in its place"
    (out / "run" / "tmp").rmdir()
    (out / "run" / "tmp").symlink_to(data)
    with pytest.raises(RecipeError, match="leads out"):
        Folder(out).commit_bytes("b.txt", b"")


def test_an_output_folder_may_be_a_link_itself(data, tmp_path):
    (tmp_path / "out").symlink_to(data)
    Folder(tmp_path / "out").commit_bytes("deep/c.txt", b"hay")
    assert (data / "deep" / "c.txt").read_bytes() == b"hay"


@pytest.mark.parametrize("name", ["../a.txt", "x/../../a.txt", "/etc/passwd", "a\0b"])
def test_a_name_that_leads_out_of_the_folder_is_never_touched(name, data):
    folder = Folder(data / "deep")
    for touch in (folder.read, folder.open, folder.remove, folder.size, folder.list):
        with pytest.raises(CorruptShardError, match="expected the name of a file below"):
            touch(name)
    assert (data / "a.txt").exists()
