"""`haybale card show`: the card, or its facts, each as a sentence."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

_EPILOG = """\
examples:
  haybale card show out                                   the card
  haybale card show out corpus.tokens                     all numbers of a measure
  haybale card show out corpus.tokens.split=train --json  one fact as it stands in card.json
"""
_NAMED = 200
"""Characters of an advice; there may be thousands of facts."""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "show",
        help="print the card, or its facts",
        description="Print the card, all numbers of a measure, or facts whose ids begin as given.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder of a corpus, or of its card")
    about = "a measure, the id of a fact, or how ids begin"
    parser.add_argument("fact", nargs="?", metavar="FACT", help=about)
    parser.add_argument("--json", action="store_true", help="print JSON as it is in card.json")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print."""
    from haybale.cards.forms import FACTS_PATH, README_PATH
    from haybale.cli.rows import Marked, shown
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.storage import Folder, read_parsed

    folder = Folder(args.corpus)
    if not folder.exists(FACTS_PATH):
        raise RecipeError(
            f"{folder.path(FACTS_PATH)}: expected a card, found no file; name a folder that "
            "`haybale build` or `haybale card build` wrote"
        )
    card = read_parsed(folder, FACTS_PATH)
    if args.fact is None:
        if args.json:
            json.dump(card, sys.stdout, indent=2)
            print()
            return 0
        # Cards of the first format stand wholly below card/.
        readme = README_PATH if folder.exists(README_PATH) else f"card/{README_PATH}"
        print(_without_head(folder.read(readme).decode("utf-8")))
        return 0
    chosen = _chosen(card["facts"], args.fact, whole_ids=args.json)
    if args.json:
        json.dump(chosen[0] if len(chosen) == 1 else chosen, sys.stdout, indent=2)
        print()
        return 0
    sentences = card.get("measures", {})
    said = ""
    for fact in chosen:
        measure = fact.get("measure", "")
        if measure != said and measure in sentences:
            print(f"{measure}: {sentences[measure]}")
        said = measure
        # Licences and domains come from strangers, and stand in ids.
        print(f"  {shown(Marked(_sentence(fact)))}")
    return 0


def _without_head(readme: str) -> str:
    """Without the YAML between two dashed lines, which the hub reads and people do not."""
    head, dashes, rest = readme.removeprefix("---\n").partition("\n---\n")
    return rest.lstrip("\n") if dashes and head and readme.startswith("---\n") else readme


def _chosen(facts: list[dict[str, Any]], wanted: str, *, whole_ids: bool) -> list[dict[str, Any]]:
    """All numbers of a measure, the fact of an id, or all whose id begins so."""
    from haybale.cli.rows import Marked, shown
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.recipe import nearest

    # A measure's total has the measure's name for an id: to people it must not hide its parts.
    of_measure = [fact for fact in facts if fact.get("measure") == wanted and not whole_ids]
    exact = [fact for fact in facts if fact["id"] == wanted]
    below = of_measure or exact or [fact for fact in facts if fact["id"].startswith(wanted)]
    if not below:
        advice = shown(Marked(nearest(wanted, (fact["id"] for fact in facts))))
        short = advice if len(advice) <= _NAMED else f"{advice[:_NAMED]}..."
        raise RecipeError(f"no fact {wanted!r}; {short}")
    return below


def _sentence(fact: Mapping[str, Any]) -> str:
    """A fact on one line, with how it is known."""
    if fact["how"] == "not_measured":
        return f"{fact['id']}: not measured: {fact['why_missing']}"
    about = [fact["how"] + (f" in {fact['stage']}" if fact["stage"] else "")]
    if fact["interval"]:
        about.append(
            f"95 % interval {_plain(fact['interval'][0])} to {_plain(fact['interval'][1])}"
        )
    if fact["n"]:
        about.append(f"n = {fact['n']:,}")
    if fact.get("source"):
        about.append(fact["source"])
    value = f"{_plain(fact['value'])} {fact['unit']}".rstrip()  # words have no unit
    return f"{fact['id']}: {value} ({', '.join(about)})"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)
