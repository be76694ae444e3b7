import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.new_folder import new_folder
from haybale.corpus.storage import Folder


def test_a_folder_is_whole_or_empty(tmp_path):
    with new_folder(tmp_path / "out") as folder:
        folder.commit_bytes("a/b", b"whole")
    assert Folder(tmp_path / "out").list() == ["a/b"]
    assert not (tmp_path / "out/run").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_same_command_can_be_given_again(tmp_path, error):
    def fill():
        with new_folder(tmp_path / "out") as folder:
            folder.commit_bytes("a/b", b"first")
            raise error

    for _ in range(2):
        with pytest.raises(error):
            fill()
    assert Folder(tmp_path / "out").list() == []


def test_what_is_there_already_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_text("x")
    with (
        pytest.raises(RecipeError, match=r"out: expected a folder that is empty .* found mine"),
        new_folder(tmp_path / "out"),
    ):
        pass
    assert (tmp_path / "out/mine").read_text() == "x"
    with (
        pytest.raises(RecipeError, match="expected a folder, found a file"),
        new_folder(tmp_path / "out/mine"),
    ):
        pass
