"""`haybale sweep`: small models on a corpus, and the scaling laws that they follow."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haybale.cli.plot_flag import check_plot

if TYPE_CHECKING:
    from haybale.training.sweep_grid import GridRun

_EPILOG = """\
For each budget, models of several sizes about the planned best one are trained, each on the tokens
that the budget leaves it; where the best one is near the smallest or the largest, further ones
are added. The output folder has a folder for each run and runs.csv, which haybale
fit reads. Stopped at any moment, the same command goes on.

examples:
  haybale sweep out --budgets 1.5e11 4e11 1e12     twenty minutes on a laptop, with 1,000 pieces
  haybale sweep out --budgets 1e17 3e17 1e18 3e18 --sizes 7 --plot sweep.svg
  haybale sweep out --budgets 1e17 3e17 1e18 --flops 1e21 --json
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "sweep",
        help="train a grid of small models and fit scaling laws to it",
        description="An IsoFLOP grid of small models on a corpus, and what it says of large ones.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", metavar="DIR", type=Path, help="what haybale build wrote")
    parser.add_argument(
        "--budgets", required=True, nargs="+", type=float, metavar="C", help="FLOPs, two or more"
    )
    parser.add_argument(
        "--sizes", type=int, default=5, metavar="N", help="of models for each budget; 5 by default"
    )
    parser.add_argument(
        "--flops",
        type=float,
        metavar="C",
        help="the budget to give the best size for; by default the largest of the sweep",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of the runs; by default run/sweep below the corpus",
    )
    parser.add_argument("--device", metavar="NAME", help="by default cuda where there is one")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it as .png or .svg")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train, fit, draw, print."""
    from haybale.cli.sweep_report import print_edges, print_grid, print_result, print_time
    from haybale.cli.token_progress import token_progress
    from haybale.cli.training_device import training_device

    device = training_device(args.device)
    _check(args)
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder
    from haybale.training.sweep import check_identities, final_losses, is_finished, sweep
    from haybale.training.sweep_grid import beyond_edges, isoflop_grid

    manifest = read_manifest(Folder(str(args.data)))
    vocabulary_size = manifest.tokens.vocabulary_size
    grid = further = isoflop_grid(args.budgets, args.sizes, vocabulary_size)
    _check_corpus(args.data, manifest, grid)
    output = args.output or args.data / "run" / "sweep"
    check_identities(grid, args.data, output)
    while further:
        left = [each for each in further if not is_finished(each, output)]
        print_grid(further, left, _train_tokens(manifest))
        print_time(left, vocabulary_size, device)
        with token_progress("sweep", sum(each.num_tokens for each in left)) as add:
            path = sweep(grid, args.data, output, device, on_tokens=add)
        further = beyond_edges(grid, final_losses(grid, output), vocabulary_size)
        if further:
            print_edges(further)
        grid = (*grid, *further)
    return print_result(args, path, grid)


def _check(args: argparse.Namespace) -> None:
    from haybale.corpus.errors import RecipeError

    for flops in (*args.budgets, *([args.flops] if args.flops is not None else [])):
        if not 0 < flops < float("inf"):
            raise RecipeError(f"--budgets and --flops: expected numbers above 0, found {flops:g}")
    check_plot(args.plot)


def _train_tokens(manifest: Any) -> int:
    return sum(counts["tokens"] for counts in manifest.totals["train"].values())


def _check_corpus(data: Path, manifest: Any, grid: "tuple[GridRun, ...]") -> None:
    """What the first run would only say of one sample, and the last one hours later."""
    from haybale.corpus.errors import RecipeError

    settings = grid[0].recipe.training
    held_out = sum(counts["tokens"] for counts in manifest.totals.get("validation", {}).values())
    if held_out < settings.sequence_length:
        raise RecipeError(
            f"{data}: its validation split has {held_out:,} tokens; a sweep compares losses there "
            f"and needs {settings.sequence_length:,} at least: build it with a larger "
            "shards.validation_fraction"
        )
