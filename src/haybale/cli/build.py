"""`haybale build`: a recipe to a corpus."""

import argparse
import gc
import json
import sys
from pathlib import Path
from typing import Any

from haybale.cli.first_run import say_if_kernels_compile
from haybale.cli.overrides import add_set
from haybale.cli.sizes import memory_bytes

_EPILOG = """\
Stopped at any moment, the same command goes on where it was. A finished folder is left alone.
What comes after -- is for Beam: any runner and any of its options.

examples:
  haybale build recipe.toml --output out --workers 2
  haybale build recipe.toml --output out --max-memory 2GiB
  haybale build massivetext --output out --set shards.target_tokens=1000000
  haybale build recipe.toml --output gs://bucket/out -- --runner=DataflowRunner --project=p \\
      --region=europe-west4 --temp_location=gs://bucket/tmp --sdk_container_image=IMAGE
"""
STAGES = ("ingest", "deduplicate", "tokenizer", "tokenize", "document")


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "build",
        help="build a corpus from a recipe",
        description="Read, extract, filter, deduplicate, tokenize and document text.",
        epilog=_EPILOG,
        usage="haybale build RECIPE --output DIR [options] [-- BEAM OPTIONS]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", metavar="RECIPE", help="a TOML file, or a shipped recipe's name")
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="folder, s3://, gs:// or abfs://"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="local processes")
    parser.add_argument(
        "--max-memory",
        type=memory_bytes,
        metavar="SIZE",
        help="what the build may take here, workers and all, such as 2GiB; default: three quarters "
        "of the machine or of its control group; less makes more passes, not other results",
    )
    add_set(parser, "subsets by name: subsets.books.weight=0.5")
    parser.add_argument(
        "--in-driver",
        type=memory_bytes,
        metavar="SIZE",
        help="steps over less input run here, whatever the runner; default 256MiB on Dataflow, "
        "else 0",
    )
    parser.add_argument("--stage", choices=STAGES, default=STAGES[-1], help="stop after this stage")
    parser.add_argument("--json", action="store_true", help="print stage and totals as JSON")
    parser.add_argument("--log", metavar="FILE", help="append the log, JSON lines, here as well")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build, then say what there is."""
    if not args.quiet:
        say_if_kernels_compile()
    from haybale.cli.recipes import find
    from haybale.corpus.errors import RecipeError
    from haybale.pipeline.build import build
    from haybale.pipeline.isolation.guard import bound_cpu
    from haybale.pipeline.progress import Progress
    from haybale.pipeline.report.amounts import count_of
    from haybale.pipeline.runners import Engine

    if args.output.partition("://")[0] == "memory":
        raise RecipeError(
            f"--output {args.output}: lies in this process's memory, and would be gone when this "
            "command ends; name a folder, or build in Python with haybale.pipeline.build"
        )
    gc.freeze()  # what libraries made is no garbage: nothing to look through after each step
    if args.supervised:
        bound_cpu()
    engine = Engine(args.workers, tuple(args.beam), args.max_memory, args.in_driver)
    manifest = build(
        find(args.recipe),
        args.output,
        engine=engine,
        overrides=tuple(args.overrides),
        last_stage=args.stage,
        progress=Progress(quiet=args.quiet),
        log=Path(args.log) if args.log else None,
        isolated=args.crashed and engine.is_local,
    )
    if args.json:
        done = args.stage if manifest is None else STAGES[-1]
        found = (None, None) if manifest is None else (manifest.digest, manifest.totals)
        json.dump({"stage": done, "digest": found[0], "totals": found[1]}, sys.stdout, indent=2)
        print()
        return 0
    if manifest is None:
        print(f"{args.output}: {args.stage} is done; without --stage the build goes on")
        return 0
    for split, subsets in manifest.totals.items():
        documents = sum(counts["documents"] for counts in subsets.values())
        tokens = sum(counts["tokens"] for counts in subsets.values())
        shards = sum(counts["shards"] for counts in subsets.values())
        counted = ((documents, "document"), (tokens, "token"), (shards, "shard"))
        print(f"{split}: {', '.join(count_of(number, what) for number, what in counted)}")
    print(f"card: {args.output.rstrip('/')}/README.md")
    return 0
