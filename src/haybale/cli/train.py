"""`haybale train`: a recipe and a corpus to a model."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haybale.cli.overrides import add_set

if TYPE_CHECKING:
    from haybale.training.report import RunPlan, StepReport

_EPILOG = """\
Stopped at any moment, the same command with --resume goes on from the last checkpoint, with the
same tokens in the same order. The output folder holds losses.csv, validation.csv and checkpoint.pt.

examples:
  haybale train train_demo --data out
  haybale train recipe.toml --data out --output runs/a --device cuda --set training.seed=1
  haybale train recipe.toml --data out --output runs/a --device cuda --resume
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "train",
        help="train a language model on a corpus",
        description="Train a small dense decoder on a corpus's token shards.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", metavar="RECIPE", help="a TOML file, or a shipped recipe's name")
    parser.add_argument("--data", required=True, metavar="DIR", help="what haybale build wrote")
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="folder of the run; by default run/train/NAME below the data",
    )
    parser.add_argument("--device", metavar="NAME", help="by default cuda where there is one")
    add_set(parser, "training.learning_rate=1e-3")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train, reporting on the way."""
    from haybale.cli.recipes import find
    from haybale.corpus.errors import RecipeError

    try:
        import torch
    except ModuleNotFoundError:
        raise RecipeError("training needs PyTorch: pip install 'haybale[train]'") from None
    from haybale.training.recipe import read_training_recipe
    from haybale.training.train import train

    recipe = read_training_recipe(find(args.recipe), tuple(args.overrides))
    output = Path(args.output or Path(args.data, "run", "train", recipe.name))
    reporter = _Reporter()
    result = train(
        recipe,
        Path(args.data),
        output,
        args.device or ("cuda" if torch.cuda.is_available() else "cpu"),
        resume=args.resume,
        on_plan=reporter.plan,
        on_step=reporter.step,
    )
    if args.json:
        _print_json(result)
        return 0
    print(f"{output}: loss {result.final_loss:.4f} after {result.plan.num_steps} steps")
    if result.validation:
        print(
            f"validation: loss {result.validation.loss:.4f}, "
            f"{result.validation.bits_per_byte:.4f} bits per byte"
        )
    return 0


class _Reporter:
    """Says on standard error what is about to be done, and about thirty times how far it is."""

    def __init__(self) -> None:
        self._num_steps = 0

    def plan(self, plan: "RunPlan") -> None:
        self._num_steps = plan.num_steps
        epochs = ", ".join(f"{source} {number:.2f}" for source, number in plan.epochs.items())
        lines = [
            f"{plan.num_parameters:,} parameters, {plan.num_tokens:,} tokens, "
            f"{plan.num_steps:,} steps, {plan.flops:.3g} FLOPs",
            f"epochs: {epochs}",
        ]
        if plan.first_step:
            lines.append(f"resumed after step {plan.first_step:,}")
        print("\n".join(lines), file=sys.stderr)

    def step(self, report: "StepReport") -> None:
        every = max(1, self._num_steps // 30)
        if report.step not in (1, self._num_steps) and report.step % every:
            return
        print(
            f"step {report.step:,}/{self._num_steps:,}  loss {report.loss:.4f}  "
            f"learning rate {report.learning_rate:.2e}  "
            f"{report.tokens_per_second:,.0f} tokens/s  "
            f"data wait {report.data_wait_fraction:.1%}",
            file=sys.stderr,
            flush=True,
        )


def _print_json(result: Any) -> None:
    import dataclasses
    import json

    json.dump(dataclasses.asdict(result), sys.stdout, indent=2)
    print()
