"""`haybale card`: what a corpus's card says, and everything that is done with it."""

import argparse
import importlib
from typing import Any

_VERBS = ("show", "build", "check", "diff", "audit", "serve")
_EPILOG = """\
examples:
  haybale card show out                          the card
  haybale card show out corpus.tokens            all numbers of a measure, and how they are known
  haybale card check out                         is it whole, does it add up, does it fit the corpus
  haybale card diff old new                      what moved between two versions
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb and those below it."""
    parser = subparsers.add_parser(
        "card",
        help="read, check, compare, audit and serve a corpus's card",
        description="The dataset card: what is inside, what was removed, how each number is known.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="what to do", metavar="|".join(_VERBS), required=True)
    for verb in _VERBS:
        importlib.import_module(f"haybale.cli.card.{verb}").add_parser(verbs)
