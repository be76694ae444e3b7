"""What `haybale ablate` prints: what is left to do before it begins, the comparison in the end."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from haybale.cli.duration import duration

if TYPE_CHECKING:
    from haybale.training.ablation import Ablation
    from haybale.training.ablation_run import AblationRun
    from haybale.training.recipe import TrainingRecipe


def print_plan(
    recipe: "TrainingRecipe", left: "Sequence[AblationRun]", num_runs: int, device: str
) -> None:
    """Say on standard error what model it is, what is left to do, and how long it will take."""
    model, settings = recipe.model, recipe.training
    steps, step_tokens = settings.num_steps(0), settings.step_tokens
    _say(
        f"each model: depth {model.depth}, width {model.width}, heads {model.heads}; {steps:,} "
        f"steps of {step_tokens:,} tokens, in samples of {settings.sequence_length:,}; learning "
        f"rate {settings.learning_rate:.2g}"
    )
    trained = {run.output for run in left if run.is_trained}  # which reads its checkpoint
    done = num_runs - len(left)
    finished = f" ({done} of {num_runs} are finished)" if done else ""
    measured = f", {len(trained)} only to measure" if trained else ""
    _say(f"{len(left) - len(trained)} models to train{measured}{finished}")
    # Runs of a corpus differ by their seed alone.
    for run in {run.data: run for run in left}.values():
        _say(f"{run.data}: {run.num_tokens:,} tokens for each, measured on {run.num_held_out:,}")
    alike: dict[tuple[Path, bool], list[AblationRun]] = {}
    for run in left:
        alike.setdefault((run.data, run.output in trained), []).append(run)
    seconds = sum(
        len(runs) * _seconds(runs[0], device, is_trained=is_trained)
        for (_, is_trained), runs in alike.items()
    )
    _say(f"about {duration(seconds)} on {device}")


def _seconds(run: "AblationRun", device: str, *, is_trained: bool) -> float:
    from haybale.training.training_time import seconds_for

    size, measured = run.vocabulary_size, run.num_held_out
    return seconds_for(run.recipe, size, device, measured, is_trained=is_trained)


def print_result(args: argparse.Namespace, recipe: "TrainingRecipe", found: "Ablation") -> None:
    """Say what came of it, for people or as JSON."""
    if args.json:
        shown = {
            "first": {"corpus": str(args.first), "bits_per_byte": found.first},
            "second": {"corpus": str(args.second), "bits_per_byte": found.second},
            "difference": {
                **dataclasses.asdict(found.difference),
                "is_clear": found.difference.is_clear,
            },
            "tokens": found.num_tokens,
            "held_out": {
                "documents": found.num_documents,
                "text_bytes": found.num_bytes,
                "left_out": found.num_trained,
            },
            "recipe": dataclasses.asdict(recipe),
        }
        print(json.dumps(shown, indent=2))
        return
    for letter, path, bits in (("A", args.first, found.first), ("B", args.second, found.second)):
        each = "  ".join(f"{one:.4f}" for one in bits)
        print(f"{letter}  {path}: {sum(bits) / len(bits):.4f} bits per byte  ({each})")
    between = found.difference
    share = between.mean / (sum(found.first) / len(found.first))
    verdict = (
        ("B is better" if between.mean < 0 else "A is better")
        if between.is_clear
        else ("these seeds do not tell them apart")
    )
    print(
        f"B - A: {between.mean:+.4f} bits per byte ({share:+.1%}), 95 % interval "
        f"{between.low:+.4f} to {between.high:+.4f} over {len(found.first)} seeds: {verdict}"
    )
    left = f"; {found.num_trained:,} left out, in training" if found.num_trained else ""
    print(
        f"{found.num_tokens:,} tokens each; measured on {found.num_documents:,} documents, "
        f"{found.num_bytes:,} bytes{left}"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
