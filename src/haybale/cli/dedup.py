"""`haybale dedup`: which pairs of documents near-duplicate settings find."""

import argparse
import json
import sys
from typing import Any

from haybale.cli.overrides import add_set

_EPILOG = """\
With b bands of r values a pair of similarity s is looked at with probability 1 - (1 - s^r)^b; what
is looked at is then compared, and removed only above the threshold.

examples:
  haybale dedup                                           every preset
  haybale dedup recipe.toml                               what a recipe asks
  haybale dedup recipe.toml --set dedup.threshold=0.7     and what it might ask
"""
_BAR = 40
_SIMILARITIES = tuple(step / 20 for step in range(6, 20))


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "dedup",
        help="which pairs near-duplicate settings find",
        description="The S-curve of each preset, or of a recipe: which pairs are looked at.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help="a TOML file, or a shipped one")
    add_set(parser, "dedup.threshold=0.7")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the curves."""
    from haybale.pipeline.dedup.presets import MinHashScheme

    schemes: dict[str, MinHashScheme] = _of_recipe(args) if args.recipe else _presets(args)
    if args.json:
        json.dump([_row(name, scheme) for name, scheme in schemes.items()], sys.stdout, indent=2)
        print()
        return 0
    for name, scheme in schemes.items():
        print(f"{name}: {scheme.description}")
        for similarity in sorted({*_SIMILARITIES, scheme.threshold}):
            share = scheme.recall(similarity)
            bar = "#" * round(share * _BAR)
            mark = "  <- threshold" if similarity == scheme.threshold else ""
            print(f"  {similarity:.2f}  {share:8.2%}  {bar}{mark}")
        print()
    return 0


def _presets(args: argparse.Namespace) -> dict[str, Any]:
    from haybale.corpus.errors import RecipeError
    from haybale.pipeline.dedup.presets import PRESETS
    from haybale.pipeline.dedup.settings import DedupSettings

    if args.overrides:
        raise RecipeError("--set needs a RECIPE whose values it overrides")
    return {name: DedupSettings(preset=name).scheme for name in PRESETS}  # type: ignore[arg-type]


def _of_recipe(args: argparse.Namespace) -> dict[str, Any]:
    from haybale.cli.recipes import find
    from haybale.corpus.errors import RecipeError
    from haybale.pipeline.recipe.loaded import load_build_recipe

    recipe = load_build_recipe(find(args.recipe), args.overrides).recipe
    if recipe.dedup is None or recipe.dedup.scheme is None:
        raise RecipeError(f"{args.recipe}: looks for no near-duplicates: there is no curve to show")
    return {recipe.name: recipe.dedup.scheme}


def _row(name: str, scheme: Any) -> dict[str, Any]:
    return {
        "name": name,
        "shingles": scheme.shingles.kind,
        "shingle_length": scheme.shingles.length,
        "threshold": scheme.threshold,
        "num_hashes": scheme.num_hashes,
        "num_bands": scheme.num_bands,
        "band_rows": scheme.band_rows,
        "recall": {str(similarity): scheme.recall(similarity) for similarity in _SIMILARITIES},
    }
