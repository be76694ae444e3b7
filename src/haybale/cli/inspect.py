"""`haybale inspect`: look into a finished corpus."""

import argparse
import json
import sys
from typing import Any

_EPILOG = """\
examples:
  haybale inspect out                                           what is in it
  haybale inspect out --rules                                   what every rule did
  haybale inspect out --dropped gopher/word_count@1 --limit 3   what a rule dropped
  haybale inspect out --contamination                           evaluation items that stand in it
  haybale inspect out --document 0f3a...                        all that is known of a document
  haybale inspect out --token shards/train/books/00000.arrow:12345    whose token this is
"""
_EXCERPT = 400
_CONTEXT = 60
_WIDE = 160


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
    parser.add_argument("--limit", type=int, default=5, metavar="N", help="documents shown")
    parser.add_argument("--json", action="store_true", help="print JSON, texts whole")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, and print."""
    from haybale.corpus import lookup
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder

    if args.limit < 1:
        raise RecipeError(f"--limit: expected at least 1, found {args.limit}")
    folder = Folder(args.corpus)
    manifest = read_manifest(folder)
    if args.rules:
        return _print_rules(lookup.read_ledger(folder), as_json=args.json)
    if args.contamination:
        return _print_contamination(folder, manifest, args.limit, as_json=args.json)
    if args.dropped:
        rows = list(lookup.dropped_by(folder, manifest, args.dropped, args.limit))
        return _print_rows([_with_offence(row) for row in rows], as_json=args.json)
    if args.token:
        shard, colon, offset = args.token.rpartition(":")
        if not colon or not offset.isdigit():
            raise RecipeError(f"--token {args.token}: expected SHARD:OFFSET")
        args.document, within = lookup.document_at(folder, shard, int(offset))
        if not args.json:
            print(f"token {within} of document {args.document}")
    if args.document:
        found = lookup.find_document(folder, manifest, args.document)
        return _print_rows([_with_marks(found, as_json=args.json)], as_json=args.json)
    return _overview(manifest, as_json=args.json)


def _with_marks(found: Any, *, as_json: bool) -> dict[str, Any]:
    """What is known of a document; its difference to its survivor on one line for people."""
    from haybale.corpus.difference import marked

    shown = dict(vars(found))
    if as_json:
        shown["difference"] = [piece._asdict() for piece in found.difference]
    elif found.difference:
        shown["difference"] = Marked(marked(found.difference, _CONTEXT))
    return shown


class Marked(str):
    """A text that was shortened already."""

    __slots__ = ()


def _with_offence(row: dict[str, Any]) -> dict[str, Any]:
    """A dropped document and the first place of what the rule counts, if the sample holds it."""
    from haybale.quality.offence import offending_span

    span = offending_span(row["rule"], row["text"])
    offence = None if span is None else row["text"][span[0] : span[1]]
    shown = {name: value for name, value in row.items() if name != "text"}
    return {**shown, "offending": offence, "offending_span": span, "text": row["text"]}


def _print_rules(rows: list[dict[str, Any]], *, as_json: bool) -> int:
    """The ledger's rows that name a rule: of each subset, rule and language what came of it."""
    if as_json:
        json.dump(rows, sys.stdout, indent=2)
        print()
        return 0
    from rich.console import Console
    from rich.table import Table

    outcomes = ("dropped", "hit", "barely_hit", "nearly_hit", "skipped", "edited", "removed")
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows:
        if row["rule"] and row["outcome"] in outcomes:
            cell = counts.setdefault((row["subset"], row["rule"], row["language"]), {})
            cell[row["outcome"]] = cell.get(row["outcome"], 0) + row["documents"]
    table = Table(title="documents")
    for name in ("subset", "rule", "language"):
        table.add_column(name, no_wrap=True)
    for outcome in outcomes:
        table.add_column(outcome.replace("_", " "), justify="right")
    for (subset, rule, language), cell in sorted(counts.items()):
        numbers = (f"{cell[outcome]:,}" if outcome in cell else "" for outcome in outcomes)
        table.add_row(subset, rule, language or "unknown", *numbers)
    console = Console(highlight=False)
    if not console.is_terminal:  # nobody's window is too narrow
        console.width = _WIDE
    console.print(table)
    return 0


def _print_contamination(folder: Any, manifest: Any, limit: int, *, as_json: bool) -> int:
    """Counts of each evaluation set, and the documents that hold most of an item."""
    from rich.console import Console
    from rich.table import Table

    from haybale.corpus import lookup

    items = lookup.evaluation_items(folder, manifest)
    worst = lookup.contaminations(folder, manifest, limit)
    if as_json:
        json.dump({"items": items, "documents": worst}, sys.stdout, indent=2, default=_plain)
        print()
        return 0
    table = Table(title="evaluation items")
    table.add_column("set", no_wrap=True)
    for name in ("items", "not searched", "found", "contaminated"):
        table.add_column(name, justify="right")
    for name in dict.fromkeys(item["set"] for item in items):
        mine = [item for item in items if item["set"] == name]
        columns = ("not_searched", "documents", "contaminated_documents")
        counts = (sum(bool(item[column]) for item in mine) for column in columns)
        table.add_row(name, f"{len(mine):,}", *(f"{count:,}" for count in counts))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table)
    return _print_rows(worst, as_json=False)


def _overview(manifest: Any, *, as_json: bool) -> int:
    if as_json:
        json.dump({"name": manifest.name, "totals": manifest.totals}, sys.stdout, indent=2)
        print()
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("split", "subset", "weight", title=manifest.name)
    for name in ("documents", "text bytes", "tokens", "shards"):
        table.add_column(name, justify="right")
    for split, subsets in manifest.totals.items():
        for subset, counts in subsets.items():
            weight = manifest.weights.get(subset)
            numbers = [counts[name] for name in ("documents", "text_bytes", "tokens", "shards")]
            shown = "" if weight is None or split != "train" else f"{weight:.3f}"
            table.add_row(split, subset, shown, *(f"{number:,}" for number in numbers))
    Console(highlight=False).print(table)
    return 0


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        json.dump(rows, sys.stdout, indent=2, default=_plain)
        print()
        return 0
    for row in rows:
        for name, value in row.items():
            if value not in (None, {}, []):
                print(f"{name}: {_shown(value)}")
        print()
    return 0


def _shown(value: object) -> str:
    """A value on one line: control characters as escapes, so that text cannot drive a terminal."""
    if isinstance(value, dict):
        known = {key: item for key, item in value.items() if item is not None}
        return "".join(f"\n  {key}: {_shown(item)}" for key, item in known.items())
    if isinstance(value, list):
        return "".join(f"\n  - {_shown(item)}" for item in value)
    text = _plain(value) if isinstance(value, bytes) else str(value)
    whole = len(text) <= _EXCERPT or isinstance(value, Marked)
    short = text if whole else f"{text[:_EXCERPT]}... ({len(text):,} characters)"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in short)


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
