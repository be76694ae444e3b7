"""What `haybale sweep` prints: the grid before it begins, the laws and the advice in the end."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from haybale.cli.duration import duration
from haybale.cli.fit import draw_approaches, fitted_approaches
from haybale.cli.fit_report import json_rows, print_text

if TYPE_CHECKING:
    from haybale.scaling.fit import FittedApproach
    from haybale.training.sweep_grid import GridRun

_NUM_DRAWS = 200
_PREFERRED = (2, 3, 1)
"""The grid is made for the second approach; the third takes all runs; curves are on one horizon."""


def print_grid(
    grid: "Sequence[GridRun]",
    left: "Sequence[GridRun]",
    unique_tokens: int,
) -> None:
    """Say on standard error what is about to be done."""
    from haybale.scaling.plan import NEARLY_FRESH_EPOCHS

    for flops in sorted({run.flops for run in grid}):
        runs = [run for run in grid if run.flops == flops]
        sizes = ", ".join(f"{run.num_parameters:,}" for run in runs)
        tokens = f"{runs[-1].num_tokens:,} to {runs[0].num_tokens:,}"
        _say(f"{flops:.3g} FLOPs: {sizes} parameters, on {tokens} tokens")
    epochs = max(run.num_tokens for run in grid) / unique_tokens
    if epochs > NEARLY_FRESH_EPOCHS:
        _say(
            f"note: the longest run reads the corpus {epochs:.1f} times; beyond "
            f"{NEARLY_FRESH_EPOCHS:g} repeated text is worth less than fresh, and the laws are of "
            "fresh text"
        )
    done = len(grid) - len(left)
    finished = f" ({done} of {len(grid)} are finished)" if done else ""
    _say(f"{len(left)} runs to do{finished}")


def print_time(left: "Sequence[GridRun]", vocabulary_size: int, device: str) -> None:
    """Say on standard error how long that will take, when a step of each was timed."""
    from haybale.training.training_time import seconds_for

    seconds = sum(seconds_for(each.recipe, vocabulary_size, device) for each in left)
    _say(f"about {duration(seconds)} on {device}")


def print_edges(further: "Sequence[GridRun]") -> None:
    """Say on standard error which budgets have their best run at the edge of the grid."""
    budgets = ", ".join(f"{run.flops:.3g}" for run in further)
    _say(f"the best run of {budgets} FLOPs is near the edge of the sizes tried: one more is added")


def print_result(args: argparse.Namespace, path: Path, grid: "Sequence[GridRun]") -> int:
    """Fit the runs of the file, draw and print.

    Raises:
        RecipeError: If no approach can be fitted to them.
    """
    from haybale.corpus.errors import RecipeError
    from haybale.scaling.runs import RunsError
    from haybale.scaling.runs_file import read_runs

    runs = read_runs(path)
    flops = args.flops or max(run.flops for run in grid)
    try:
        fitted, refused = fitted_approaches(runs, flops, num_draws=_NUM_DRAWS)
    except RunsError as error:
        raise RecipeError(f"all runs are done ({path}), but they settle no law: {error}") from None
    if args.plot:
        draw_approaches(args.plot, fitted, runs)
    found = {each.approach: each for each in fitted}
    best = found[next(approach for approach in _PREFERRED if approach in found)]
    if args.json:
        shown = {
            "corpus": str(args.data),
            "runs": str(path),
            "approaches": json_rows(fitted, refused),
            "best": {
                "approach": best.approach,
                "flops": best.flops,
                "params": best.quantities["params"],
                "tokens": best.quantities["tokens"],
            },
        }
        json.dump(shown, sys.stdout, indent=2)
        print()
    else:
        print_text(path, runs, fitted, refused)
        if args.plot:
            print(f"drawn: {args.plot}")
        print()
        if best.approach != _PREFERRED[0]:
            print(
                f"note: approach 2, which the grid is made for, cannot be fitted; believe approach "
                f"{best.approach} only where its intervals are narrow"
            )
        print(_advice(args.data, best))
    return 0


def _advice(data: Path, best: "FittedApproach") -> str:
    interval = best.bootstrap.intervals.get("params")
    between = (
        f" (80 % of draws: {interval.low_80:.3g} to {interval.high_80:.3g})" if interval else ""
    )
    return (
        f"for {data}, at {best.flops:.3g} FLOPs, train {best.quantities['params']:.3g} parameters"
        f"{between} on {best.quantities['tokens']:.3g} tokens (approach {best.approach})"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
