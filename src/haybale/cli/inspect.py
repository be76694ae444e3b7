"""`haybale inspect`: look into a finished corpus."""

import argparse
from typing import Any

_EPILOG = """\
examples:
  haybale inspect out                                           what is in it
  haybale inspect out --rules                                   what every rule did
  haybale inspect out --dropped gopher/word_count@1 --limit 3   what a rule dropped
  haybale inspect out --contamination                           evaluation items that stand in it
  haybale inspect out --overlap exam.txt                        how much of a text stands in it
  haybale inspect out --document 0f3a...                        all that is known of a document
  haybale inspect out --token shards/train/books/00000.arrow:12345    whose token this is
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "inspect",
        help="look into a corpus: documents, tokens, what was dropped",
        description="Show what a corpus holds, what a rule dropped, or where a token came from.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--rules", action="store_true", help="what every rule did, by language")
    what.add_argument(
        "--contamination", action="store_true", help="evaluation items that stand in the corpus"
    )
    what.add_argument("--dropped", metavar="RULE", help="documents that this rule dropped")
    what.add_argument("--document", metavar="ID", help="a document by its id")
    what.add_argument("--token", metavar="SHARD:OFFSET", help="the document of a token")
    what.add_argument("--overlap", metavar="FILE", help="how much of a text stands in the corpus")
    parser.add_argument("--limit", type=int, default=5, metavar="N", help="documents shown")
    parser.add_argument("--json", action="store_true", help="print JSON, texts whole")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, and print."""
    from haybale.cli import inspect_document, inspect_tables
    from haybale.cli.overlap import print_overlap
    from haybale.cli.rows import print_rows
    from haybale.corpus import decisions
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder

    if args.limit < 1:
        raise RecipeError(f"--limit: expected at least 1, found {args.limit}")
    folder = Folder(args.corpus)
    manifest = read_manifest(folder)
    if args.rules:
        return inspect_tables.print_rules(decisions.read_ledger(folder), as_json=args.json)
    if args.contamination:
        return inspect_tables.print_contamination(folder, manifest, args.limit, as_json=args.json)
    if args.overlap:
        return print_overlap(folder, manifest, args.overlap, args.limit, as_json=args.json)
    if args.dropped:
        rows = list(decisions.dropped_by(folder, manifest, args.dropped, args.limit))
        return print_rows([_with_offence(row) for row in rows], as_json=args.json)
    if args.token:
        return inspect_document.print_token(folder, manifest, args.token, as_json=args.json)
    if args.document:
        return inspect_document.print_document(folder, manifest, args.document, as_json=args.json)
    return inspect_tables.print_overview(manifest, as_json=args.json)


def _with_offence(row: dict[str, Any]) -> dict[str, Any]:
    """A dropped document and the first place of what the rule counts, if the sample holds it."""
    from haybale.quality.offence import offending_span

    span = offending_span(row["rule"], row["text"])
    offence = None if span is None else row["text"][span[0] : span[1]]
    shown = {name: value for name, value in row.items() if name != "text"}
    return {**shown, "offending": offence, "offending_span": span, "text": row["text"]}
