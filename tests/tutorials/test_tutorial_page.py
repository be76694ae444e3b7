"""What a page asks for is found in it, and what it promises is checked."""

from pathlib import Path

import pytest
from tutorial_page import Commands, File, missing_line, stated_seconds, steps
from tutorial_reader import Reader

PAGE = """
# Title

Takes about 2 minutes on two cores.

```toml
# a/recipe.toml
name = "x"
```

```sh
cat a/recipe.toml
```

```text
name = …
```

```sh not run
rm -rf /
```

```sh
echo end
```
"""


def write(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text)
    return page


def test_files_and_commands_are_found_in_order(tmp_path: Path) -> None:
    assert list(steps(write(tmp_path, PAGE))) == [
        File("a/recipe.toml", '# a/recipe.toml\nname = "x"\n'),
        Commands("cat a/recipe.toml\n", "name = …\n"),
        Commands("echo end\n", ""),
    ]
    assert stated_seconds(tmp_path / "page.md") == 120


@pytest.mark.parametrize(
    "text", ["```python\nprint()\n```\n", '```toml\nname = "x"\n```\n', "```\nx\n```\n"]
)
def test_a_block_without_a_meaning_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="expected a file's name"):
        list(steps(write(tmp_path, text)))


def test_a_page_without_a_time_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Takes about"):
        stated_seconds(write(tmp_path, "It takes a while."))


@pytest.mark.parametrize(
    ("expected", "missing"),
    [
        ("one\nthree", None),
        ("…\ntwo: …, 3", None),
        ("three\none", "one"),
        ("one\none", "one"),
        ("two", "two"),
    ],
)
def test_lines_are_looked_for_in_order(expected: str, missing: str | None) -> None:
    assert missing_line("one\n  two: 2, 3\nthree\n", expected) == missing


def test_the_shell_stays_open_and_a_failure_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    reader = Reader(folder)
    assert reader.type(Commands("NAME=hay; cd /\n", "")) == ""
    assert reader.type(Commands('echo "$NAME $PWD"; echo err >&2\n', "")) == "hay /\nerr\n"
    with pytest.raises(AssertionError, match=r"(?s)false.*failed after:\nbefore"):
        reader.type(Commands("echo before\nfalse\necho after\n", ""))
    reader.leave()
