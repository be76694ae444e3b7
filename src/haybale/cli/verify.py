"""`haybale verify`: check a finished corpus against its manifest, its texts and its index."""

import argparse
import json
import sys
import time
from typing import Any

_EPILOG = """\
examples:
  haybale verify out            all that training reads, and a sample of texts
  haybale verify out --full     every byte, every token, every document
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "verify",
        help="hash a corpus again and count it again",
        description=(
            "Check a finished corpus: files against the manifest, record batches against the "
            "index, tokens against texts. Names each damaged file and what is wrong with it."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    parser.add_argument("--full", action="store_true", help="check everything, not a sample")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify; 1 if anything is not as it should be."""
    from rich.console import Console

    from haybale.corpus.storage import Folder
    from haybale.corpus.verify import verify_corpus
    from haybale.tokenization.tokenizer import read_tokenizer

    console = Console(file=sys.stderr, highlight=False)
    with console.status("reading") as status:
        speed = _Speed(status.update if console.is_terminal else _print_line)
        result = verify_corpus(
            Folder(args.corpus), full=args.full, tokenizer=read_tokenizer, progress=speed.add
        )
    if args.json:
        json.dump(vars(result), sys.stdout, indent=2)
        print()
        return 1 if result.problems else 0
    for problem in result.problems:
        print(f"haybale: {problem}", file=sys.stderr)
    for line in result.not_checked:
        print(f"not checked: {line}")
    if result.problems:
        return 1
    print(
        f"{args.corpus}: sound; {result.num_files:,} files, {result.num_bytes:,} bytes, "
        f"{result.num_hashed:,} files of {result.hashed_bytes:,} bytes hashed; "
        f"{result.documents:,} documents, {result.tokens:,} tokens; "
        f"{result.compared_documents:,} documents compared with their texts; "
        f"{result.exact_documents:,} of {result.decoded_documents:,} decode to their very text"
    )
    return 0


def _print_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class _Speed:
    """Says now and then what is being read, and how fast."""

    def __init__(self, say: Any) -> None:
        self._say = say
        self._seconds = 0.2 if say is not _print_line else 15.0
        self._started = self._last = time.monotonic()
        self._num_bytes = 0

    def add(self, path: str, num_bytes: int) -> None:
        """So many more bytes were read."""
        self._num_bytes += num_bytes
        now = time.monotonic()
        if now - self._last >= self._seconds:
            self._last, rate = now, self._num_bytes / (now - self._started) / 1e6
            self._say(f"{path}: {self._num_bytes / 1e6:,.0f} MB read, {rate:,.0f} MB/s")
