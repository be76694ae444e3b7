"""`haybale fit`: scaling laws from a file of training runs."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haybale.cli.fit_report import print_json, print_text
from haybale.cli.plot_flag import check_plot

if TYPE_CHECKING:
    from haybale.scaling.fit import FittedApproach
    from haybale.scaling.runs import Runs

_EPILOG = """\
RUNS.csv has a row a run, with the columns params, tokens (or flops) and loss, in nats per token.
With a column run, a run may have many rows, its training curve, which approach 1 needs.

examples:
  haybale fit runs.csv                                        whatever the runs allow
  haybale fit runs.csv --approach 3 --json
  haybale fit runs.csv --approach 2 --flops 1e21 --plot isoflop.svg
  haybale fit runs.csv --approach 3 --drop-highest 5 --bootstrap 4000 --every-start
"""


_LEAST_DRAWS = 20
"""One of them is 5 % to either side."""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "fit",
        help="fit scaling laws to training runs",
        description="Fit the three approaches of Hoffmann et al. 2022 to runs of your own.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", metavar="RUNS.csv", type=Path)
    parser.add_argument(
        "--approach",
        choices=["1", "2", "3", "all"],
        default="all",
        help="1 envelope, 2 IsoFLOP, 3 parametric loss; by default all that the runs allow",
    )
    parser.add_argument(
        "--flops",
        type=float,
        metavar="C",
        help="the budget to give the best size for; by default that of the largest run",
    )
    parser.add_argument(
        "--bootstrap", type=int, default=200, metavar="N", help="draws for intervals; 0 for none"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the draws")
    parser.add_argument(
        "--drop-highest",
        type=int,
        default=0,
        metavar="K",
        help="approach 3: leave out the K runs of highest loss",
    )
    parser.add_argument(
        "--every-start",
        action="store_true",
        help="approach 3: optimise from all 4,500 points of the grid, not from the best 100",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it as .png or .svg")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Fit, draw, print."""
    _check(args)
    from haybale.corpus.errors import RecipeError
    from haybale.scaling.runs import RunsError
    from haybale.scaling.runs_file import read_runs

    try:
        runs = read_runs(args.runs)
        fitted, refused = fitted_approaches(
            runs,
            args.flops or float(runs.flops.max()),
            approach=args.approach,
            num_draws=args.bootstrap,
            seed=args.seed,
            num_dropped=args.drop_highest,
            every_start=args.every_start,
        )
    except (FileNotFoundError, IsADirectoryError):
        raise RecipeError(f"{args.runs}: no such file; expected a CSV file of runs") from None
    except RunsError as error:
        raise RecipeError(str(error)) from None
    if args.plot:
        draw_approaches(args.plot, fitted, runs)
    if args.json:
        print_json(args.approach, runs, fitted, refused)
    else:
        print_text(args.runs, runs, fitted, refused)
        if args.plot:
            print(f"drawn: {args.plot}")
    return 0


def _check(args: argparse.Namespace) -> None:
    from haybale.corpus.errors import RecipeError

    if args.flops is not None and not 1 <= args.flops <= 1e40:
        raise RecipeError(f"--flops is {args.flops:g}; expected a number from 1 to 1e+40")
    if 0 < args.bootstrap < _LEAST_DRAWS:
        raise RecipeError(
            f"--bootstrap is {args.bootstrap}; expected {_LEAST_DRAWS} or more for intervals, or 0 "
            "for none"
        )
    for flag in ("bootstrap", "seed", "drop_highest"):
        if getattr(args, flag) < 0:
            name = flag.replace("_", "-")
            raise RecipeError(f"--{name} is {getattr(args, flag)}; expected 0 or more")
    if args.approach in ("1", "2") and (args.drop_highest or args.every_start):
        raise RecipeError("--drop-highest and --every-start are of approach 3 only")
    check_plot(args.plot)


def fitted_approaches(
    runs: "Runs",
    flops: float,
    *,
    approach: str = "all",
    num_draws: int,
    seed: int = 0,
    num_dropped: int = 0,
    every_start: bool = False,
) -> tuple[list["FittedApproach"], dict[int, str]]:
    """The approaches asked for, and of `all` those that the runs do not allow, with the reason.

    Args:
        runs: What to fit.
        flops: The budget to give the best size for.
        approach: "1", "2", "3" or "all".
        num_draws: Of the bootstrap; 0 for no intervals.
        seed: Of the draws.
        num_dropped: Runs of highest loss that approach 3 leaves out.
        every_start: Whether approach 3 begins from the whole grid.

    Raises:
        RunsError: If not one of them can be fitted.
    """
    from haybale.scaling import fit, parametric
    from haybale.scaling.runs import RunsError

    asked = (flops, num_draws, seed)
    num_starts = len(parametric.GRID) if every_start else parametric.NUM_STARTS
    approaches: dict[int, Callable[[], FittedApproach]] = {
        1: lambda: fit.fit_envelope_approach(runs, *asked),
        2: lambda: fit.fit_isoflop_approach(runs, *asked),
        3: lambda: fit.fit_parametric_approach(runs, *asked, num_dropped, num_starts),
    }
    if approach != "all":
        return [approaches[int(approach)]()], {}
    fitted, refused = [], {}
    for number, fit_it in approaches.items():
        try:
            fitted.append(fit_it())
        except RunsError as error:
            refused[number] = str(error)
    if not fitted:
        raise RunsError("; ".join(refused.values()))
    return fitted, refused


def draw_approaches(path: Path, fitted: list["FittedApproach"], runs: "Runs") -> None:
    """A panel for each approach."""
    from haybale.scaling.envelope import EnvelopeFit
    from haybale.scaling.isoflop import IsoFlopFit
    from haybale.scaling.plots.contours import draw_contours
    from haybale.scaling.plots.envelope import draw_envelope
    from haybale.scaling.plots.figure import written_figure
    from haybale.scaling.plots.isoflop import draw_isoflop

    with written_figure(path, len(fitted)) as panels:
        for axes, found in zip(panels, fitted, strict=True):
            if isinstance(found.details, EnvelopeFit):
                draw_envelope(axes, found.details, runs)
            elif isinstance(found.details, IsoFlopFit):
                draw_isoflop(axes, found.details)
            else:
                draw_contours(axes, found.details.law, runs)
