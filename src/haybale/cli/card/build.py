"""`haybale card build`: the card again, with other answers, costs, or a comparison."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haybale.cards.inputs import CardInputs
    from haybale.corpus.manifest import Manifest
    from haybale.corpus.storage import Folder

_EPILOG = """\
examples:
  haybale card build out --output new-card                    the same card once more
  haybale card build out --output new-card --card card.toml   with these answers
  haybale card build out --output new-card --cost             with what building took (out/run)
  haybale card build out --output new-card --audit audit.json with what a person judged
  haybale card build out --output new-card --previous old     with what changed since then
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "build",
        help="make the card again, with answers, costs, audits, or a comparison",
        description=(
            "Make the card from what the build recorded. The corpus stays as it is: its own card "
            "is covered by its digest."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    parser.add_argument("--output", required=True, metavar="NEW", help="folder for the card")
    parser.add_argument("--card", metavar="FILE", help="card.toml with the author's answers")
    parser.add_argument(
        "--drawn", metavar="FILE", help="JSON object of tokens that a training run drew per subset"
    )
    parser.add_argument(
        "--audit",
        action="append",
        default=[],
        metavar="FILE",
        help="that `audit record` wrote; repeatable",
    )
    parser.add_argument(
        "--previous", metavar="OLD", help="folder of an earlier version, or its card"
    )
    parser.add_argument("--cost", action="store_true", help="add timings, from the folder run/")
    parser.add_argument(
        "--force", action="store_true", help="compare with a corpus unlike this one"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the card's files; print their paths."""
    from haybale.cards.card import Card
    from haybale.cards.compare.changes import compare, read_card
    from haybale.cards.facts import build_facts
    from haybale.cards.write import write_card
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import TEMPORARY, Folder

    folder, output = Folder(args.corpus), Folder(args.output)
    if args.force and not args.previous:
        raise RecipeError("--force: says to compare what is unlike, so it needs --previous")
    manifest = read_manifest(folder)
    _check_output(output)
    inputs = _inputs(args, folder, manifest)
    changes = None
    if args.previous:
        previous, card = Folder(args.previous), Card(build_facts(inputs))
        old = read_card(previous)
        changes = compare(old, card, previous, folder, unrelated_too=args.force)
    for record in write_card(output, inputs, manifest.files, folder, changes):
        print(output.path(record.path))
    for path in filter(manifest.find, _TABLES):
        print(output.path(output.commit_bytes(path, folder.read(path)).path))
    output.remove(TEMPORARY)
    if not output.list("run"):
        output.remove("run")
    return 0


_TABLES = ("card/domains.parquet", "card/unigrams.parquet")
"""Tables of the build that the card names."""


def _check_output(output: "Folder") -> None:
    """Refuse a folder whose files are not an earlier card's."""
    from haybale.cards.forms import FACTS_PATH, README_PATH
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import MANIFEST_PATH

    if output.exists(MANIFEST_PATH):
        raise RecipeError(
            f"--output {output.uri}: holds a corpus, and its own card is covered by its digest; "
            "name another folder"
        )
    if output.exists(README_PATH) and not output.exists(FACTS_PATH):
        raise RecipeError(
            f"--output {output.uri}: holds a README.md of somebody else, without a card beside "
            "it; name another folder"
        )


def _inputs(args: argparse.Namespace, folder: "Folder", manifest: "Manifest") -> "CardInputs":
    """What the build recorded, and what the arguments add."""
    from haybale.cards.audit.record import read_audits
    from haybale.cards.declaration import read_declaration
    from haybale.cards.drawn import read_drawn
    from haybale.cards.forms import INPUTS_PATH
    from haybale.cards.inputs import CardInputs
    from haybale.cards.timings import read_timings
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import verify_listed
    from haybale.corpus.storage import read_parsed

    verify_listed(folder, manifest, INPUTS_PATH)
    inputs = CardInputs.from_json(read_parsed(folder, INPUTS_PATH))
    if args.card:
        inputs = replace(inputs, declared=read_declaration(Path(args.card)))
    if args.drawn:
        inputs = replace(inputs, drawn=read_drawn(Path(args.drawn), inputs.weights))
    if args.audit:
        audits = read_audits([Path(path) for path in args.audit], manifest.digest)
        inputs = replace(inputs, audits=audits)
    if args.cost:
        timings = read_timings(folder)
        if not timings:
            raise RecipeError(
                f"--cost: {folder.path('run')} is gone, and timings were nowhere else; leave "
                "--cost out"
            )
        inputs = replace(inputs, timings=timings)
    return inputs
