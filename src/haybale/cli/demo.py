"""`haybale demo`: the whole thing, once, on real text found on this computer."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from haybale.cli.first_run import say_if_kernels_compile

_EPILOG = """\
Everything is written below DIR: input/ (what was gathered), corpus/ (shards, card, ledger) and
corpus/run/train/ (the model). Started again, what is done is not done again.

example:
  haybale demo /tmp/haybale-demo
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "demo",
        help="everything once, on text found on this computer",
        description=(
            "Gather text that is on any computer with Python, build a corpus from it through all "
            "stages, and train a small model on it."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", default="demo", metavar="DIR", help="by default demo/")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="local processes")
    parser.add_argument("--no-train", action="store_true", help="stop at the corpus and its card")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Gather, build, train, and show."""
    say_if_kernels_compile()
    from haybale.cli.recipes import find
    from haybale.pipeline.build import build
    from haybale.pipeline.demo_text import gather
    from haybale.pipeline.runners import Engine

    started = time.monotonic()
    folder = Path(args.folder)
    inputs, output = folder / "input", folder / "corpus"
    _say(f"1. gathering text into {inputs}")
    if not (inputs / "done").exists():
        found = gather(inputs)
        (inputs / "done").touch()
        for kind, what in found.items():
            _say(f"   {kind}: {what.documents:,} documents, {what.num_bytes / 1e6:.1f} MB")
    _say(f"2. building a corpus in {output}")
    os.environ["HAYBALE_DEMO"] = str(inputs.absolute())
    build_started = time.monotonic()
    manifest = build(find("demo"), str(output), engine=Engine(args.workers))
    assert manifest is not None
    build_seconds = time.monotonic() - build_started
    losses: list[float] = []
    if not args.no_train:
        _say("3. training a small model on it")
        losses = _train(output)
    _show(output, manifest, build_seconds, losses)
    _say(f"card: {output / 'README.md'}")
    _say(f"done in {time.monotonic() - started:.0f} s")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _train(output: Path) -> list[float]:
    """Stream the shards into a small model; returns the loss of every step."""
    from haybale.cli.recipes import find
    from haybale.training.recipe import read_training_recipe
    from haybale.training.train import train

    recipe = read_training_recipe(find("train_demo"), ())
    losses: list[float] = []

    def report(step: Any) -> None:
        losses.append(step.loss)
        if step.step % 20 == 0 or step.step == 1:
            rate = f"{step.tokens_per_second:,.0f} tokens/s"
            _say(f"   step {step.step:4d}  loss {step.loss:.3f}  {rate}")

    folder = output / "run" / "train" / recipe.name
    train(recipe, output, folder, "cpu", resume=True, on_step=report)
    return losses


def _show(output: Path, manifest: Any, build_seconds: float, losses: list[float]) -> None:
    """A short table: what came in, what went, what is there."""
    from rich.console import Console
    from rich.table import Table

    from haybale.corpus.ledger import Ledger
    from haybale.corpus.storage import Folder, read_parsed

    ledger = Ledger.from_json(read_parsed(Folder(str(output)), "card/inputs.json")["ledger"])
    table = Table("", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for name in ("documents", "MB", "tokens"):
        table.add_column(name, justify="right")

    def row(name: str, documents: int, text_bytes: int, tokens: int = 0) -> None:
        shown = f"{tokens:,}" if tokens else ""
        table.add_row(name, f"{documents:,}", f"{text_bytes / 1e6:.2f}", shown)

    read = ledger.total(stage="ingest", outcome="read")
    row("read", read.documents, read.text_bytes)
    for outcome in ("dropped", "removed"):
        rules = {account.rule for account, _ in ledger.rows() if account.outcome == outcome}
        amounts = {rule: ledger.total(outcome=outcome, rule=rule) for rule in rules}
        for rule in sorted(amounts, key=lambda rule: (-amounts[rule].documents, rule)):
            row(f"- {rule}", amounts[rule].documents, amounts[rule].text_bytes)
    table.add_row()
    for split, subsets in manifest.totals.items():
        for subset, counts in subsets.items():
            if counts["documents"]:
                numbers = (counts[name] for name in ("documents", "text_bytes", "tokens"))
                row(f"{split}/{subset}", *numbers)
    Console(highlight=False).print(table)
    tokens = sum(
        counts["tokens"] for split in manifest.totals.values() for counts in split.values()
    )
    print(f"built: {tokens / build_seconds:,.0f} tokens/s, {build_seconds:.0f} s")
    if losses:
        print(f"trained: loss {losses[0]:.3f} at the first step, {losses[-1]:.3f} at the last")
