"""`haybale estimate`: what a build will hold and cost, before it is begun."""

import argparse
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from haybale.cli.first_run import say_if_kernels_compile
from haybale.cli.overrides import add_set
from haybale.cli.sizes import memory_bytes

_EPILOG = """\
A sample of the input is built in a temporary folder, on one core; nothing else is written. Every
number says where it comes from: measured (on the sample), computed, assumed or given.

prices.toml holds your own, any of:
  currency = "EUR"
  machine_hour =          # this computer
  vcpu_hour =             # and memory_gb_hour, disk_gb_hour of Dataflow's workers
  shuffle_gb =            # also storage_gb_month, requests_1000

examples:
  haybale estimate recipe.toml
  haybale estimate recipe.toml --tokens 1.4e12 --vcpus 512 --core-speed 0.8
  haybale estimate massivetext --sample 128M --workers 16 --prices prices.toml --json
"""
_HOUR = 3600
_VCPUS = 64
_SMALL_BYTES = 5e4
_ELSEWHERE = ("shuffles", "Dataflow", "money, Dataflow")
"""Sections that are shown if something of Dataflow was asked for."""
_ASKING = (signal.SIGTERM, signal.SIGHUP)
_COUNTED = ("documents", "tokens", "files", "parts", "jobs", "processes", "vCPUs", "pipelines")


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "estimate",
        help="what a build will hold and cost",
        description="Build a sample of a recipe's input; tell documents, tokens, time and size.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipe", metavar="RECIPE", help="a TOML file, or a shipped recipe's name")
    parser.add_argument(
        "--sample",
        type=memory_bytes,
        default="32M",
        metavar="SIZE",
        help="input to build, as stored; default 32M; more makes intervals narrower",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws another sample")
    parser.add_argument(
        "--tokens", type=_tokens, metavar="N", help="scale to so many, such as 1.4e12"
    )
    parser.add_argument("--prices", type=Path, metavar="FILE", help="TOML file of your prices")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes of the build foretold"
    )
    parser.add_argument(
        "--max-memory", type=memory_bytes, metavar="SIZE", help="its memory, as of haybale build"
    )
    parser.add_argument(
        "--vcpus",
        type=int,
        metavar="N",
        help="show a Dataflow job with so many as well; 64 where only --core-speed or a price of "
        "it is given",
    )
    parser.add_argument(
        "--core-speed",
        type=float,
        metavar="X",
        help="of a vCPU there, relative to a core here; default 1.0, which is assumed",
    )
    add_set(parser, "as of haybale build")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(run=run)


def _tokens(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 1 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number such as 1.4e12, found {text!r}")
    return number


def run(args: argparse.Namespace) -> int:
    """Estimate, and print."""
    if not args.quiet:
        say_if_kernels_compile()
    from haybale.cli.recipes import find
    from haybale.corpus.errors import RecipeError
    from haybale.pipeline.estimate.forecast import Setting, estimate
    from haybale.pipeline.estimate.lines import as_json
    from haybale.pipeline.estimate.prices import read_prices
    from haybale.pipeline.progress import Progress
    from haybale.pipeline.recipe.loaded import load_build_recipe
    from haybale.pipeline.report.machine import num_cores
    from haybale.pipeline.runners import Engine

    vcpus = _VCPUS if args.vcpus is None else args.vcpus
    core_speed = 1.0 if args.core_speed is None else args.core_speed
    if vcpus < 1:
        raise RecipeError(f"--vcpus: expected at least 1, found {vcpus}")
    if not 0 < core_speed < float("inf"):
        raise RecipeError(f"--core-speed: expected a positive number, found {core_speed}")
    prices = None if args.prices is None else read_prices(args.prices)
    engine = Engine(args.workers, max_memory_bytes=args.max_memory)
    with _ended_in_order():
        found = estimate(
            load_build_recipe(find(args.recipe), args.overrides),
            Setting(engine, num_cores(), vcpus, core_speed),
            sample_bytes=args.sample,
            seed=args.seed,
            num_tokens=args.tokens,
            progress=Progress(quiet=args.quiet),
        )
    if args.json:
        json.dump(as_json(found, prices), sys.stdout, indent=2)
        print()
        return 0
    elsewhere = args.vcpus is not None or args.core_speed is not None
    elsewhere |= prices is not None and prices.vcpu_hour is not None
    _show(found, prices, args.tokens, elsewhere)
    return 0


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let `kill`, or the loss of the terminal, end the block as an exception does.

    So the sample's folder is removed. Signals that are ignored stay ignored; outside of the main
    thread, which alone can handle any, the block is left to whoever handles them there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in _ASKING if signal.getsignal(number) != signal.SIG_IGN]

    def end(number: int, _: object) -> None:
        for one in heard:
            signal.signal(one, signal.SIG_IGN)  # a second one would end the removal half-way
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(found: Any, prices: Any, tokens: float | None, elsewhere: bool) -> None:
    """Warnings, a table with a heading for each section, then what to know about it."""
    from haybale.pipeline.estimate.lines import lines, notes, warnings

    for warning in warnings(found):
        print(f"warning: {warning}")
    head = ["", "this input", "90 % interval", "", f"at {tokens:g} tokens" if tokens else ""]
    rows, section = [head], ""
    for line in lines(found, prices):
        if not elsewhere and line.section in _ELSEWHERE:
            continue
        if line.section == "disk" and _is_small(line.whole) and _is_small(line.scaled):
            continue
        if line.section != section:
            section = line.section
            rows += [[""], [section]]
        cells = [_shown(line.whole, line.unit), _interval(line.whole, line.unit)]
        rows.append([f"  {line.name}", *cells, line.origin, _shown(line.scaled, line.unit)])
    widths = [max(len(row[at]) for row in rows if len(row) == len(head)) for at in range(len(head))]
    for row in rows:
        if len(row) == 1:
            print(row[0])
            continue
        name, value, interval, source, scaled = row
        text = (
            f"{name:{widths[0]}}  {value:>{widths[1]}}  {interval:>{widths[2]}}  "
            f"{source:{widths[3]}}  {scaled:>{widths[4]}}"
        )
        print(text.rstrip())
    print()
    if elsewhere:
        print(f"machine type for Dataflow: {found.whole.dataflow.machine_advice}")
    for note in notes(found):
        print(f"note: {note}")
    if not elsewhere:
        print("--vcpus N adds a Dataflow job and what it shuffles; --json prints everything")


def _is_small(quantity: Any) -> bool:
    """Whether no folder of such a size matters: it would be shown as 0.0 MB."""
    return quantity is None or quantity.high < _SMALL_BYTES


def _interval(quantity: Any, unit: str) -> str:
    if quantity is None or quantity.low == quantity.high:
        return ""
    return f"{_written(quantity.low, unit)} to {_written(quantity.high, unit)}"


def _shown(quantity: Any, unit: str) -> str:
    return "" if quantity is None else _written(quantity.value, unit)


def _written(number: float, unit: str) -> str:
    from haybale.pipeline.report.amounts import duration, size

    if unit == "bytes":
        return size(number) if number < 1e12 else f"{number / 1e12:,.2f} TB"
    if unit == "seconds":
        return duration(number)
    if unit == "core-seconds":
        return f"{number:,.1f} core-s" if number < _HOUR else f"{number / _HOUR:,.1f} core-h"
    if unit in _COUNTED:
        return f"{number:,.0f}" if number < 1e9 else f"{number:.3g}"
    return f"{number:,.3g} {unit}" if number < 1000 else f"{number:,.0f} {unit}"
