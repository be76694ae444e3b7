"""`haybale import`: another trainer's token files to a corpus."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

_EPILOG = """\
PATH is a file with or without .idx or .npy, a glob in quotes, or a folder for all such files below;
SUBSET=PATH says where its documents go. All of them are for training.

examples:
  haybale import megatron books=data/books web=data/web out --eos-id 2 --vocabulary-size 32000
  haybale import olmo 'dolma/*.npy' out --eos-id 50279 --vocabulary-size 50280 --subset dolma
  haybale import megatron old.idx out --eos-id 0 --vocabulary-size 50257 --append-eos \\
      --tokenizer tokenizer.json
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "import",
        help="make a corpus of Megatron's or OLMo's token files",
        description="Make a corpus of another trainer's token files.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("peer", choices=("megatron", "olmo"), help="the format")
    parser.add_argument("paths", metavar="PATH", nargs="+", help="token files, see below")
    parser.add_argument("output", metavar="OUT", help="folder to make")
    parser.add_argument(
        "--eos-id", type=int, required=True, metavar="N", help="the id that ends every document"
    )
    parser.add_argument(
        "--vocabulary-size", type=int, required=True, metavar="N", help="ids are below it"
    )
    parser.add_argument(
        "--subset", metavar="NAME", help="where all of it goes; PATHs are bare then"
    )
    parser.add_argument("--append-eos", action="store_true", help="end documents that have no EOS")
    parser.add_argument(
        "--dtype", choices=("uint16", "uint32"), help="olmo: default: by the vocabulary's size"
    )
    parser.add_argument("--tokenizer", metavar="FILE", help="copied; its digest enters the shards")
    parser.add_argument("--bos-id", type=int, default=-1, metavar="N", help="default: none")
    parser.add_argument("--unk-id", type=int, default=-1, metavar="N", help="default: none")
    parser.add_argument(
        "--target-tokens", type=int, default=100_000_000, metavar="N", help="of a shard"
    )
    parser.add_argument("--name", default="imported", metavar="NAME", help="of the corpus")
    parser.add_argument("--json", action="store_true", help="print the totals as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import, then say what was written."""
    from haybale.cli.token_progress import token_progress
    from haybale.corpus.new_folder import new_folder
    from haybale.loaders.importing import ImportSettings, import_corpus

    settings = ImportSettings(
        vocabulary_size=args.vocabulary_size,
        eos_id=args.eos_id,
        bos_id=args.bos_id,
        unk_id=args.unk_id,
        append_eos=args.append_eos,
        target_tokens=args.target_tokens,
        name=args.name,
    )
    tokenizer = None if args.tokenizer is None else _tokenizer(args.tokenizer)
    files = _token_files(args)
    num_tokens = sum(file.num_tokens for group in files.values() for file in group)
    with (
        new_folder(args.output) as output,
        token_progress(f"importing to {args.output}", num_tokens) as progress,
    ):
        manifest = import_corpus(args.peer, files, settings, output, tokenizer, progress)
    if args.json:
        json.dump({"digest": manifest.digest, "totals": manifest.totals}, sys.stdout, indent=2)
        print()
        return 0
    for subset, counts in manifest.totals["train"].items():
        print(f"train/{subset}: {_counted(counts)}")
    totals = manifest.totals["train"].values()
    sums = {name: sum(counts[name] for counts in totals) for name in ("documents", "tokens")}
    num_bytes = sum(record.num_bytes for record in manifest.files)
    print(f"{args.output}: {_counted(sums)}, {num_bytes:,} bytes")
    return 0


def _tokenizer(path: str) -> bytes:
    from haybale.corpus.errors import RecipeError

    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise RecipeError(f"--tokenizer {path}: {error.strerror}") from None


def _token_files(args: argparse.Namespace) -> dict[str, list[Any]]:
    """The files that the paths mean, opened."""
    import numpy as np

    from haybale.corpus.errors import RecipeError
    from haybale.loaders.importing import MegatronFile, OlmoArray, find_files
    from haybale.tokenization.tokenizer import id_dtype

    if args.peer == "megatron":
        if args.dtype is not None:
            raise RecipeError("--dtype: Megatron's files say themselves what their ids are")
        found = find_files(args.paths, ".idx", args.subset)
        return {
            name: [MegatronFile(file.path, file.name) for file in files]
            for name, files in found.items()
        }
    dtype = np.dtype(args.dtype) if args.dtype else id_dtype(args.vocabulary_size)
    found = find_files(args.paths, ".npy", args.subset)
    return {
        name: [OlmoArray(file.path, file.name, dtype, args.eos_id) for file in files]
        for name, files in found.items()
    }


def _counted(counts: dict[str, int]) -> str:
    return f"{counts['documents']:,} documents, {counts['tokens']:,} tokens"
