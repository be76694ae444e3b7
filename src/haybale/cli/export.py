"""`haybale export`: a corpus's shards in another trainer's format."""

import argparse
import json
import sys
from typing import Any

_EPILOG = """\
megatron   SPLIT/SUBSET.bin and .idx: one prefix of a blend for each subset
olmo       SPLIT/SUBSET/NUMBER.npy (bare ids) and .csv.gz (boundaries), a pair for each shard
datatrove  SPLIT/SUBSET/NUMBER.ds, .ds.index and .ds.metadata for each shard
OUT/export.json says what these have no room for.

examples:
  haybale export megatron out out-megatron
  haybale export olmo out out-olmo --split train
  haybale export datatrove out books-datatrove --split train --subset books --json
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "export",
        help="write shards in Megatron's, OLMo's or datatrove's format",
        description="Write a corpus's token shards in the format of another trainer.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "peer",
        choices=("megatron", "olmo", "datatrove"),
        metavar="FORMAT",
        help="megatron, olmo or datatrove",
    )
    parser.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    parser.add_argument("output", metavar="OUT", help="folder to make")
    parser.add_argument("--split", metavar="NAME", help="train or validation; default: both")
    parser.add_argument("--subset", metavar="NAME", help="default: all")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export, then say what was written."""
    from haybale.cli.token_progress import token_progress
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.new_folder import new_folder
    from haybale.corpus.storage import Folder
    from haybale.loaders.export import export_corpus
    from haybale.loaders.export.selection import select

    corpus = Folder(args.corpus)
    manifest = read_manifest(corpus)
    selections = select(corpus, manifest, args.split, args.subset)
    num_tokens = sum(selection.num_tokens for selection in selections)
    with (
        new_folder(args.output) as output,
        token_progress(f"exporting to {args.output}", num_tokens) as progress,
    ):
        exported = export_corpus(args.peer, corpus, manifest, selections, output, progress)
    if args.json:
        json.dump([one.as_json() for one in exported], sys.stdout, indent=2)
        print()
        return 0
    for one in exported:
        place = f"{len(one.files):,} files, {one.files[0].path} first"
        print(f"{one.split}/{one.subset}: {_counted(one.documents, one.tokens)}: {place}")
    documents = sum(one.documents for one in exported)
    num_bytes = sum(one.num_bytes for one in exported)
    print(f"{args.output}: {_counted(documents, num_tokens)}, {num_bytes:,} bytes")
    return 0


def _counted(documents: int, tokens: int) -> str:
    return f"{documents:,} documents, {tokens:,} tokens"
