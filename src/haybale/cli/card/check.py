"""`haybale card check`: whether a card is whole, adds up, and fits its corpus."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

_EPILOG = """\
examples:
  haybale card check out                  the card against itself and against the corpus
  haybale card check new-card --card-only there is no corpus beside it
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "check",
        help="check that a card is whole, adds up, and fits its corpus",
        description=(
            "Check the facts against their schema and against each other, every form against the "
            "facts, and all of it against the corpus. Names each file, what was expected and what "
            "was found."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder of a corpus, or of its card")
    parser.add_argument(
        "--card-only", action="store_true", help="the folder holds a card without its corpus"
    )
    parser.add_argument("--json", action="store_true", help="print what is wrong as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check; 1 if anything is not as it should be."""
    from haybale.cards.check.check import check_card
    from haybale.cards.forms import FACTS_PATH
    from haybale.cli.rows import Marked, shown
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import MANIFEST_PATH
    from haybale.corpus.storage import Folder

    folder = Folder(args.corpus)
    if not args.card_only and folder.exists(FACTS_PATH) and not folder.exists(MANIFEST_PATH):
        raise RecipeError(
            f"{args.corpus}: expected a corpus, found a card without its {MANIFEST_PATH}; say "
            "--card-only to check the card alone"
        )
    findings = check_card(folder, args.card_only)
    if args.json:
        json.dump([asdict(finding) for finding in findings], sys.stdout, indent=2)
        print()
    else:
        for finding in findings:
            print(f"haybale: {shown(Marked(str(finding)))}", file=sys.stderr)
        if not findings:
            print(f"{args.corpus}: the card is sound")
    return 1 if findings else 0
