"""`haybale recipes`: the recipes that come with Haybale; and how every verb finds a recipe."""

import argparse
import json
import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest

_EPILOG = """\
What a recipe needs from you stands in its comments. To change more than --set can, keep a copy.

examples:
  haybale recipes                                    what there is
  haybale recipes fineweb                            one, with what it chooses and why
  haybale recipes fineweb > mine.toml                a copy of your own
  COMMON_CRAWL=/crawls haybale build common_crawl_warc --output out
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "recipes",
        help="the recipes that come with Haybale",
        description="List the shipped recipes, or print one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="print this one")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list, or one recipe."""
    if args.name is not None:
        text = _named(args.name, shipped()).read_text(encoding="utf-8")
        if args.json:
            json.dump(tomllib.loads(text), sys.stdout, indent=2)
            print()
        else:
            print(text, end="")
        return 0
    rows = [
        {"name": name, "verb": _verb(path), "about": about(path)}
        for name, path in shipped().items()
    ]
    if args.json:
        json.dump(rows, sys.stdout, indent=2)
        print()
        return 0
    width = max(len(row["name"]) for row in rows)
    for verb in ("build", "train"):
        print(f"haybale {verb} NAME ...")
        for row in rows:
            if row["verb"] == verb:
                print(f"  {row['name']:{width}}  {row['about']}")
    return 0


def shipped() -> dict[str, Path]:
    """Name to file of every recipe that comes with Haybale, by name."""
    folder = Path(str(files("haybale").joinpath("recipes")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def about(path: Path) -> str:
    """What a recipe is, in a line: the first of its file, which is a comment."""
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("#").strip()


def find(name: str) -> Path:
    """The file of that path, else the shipped recipe of that name (`demo`, `massivetext`, ...).

    Raises:
        RecipeError: If it is neither.
    """
    path = Path(name)
    # A folder may well have the name of a shipped recipe; a recipe it is not.
    if path.is_file() or path.parent != Path():
        return path
    return _named(name, shipped())


def _named(name: str, known: dict[str, Path]) -> Path:
    stem = Path(name).stem
    if stem not in known:
        raise RecipeError(
            f"{name}: no such file, and no shipped recipe; {nearest(stem, known)} "
            "(`haybale recipes` lists them)"
        )
    return known[stem]


def _verb(path: Path) -> str:
    """Which verb takes it: a corpus has subsets, a training run has none."""
    return "build" if "subsets" in tomllib.loads(path.read_text(encoding="utf-8")) else "train"
