"""`haybale card diff`: what moved between two versions of a corpus."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_EPILOG = """\
examples:
  haybale card diff old new               documents, settings, inputs, and what moved most
  haybale card diff old new --all         every number that moved
  haybale card diff old new --json        all of it, for programs
"""
_SHOWN = 25
_WIDE = 160


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "diff",
        help="what moved between two versions of a corpus",
        description=(
            "Compare two cards: documents that stayed, left and came, settings and inputs that "
            "changed, and numbers that moved."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("old", metavar="OLD", help="folder of the earlier corpus, or of its card")
    parser.add_argument("new", metavar="NEW", help="folder of the later one")
    parser.add_argument("--all", action="store_true", help=f"not only the first {_SHOWN} of a list")
    parser.add_argument("--force", action="store_true", help="compare corpora that are unlike")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    from haybale.cards.compare.changes import compare, read_card
    from haybale.corpus.storage import Folder

    old, new = Folder(args.old), Folder(args.new)
    changes = compare(read_card(old), read_card(new), old, new, unrelated_too=args.force)
    if args.json:
        json.dump(changes, sys.stdout, indent=2)
        print()
        return 0
    print_changes(changes, everything=args.all, rest="--all")
    return 0


def print_changes(changes: Mapping[str, Any], *, everything: bool, rest: str) -> None:
    """Print what `compare` found, for people.

    Args:
        changes: As `compare` returns them.
        everything: Rather than the first of each list.
        rest: The flag of the verb at hand that shows the rest.
    """
    from haybale.cards.sections.changes import change, shown_value, turnover_sentence

    print(turnover_sentence(changes["documents"]))
    shown = (None if everything else _SHOWN, rest)
    settings = [
        (line["name"], line["before"] or "", line["after"] or "") for line in changes["settings"]
    ]
    _print("settings, versions and models that changed", ("", "before", "after"), settings, *shown)
    inputs = [(name, what) for what, names in changes["inputs"].items() for name in names]
    _print("input files", ("file", ""), inputs, *shown)
    moved = [
        (fact["id"], shown_value(fact["before"]), shown_value(fact["after"]), change(fact))
        for fact in changes["facts"]["moved"]
    ]
    _print("numbers that moved", ("fact", "before", "after", "change"), moved, *shown)
    for what in ("gone", "new"):
        if names := changes["facts"][what]:
            print(f"facts only in {'OLD' if what == 'gone' else 'NEW'}: {len(names):,}")


def _print(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    limit: int | None,
    rest: str,
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from haybale.cli.rows import shown

    if not rows:
        print(f"{title}: none")
        return
    table = Table(title=title)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", overflow="fold")
    for row in rows[:limit]:
        # Names and settings may come from strangers: no markup, no control characters.
        table.add_row(*(Text(shown(cell)) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:  # nobody's window is too narrow
        console.width = _WIDE
    console.print(table)
    if limit is not None and len(rows) > limit:
        print(f"{len(rows) - limit:,} more with {rest}")
