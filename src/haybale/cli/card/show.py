"""`haybale card`: read a corpus's card, or make it again."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

_EPILOG = """\
examples:
  haybale card show out                          the card
  haybale card show out total.train.tokens       one number, and how it is known
  haybale card build out --output new-card       the card again, with this version's words
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "card",
        help="read a corpus's card, or make it again",
        description="The dataset card: what is inside, what was removed, how each number is known.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="what to do", metavar="show|build", required=True)
    show = verbs.add_parser("show", help="print the card, or one of its facts", epilog=_EPILOG)
    show.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    show.add_argument("fact", nargs="?", metavar="FACT_ID", help="one number of the card")
    show.add_argument("--json", action="store_true", help="print card.json, or the fact's object")
    show.set_defaults(run=run_show)
    build = verbs.add_parser("build", help="make the card again", epilog=_EPILOG)
    build.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    build.add_argument(
        "--output", required=True, metavar="NEW", help="folder for the card; not the corpus itself"
    )
    build.set_defaults(run=run_build)
    for each in (show, build):
        each.formatter_class = argparse.RawDescriptionHelpFormatter


def run_show(args: argparse.Namespace) -> int:
    """Print the card, or a fact of it."""
    from haybale.cards.write import FACTS_PATH, README_PATH
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.recipe import nearest
    from haybale.corpus.storage import Folder, read_parsed

    folder = Folder(args.corpus)
    read_manifest(folder)
    card = read_parsed(folder, FACTS_PATH)
    if args.fact is None:
        if args.json:
            json.dump(card, sys.stdout, indent=2)
            print()
        else:
            print(folder.read(README_PATH).decode("utf-8"))
        return 0
    facts = {fact["id"]: fact for fact in card["facts"]}
    if args.fact not in facts:
        below = [name for name in facts if name.startswith(args.fact)]
        if not below:
            raise RecipeError(f"no fact {args.fact!r}; {_first(nearest(args.fact, facts))}")
        for name in below:
            print(_sentence(facts[name]))
        return 0
    if args.json:
        json.dump(facts[args.fact], sys.stdout, indent=2)
        print()
    else:
        print(_sentence(facts[args.fact]))
    return 0


def _sentence(fact: dict[str, Any]) -> str:
    if fact["how"] == "not_measured":
        return f"{fact['id']}: not measured: {fact['why_missing']}"
    value = f"{fact['value']:,}" if isinstance(fact["value"], int) else fact["value"]
    between = fact["interval"] and f", 95 % interval {fact['interval'][0]} to {fact['interval'][1]}"
    basis = f", n = {fact['n']:,}" if fact["n"] else ""
    where = f" in {fact['stage']}" if fact["stage"] else ""
    return f"{fact['id']}: {value} {fact['unit']} ({fact['how']}{where}{between or ''}{basis})"


def _first(text: str) -> str:
    return text if len(text) < 200 else f"{text[:200]}..."


def run_build(args: argparse.Namespace) -> int:
    """Render the card from what the build recorded."""
    from haybale.cards.facts import CardInputs
    from haybale.cards.write import INPUTS_PATH, write_card
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder, read_parsed

    folder = Folder(args.corpus)
    read_manifest(folder)
    if Path(args.output).absolute() == Path(args.corpus).absolute():
        raise RecipeError(
            "--output: the corpus's own card is covered by its digest; name another folder"
        )
    inputs = CardInputs.from_json(read_parsed(folder, INPUTS_PATH))
    output = Folder(args.output)
    for record in write_card(output, inputs):
        print(output.path(record.path))
    return 0
