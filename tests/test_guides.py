"""README and docs: what they link to is there, their commands exist, README's recipe is one."""

import re
import shlex
from pathlib import Path

import pytest

import haybale.cli
from haybale.pipeline.recipe.loaded import load_build_recipe

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/RESULTS.md"])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


SHELL = {"|", "||", "&&", ">", "2>", "&", "2>&1"}
"""What ends a command's own words."""


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings: lower case, no punctuation, hyphens for spaces."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for path, anchor in LINK.findall(text):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{path}#{anchor}"


def test_the_recipe_that_readme_shows_is_one(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert found
    path = tmp_path / "recipe.toml"
    path.write_text(found[1])
    recipe = load_build_recipe(path, []).recipe
    assert [subset.name for subset in recipe.subsets] == ["web", "books"]


def commands(page: Path) -> list[str]:
    """Those of `sh` blocks that begin a line, with the lines that they go on in."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("haybale ")]


@pytest.mark.parametrize(
    ("page", "command"),
    [(page.name, command) for page in PAGES for command in commands(page)],
)
def test_commands_are_ones(page: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(haybale.cli, "_run", lambda args, crashed: ran.append(args.verb) or 0)
    words = shlex.split(command, comments=True)
    ends = [
        at for at, word in enumerate(words) if word in {"|", "||", "&&", ">", "2>", "&", "2>&1"}
    ]
    assert haybale.cli.main(words[1 : ends[0] if ends else None]) == 0
    assert ran == [words[1]]
