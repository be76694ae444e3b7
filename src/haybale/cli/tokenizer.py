"""`haybale tokenizer`: learn another vocabulary from a build's survivors; see how well one fits."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from haybale.cli.sizes import memory_bytes

_EPILOG = """\
What flags leave open is as the build's recipe has it. The sample, and so the model, is the one that
the build itself would get. What is measured on was not learned from, and is the same for all kinds
and sizes.

examples:
  haybale tokenizer report out                               how well the corpus's own fits it
  haybale build recipe.toml --output out --stage deduplicate
  haybale tokenizer train out --output small.model --vocabulary-size 8000
  haybale tokenizer train out --output bpe.model --kind bpe --sample-bytes 50M

Use one in a recipe:
  [tokenizer]
  model = "bpe.model"
"""
_SETTINGS = (
    "kind",
    "vocabulary_size",
    "sample_bytes",
    "max_document_bytes",
    "max_language_fraction",
    "normalization",
)


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "tokenizer",
        help="learn another vocabulary, see how well one fits",
        description="Learn SentencePiece vocabularies from a build's survivors, and compare them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="what to do", metavar="train|report", required=True)
    train = verbs.add_parser("train", help="learn a vocabulary, measure it on text held out")
    train.add_argument(
        "source", metavar="SOURCE", help="folder of a build, done or stopped after deduplicate"
    )
    train.add_argument("--output", metavar="MODEL", required=True, help="file to write")
    train.add_argument("--kind", choices=("unigram", "bpe"))
    train.add_argument("--vocabulary-size", type=int, metavar="N", help="pieces, bytes included")
    train.add_argument("--sample-bytes", type=memory_bytes, metavar="SIZE", help="to learn from")
    train.add_argument(
        "--max-document-bytes", type=memory_bytes, metavar="SIZE", help="of one document"
    )
    train.add_argument(
        "--max-language-fraction", type=float, metavar="SHARE", help="of one language in a subset"
    )
    train.add_argument("--normalization", choices=("identity", "nfkc"))
    train.add_argument(
        "--held-out-bytes",
        type=memory_bytes,
        default=2_000_000,
        metavar="SIZE",
        help="to measure on; default 2000000",
    )
    train.add_argument("--json", action="store_true", help="print JSON")
    train.set_defaults(run=run_train)
    report = verbs.add_parser("report", help="how well a corpus's tokenizer fits it")
    report.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    report.add_argument("--json", action="store_true", help="print JSON")
    report.set_defaults(run=run_report)
    for each in (train, report):
        each.epilog, each.formatter_class = _EPILOG, argparse.RawDescriptionHelpFormatter


def run_train(args: argparse.Namespace) -> int:
    """Learn, measure, write the model and, beside it, what it is."""
    from dataclasses import replace

    from haybale.corpus.errors import RecipeError
    from haybale.corpus.storage import Folder
    from haybale.pipeline.jobs.tokenizer_trial import find_survivors
    from haybale.pipeline.progress import Progress
    from haybale.tokenization.train import TokenizerTraining

    output, about = Path(args.output), Path(f"{args.output}.json")
    if not output.parent.is_dir():
        raise RecipeError(f"--output {output}: there is no folder {output.parent}")
    for path in (output, about):
        if path.exists():
            raise RecipeError(f"--output: {path} exists; name another file, or remove it")
    survivors = find_survivors(Folder(args.source))
    asked = {name: getattr(args, name) for name in _SETTINGS if getattr(args, name) is not None}
    settings = replace(survivors.loaded.recipe.tokenizer.train or TokenizerTraining(), **asked)
    trial = survivors.learn(settings, args.held_out_bytes, Progress(quiet=args.json))
    found = {**trial.facts, "held_out": trial.report}
    output.write_bytes(trial.model)
    about.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if args.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return 0
    print(f"{output}: {settings.vocabulary_size:,} pieces, {settings.kind}; more in {about}")
    if not trial.report["subsets"]:
        print(
            "every document was learned from, so there is nothing left to measure on; a smaller "
            "--sample-bytes leaves some"
        )
        return 0
    print("on survivors that were not learned from:")
    _print_report(trial.report)
    return 0


def run_report(args: argparse.Namespace) -> int:
    """Print what the build measured."""
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder, read_parsed
    from haybale.tokenization.report import REPORT_PATH

    folder = Folder(args.corpus)
    read_manifest(folder)
    if not folder.exists(REPORT_PATH):
        raise RecipeError(
            f"{args.corpus}: has no {REPORT_PATH}: an earlier version of haybale built it; "
            "build it again to have one"
        )
    report = read_parsed(folder, REPORT_PATH)
    if args.json:
        json.dump(report, sys.stdout, indent=2)
        print()
    else:
        _print_report(report)
    return 0


def _print_report(report: dict[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    texts = Table(box=box.SIMPLE_HEAD)
    pieces = Table(box=box.SIMPLE_HEAD)
    for name in ("subset", "language"):
        texts.add_column(name, no_wrap=True)
    for name in ("documents", "bytes", "tokens", "bytes/token", "byte fallback", "unknown"):
        texts.add_column(name, justify="right", no_wrap=True)
    pieces.add_column("subset", no_wrap=True)
    for name in (f"of {report['vocabulary_size']:,} pieces used", "100 times"):
        pieces.add_column(name, justify="right")
    for subset, found in [*report["subsets"].items(), ("all", report["total"])]:
        languages = found.get("languages", {})
        texts.add_row(subset, "all", *_cells(found), style="bold")
        for language, counts in sorted(languages.items(), key=lambda each: -each[1]["tokens"]):
            texts.add_row("", language, *_cells(counts))
        used = (found["pieces_used"], found["pieces_used_100_times"])
        pieces.add_row(subset, *(f"{count:,}" for count in used))
    console = Console(highlight=False)
    # A number cut short says something else; a wide line is only ugly.
    needed = Measurement.get(console, console.options.update(width=1000), texts).maximum
    wide = Console(highlight=False, width=max(console.width, needed))
    wide.print(texts, pieces)
    console.print(
        "Tokens count the end of each document. Byte fallback: tokens that stand for one byte of a "
        "character without a piece; ends of lines, which no piece holds, are not among them."
    )


def _cells(found: dict[str, Any]) -> list[str]:
    counts = (found["documents"], found["text_bytes"], found["tokens"])
    return [
        *(f"{count:,}" for count in counts),
        f"{found['bytes_per_token']:.3f}",
        f"{found['byte_fallback_fraction']:.3%}",
        f"{found['unknown_tokens']:,}",
    ]
