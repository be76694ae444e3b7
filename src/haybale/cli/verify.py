"""`haybale verify`: hash a finished corpus again, and count it again."""

import argparse
import json
import sys
from typing import Any

_EPILOG = """\
examples:
  haybale verify out            hash every file, add up the index
  haybale verify out --full     also read every token
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "verify",
        help="hash a corpus again and count it again",
        description="Check a finished corpus against its manifest; names each damaged file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    parser.add_argument("--full", action="store_true", help="also read every token")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify; 1 if anything is not as the manifest says."""
    from rich.console import Console

    from haybale.corpus.storage import Folder
    from haybale.corpus.verify import verify_corpus

    console = Console(file=sys.stderr, highlight=False)
    with console.status("reading") as status:
        result = verify_corpus(
            Folder(args.corpus), full=args.full, progress=lambda path: status.update(path)
        )
    if args.json:
        json.dump(vars(result), sys.stdout, indent=2)
        print()
        return 1 if result.problems else 0
    for problem in result.problems:
        print(f"haybale: {problem}", file=sys.stderr)
    if result.problems:
        return 1
    print(
        f"{args.corpus}: sound; {result.num_files:,} files, {result.num_bytes:,} bytes, "
        f"{result.documents:,} documents, {result.tokens:,} tokens"
    )
    return 0
