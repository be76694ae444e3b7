"""`haybale train`: a recipe and a corpus to a model."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haybale.cli.overrides import add_set
from haybale.cli.plot_flag import check_plot

if TYPE_CHECKING:
    from haybale.training.report import RunPlan, StepReport, TrainingResult

_EPILOG = """\
Stopped at any moment, the same command with --resume goes on from the last checkpoint, with the
same tokens in the same order, also on another number of GPUs. Ctrl-C and SIGTERM end the step and
write a checkpoint first; Ctrl-C twice does not wait. The output folder holds checkpoint.pt,
steps.jsonl and validations.jsonl. --export and --plot of a finished run: with --resume.

examples:
  haybale train train_demo --data out
  haybale train recipe.toml --data out --output runs/a --device cuda --set training.compile=true
  haybale train recipe.toml --data out --output runs/a --resume --plot a.svg --export a-llama
  torchrun --nproc-per-node 8 -m haybale.cli train recipe.toml --data out --output runs/a \\
      --set training.parallel=fsdp
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "train",
        help="train a language model on a corpus",
        description="Train a dense decoder on a corpus's token shards.",
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
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw loss and tokens/s as .png or .svg"
    )
    parser.add_argument(
        "--export", type=Path, metavar="DIR", help="write the model as Hugging Face's Llama"
    )
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
    _check_before_training(args)
    from haybale.training.recipe import read_training_recipe
    from haybale.training.train import train

    recipe = read_training_recipe(find(args.recipe), tuple(args.overrides))
    output = Path(args.output or Path(args.data, "run", "train", recipe.name))
    reporter = _Reporter(output if args.resume else None)
    result = train(
        recipe,
        Path(args.data),
        output,
        args.device or ("cuda" if torch.cuda.is_available() else "cpu"),
        resume=args.resume,
        on_plan=reporter.plan,
        on_step=reporter.step,
    )
    if os.environ.get("RANK", "0") == "0":  # of those that torchrun started, one speaks
        _finish(args, output, result)
    return 0


def _check_before_training(args: argparse.Namespace) -> None:
    """What would only be missed hours later."""
    check_plot(args.plot)
    if args.export:
        from haybale.training.export import check_export

        check_export(Path(args.data), args.export)


def _finish(args: argparse.Namespace, output: Path, result: "TrainingResult") -> None:
    written = []
    if args.plot:
        from haybale.training.plot import plot_run

        plot_run(output, args.plot)
        written.append(f"{args.plot}: loss and tokens/s")
    if args.export:
        from haybale.training.export import export_llama

        files = export_llama(output, Path(args.data), args.export)
        written.append(f"{args.export}: {', '.join(files)}")
    if args.json:
        _print_json(result)
        return
    print(f"{output}: loss {result.final_loss:.4f} after {result.plan.num_steps} steps")
    if result.validation:
        print(
            f"validation: loss {result.validation.loss:.4f}, "
            f"{result.validation.bits_per_byte:.4f} bits per byte"
        )
    print("\n".join(written), end="\n" if written else "")


class _Reporter:
    """Says on standard error what is about to be done, and about thirty times how far it is."""

    def __init__(self, resumed: Path | None) -> None:
        """With the folder to go on in, if one is."""
        self._num_steps, self._resumed = 0, resumed

    def plan(self, plan: "RunPlan") -> None:
        from haybale.scaling.plan import NEARLY_FRESH_EPOCHS

        self._num_steps = plan.num_steps
        epochs = ", ".join(f"{source} {number:.2f}" for source, number in plan.epochs.items())
        lines = [
            f"{plan.num_parameters:,} parameters, {plan.num_tokens:,} tokens, "
            f"{plan.num_steps:,} steps, {plan.flops:.3g} FLOPs",
            f"epochs: {epochs}",
        ]
        most = max(plan.epochs, key=lambda source: plan.epochs[source])
        if plan.epochs[most] > NEARLY_FRESH_EPOCHS:
            lines.append(
                f"note: {most} is read {plan.epochs[most]:.1f} times; beyond "
                f"{NEARLY_FRESH_EPOCHS:g} repeated text is worth less than fresh"
            )
        if plan.world_size > 1:
            lines.append(f"{plan.world_size} processes")
        if plan.first_step:
            lines.append(f"resumed after step {plan.first_step:,}")
        elif self._resumed:
            lines.append(f"no checkpoint in {self._resumed} yet: from the beginning")
        print("\n".join(lines), file=sys.stderr)

    def step(self, report: "StepReport") -> None:
        every = max(1, self._num_steps // 30)
        if report.step not in (1, self._num_steps) and report.step % every:
            return
        mfu = "" if report.mfu is None else f"MFU {report.mfu:.1%}  "
        print(
            f"step {report.step:,}/{self._num_steps:,}  loss {report.loss:.4f}  "
            f"learning rate {report.learning_rate:.2e}  "
            f"{report.tokens_per_second:,.0f} tokens/s  {mfu}"
            f"data wait {report.data_wait_fraction:.1%}",
            file=sys.stderr,
            flush=True,
        )


def _print_json(result: "TrainingResult") -> None:
    import dataclasses
    import json

    json.dump(dataclasses.asdict(result), sys.stdout, indent=2)
    print()
