"""`haybale ablate`: which of two corpora makes the better model."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haybale.cli.overrides import add_set

if TYPE_CHECKING:
    from haybale.training.recipe import TrainingRecipe

_EPILOG = """\
The same small model is trained on each corpus, on equally many tokens and with several seeds, and
measured in bits per byte on text that neither trains on. Stopped at any moment, the same command
goes on.

examples:
  haybale ablate out/raw out/deduplicated --params 1e6 --tokens 2e7
  haybale ablate out/a out/b --params 5e7 --tokens 1e9 --seeds 5 --held-out out/other --json
  haybale ablate out/a out/b --recipe train_demo --set training.learning_rate=1e-3
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "ablate",
        help="train the same small model on two corpora and compare",
        description="Bits per byte of the same small model trained on two corpora.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("first", metavar="DIR_A", type=Path, help="what haybale build wrote")
    parser.add_argument("second", metavar="DIR_B", type=Path, help="what to compare it with")
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--params", type=float, metavar="N", help="size of the model")
    model.add_argument("--recipe", metavar="RECIPE", help="a training recipe, as haybale train's")
    parser.add_argument(
        "--tokens",
        type=float,
        metavar="D",
        help="of each model; by default the recipe's, or 20 for each parameter",
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="3 by default")
    parser.add_argument(
        "--held-out",
        type=Path,
        metavar="DIR",
        help="corpus whose validation split to measure on; by default those of DIR_A and DIR_B, "
        "less what either trains on",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of the runs; by default run/ablate/NAME_OF_B below DIR_A",
    )
    parser.add_argument("--device", metavar="NAME", help="by default cuda where there is one")
    add_set(parser, "with --recipe")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train, measure, print."""
    from haybale.cli.ablate_report import print_plan, print_result
    from haybale.cli.token_progress import token_progress
    from haybale.cli.training_device import training_device

    device = training_device(args.device)
    recipe = _recipe(args)
    from haybale.training.ablation import ablate

    output = args.output or args.first / "run" / "ablate" / args.second.resolve().name
    num_runs = 2 * max(args.seeds, 0)
    budget = recipe.training.num_steps(0) if recipe.training.tokens else 0
    with token_progress("ablation", num_runs * budget * recipe.training.step_tokens) as add:
        found = ablate(
            (args.first, args.second),
            recipe,
            args.seeds,
            output,
            device,
            held_out=args.held_out,
            on_plan=lambda left: print_plan(recipe, left, num_runs, device),
            on_tokens=add,
        )
    print_result(args, recipe, found)
    return 0


def _recipe(args: argparse.Namespace) -> "TrainingRecipe":
    from haybale.cli.recipes import find
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder
    from haybale.scaling.flops import training_flops
    from haybale.scaling.plan import compute_optimal_tokens
    from haybale.training.recipe import read_training_recipe
    from haybale.training.sweep_settings import recipe_for, sequence_length
    from haybale.training.sweep_shapes import smallest_parameters, swept_shape

    for flag in ("params", "tokens"):
        value = getattr(args, flag)
        if value is not None and not 1 <= value < float("inf"):
            raise RecipeError(f"--{flag}: expected a number from 1 on, found {value:g}")
    if args.recipe:
        overrides = list(args.overrides)
        if args.tokens is not None:
            overrides.append(f"training.tokens={args.tokens:.0f}")
        return read_training_recipe(find(args.recipe), tuple(overrides))
    if args.overrides:
        raise RecipeError("--set overrides values of a recipe: give one with --recipe")
    vocabulary_size = read_manifest(Folder(str(args.first))).tokens.vocabulary_size
    least = smallest_parameters(vocabulary_size)
    if args.params < least:
        raise RecipeError(
            f"--params: expected {least:,} or more with a vocabulary of {vocabulary_size:,}, "
            f"found {args.params:,.0f}"
        )
    shape = swept_shape(args.params, vocabulary_size)
    size = shape.parameters(vocabulary_size)
    num_tokens = args.tokens or compute_optimal_tokens(size)
    length = sequence_length(training_flops(size, num_tokens))
    return recipe_for(shape, vocabulary_size, num_tokens, length)
