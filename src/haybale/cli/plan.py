"""`haybale plan`: a budget to a model, its tokens and a recipe, and what that asks of a corpus."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haybale.cli.plan_flags import OF_A_RUN, corpus_of, flag, given_budget, hardware_of, number
from haybale.cli.plan_plot import draw_famous
from haybale.cli.plot_flag import check_plot
from haybale.corpus.errors import RecipeError

if TYPE_CHECKING:
    from haybale.scaling.approaches import Approach

_EPILOG = """\
Give one budget: compute, parameters, tokens or hours of GPUs. A corpus alone is one too: as many
tokens as it has, or fewer where its weights would read a subset too often. Approaches 1 to 3 are
those of Hoffmann et al. 2022; corrected is the third as Besiroglu et al. 2024 fitted it anew.

examples:
  haybale plan --flops 5.76e23 --gpu h100 --gpus 1024
  haybale plan --gpu-hours 200 --gpu h200 --mfu 0.4 --corpus out --output planned.toml
  haybale plan --params 13e9 --inference-tokens 2e12 --approach 3
  haybale plan --corpus out --json
  haybale plan --famous --plot famous.svg
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "plan",
        help="what a budget buys: a model, its tokens, epochs",
        description="Compute-optimal training: a budget to a model, its tokens and a recipe.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # Numbers stay text until `run`, which says on one line what is wrong with one.
    parser.add_argument("--flops", metavar="C", help="training compute, such as 5.76e23")
    parser.add_argument("--params", metavar="N", help="model size, embedding included")
    parser.add_argument("--tokens", metavar="D", help="training tokens")
    parser.add_argument("--gpu-hours", metavar="H", help="of all GPUs together; needs --gpu")
    parser.add_argument("--gpu", metavar="NAME", help="a100, h100, h200, b200, l4, ...")
    parser.add_argument("--gpus", metavar="N", help="how many of them; default 1")
    parser.add_argument("--mfu", metavar="X", help="share of their peak that trains; default 0.4")
    parser.add_argument("--corpus", metavar="DIR", help="what haybale build wrote")
    parser.add_argument("--max-epochs", metavar="X", help="of any subset of it; default 4")
    parser.add_argument(
        "--inference-tokens", metavar="T", help="to be served: a smaller model will be cheaper"
    )
    parser.add_argument(
        "--approach", default="corrected", metavar="NAME", help="1, 2, 3 or corrected (default)"
    )
    parser.add_argument(
        "--vocabulary", metavar="V", help="of the tokenizer; the corpus's, else 32000"
    )
    parser.add_argument("--output", metavar="FILE", help="write a recipe for haybale train")
    parser.add_argument("--famous", action="store_true", help="large models by the same law")
    parser.add_argument("--plot", metavar="FILE", help="with --famous: draw them as .png or .svg")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Plan, and print."""
    from haybale.scaling.approaches import APPROACHES
    from haybale.scaling.budget import BudgetError

    if args.approach not in APPROACHES:
        known = ", ".join(APPROACHES)
        raise RecipeError(f"--approach: expected one of {known}, found {args.approach!r}")
    approach = APPROACHES[args.approach]
    if args.plot and not args.famous:
        raise RecipeError("--plot: draws large models against the frontiers; add --famous")
    check_plot(Path(args.plot) if args.plot else None)
    try:
        return _compare(args, approach) if args.famous else _plan(args, approach)
    except BudgetError as error:
        raise RecipeError(str(error)) from None


def _plan(args: argparse.Namespace, approach: "Approach") -> int:
    from haybale.cli.plan_json import plan_as_json
    from haybale.cli.plan_report import plan_lines
    from haybale.scaling.architectures import VOCABULARY_SIZE
    from haybale.scaling.data_plan import plan_data, refuse_above
    from haybale.scaling.proposal import propose, refuse_below_smallest
    from haybale.scaling.training_recipe import training_recipe

    hardware = hardware_of(args)
    given, corpus = given_budget(args, hardware), corpus_of(args)
    budget = corpus.lasting() if corpus and given is None else given
    if budget is None:
        raise RecipeError("give a budget: --flops, --params, --tokens, --gpu-hours or --corpus")
    vocabulary = (
        corpus.vocabulary_size if corpus else number(args, "vocabulary", whole=True, most=1e9)
    )
    inference_tokens = number(args, "inference_tokens", zero=True, most=1e20) or 0.0
    proposal = propose(budget, approach, inference_tokens, int(vocabulary or VOCABULARY_SIZE))
    if given or args.output:  # a small corpus may still be asked what it lasts for
        refuse_below_smallest(proposal)
    data = None
    if corpus:
        data = plan_data(corpus.unique_tokens, corpus.weights, proposal.allocation.tokens)
        refuse_above(data, corpus.max_epochs)
    if args.output:
        _write(Path(args.output), training_recipe(proposal))
    if args.json:
        return _print_json(plan_as_json(proposal, hardware, data))
    print("\n".join(plan_lines(proposal, hardware, data)))
    return 0


def _write(path: Path, recipe: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(recipe)
    except FileExistsError:
        raise RecipeError(f"--output: {path} exists; name another file, or remove it") from None
    except OSError as error:
        raise RecipeError(f"--output: {path} cannot be written: {error.strerror}") from None


def _compare(args: argparse.Namespace, approach: "Approach") -> int:
    from haybale.cli.plan_json import comparison_as_json
    from haybale.cli.plan_report import comparison_lines
    from haybale.scaling.famous import FAMOUS, compare

    if given := [name for name in OF_A_RUN if getattr(args, name)]:
        raise RecipeError(f"--famous plans no run, so {flag(given[0])} does nothing; leave it out")
    if approach.law is None:
        raise RecipeError(
            f"--famous: approach {approach.name} predicts no loss to compare; take 3 or corrected"
        )
    if args.plot:
        draw_famous(Path(args.plot))
    found = [compare(model, approach.law) for model in FAMOUS]
    if args.json:
        return _print_json([comparison_as_json(comparison) for comparison in found])
    print("\n".join(comparison_lines(found, approach)))
    return 0


def _print_json(content: Any) -> int:
    json.dump(content, sys.stdout, indent=2)
    print()
    return 0
