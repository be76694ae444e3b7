"""The command line: one verb per file. Everything heavy is imported by the verb that needs it."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

import haybale
from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.corpus.secrets import redacted

_VERBS = (
    "demo",
    "build",
    "recipes",
    "estimate",
    "status",
    "verify",
    "inspect",
    "remove",
    "card",
    "plan",
    "train",
    "fit",
    "sweep",
    "ablate",
    "rules",
    "dedup",
    "classifier",
    "tokenizer",
    "export",
    "import_",
)
_RESUMED = ("demo", "build", "remove", "sweep", "ablate")
"""Verbs that go on where they were stopped."""
_WITH_BEAM = ("build",)
"""Verbs that run Beam pipelines where the user says."""
_SUPERVISED = ("build",)
"""Verbs that a document may crash, and that a process of its own therefore runs."""
_DESCRIPTION = """\
Raw text at web scale into deduplicated, filtered, documented token shards, and into the trainer.
"""
_EPILOG = """\
examples:
  haybale demo                                      everything once, on text found on this computer
  haybale build recipe.toml --output out --workers 2
  haybale verify out && haybale card show out
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb.

    Returns:
        0; 2 for what the user can mend in recipe or flags; 1 for every other failure.
    """
    parser = argparse.ArgumentParser(
        prog="haybale",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"haybale {haybale.__version__}")
    parser.add_argument("--debug", action="store_true", help="show a traceback on failure")
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    for verb in _VERBS:
        importlib.import_module(f"haybale.cli.{verb}").add_parser(subparsers)
    ours, beam = _split(sys.argv[1:] if arguments is None else list(arguments))
    args = parser.parse_args(ours, argparse.Namespace(beam=beam))
    if beam and args.verb not in _WITH_BEAM:
        print(f"haybale: {args.verb} takes no options of Beam's: leave out --", file=sys.stderr)
        return 2
    args.supervised = arguments is None and args.verb in _SUPERVISED and hasattr(os, "fork")
    if args.supervised:
        from haybale.cli.supervised import supervised

        return supervised(lambda crashed: _run(args, crashed))
    return _run(args, crashed=False)


def _run(args: argparse.Namespace, crashed: bool) -> int:
    args.crashed = crashed
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        goes_on = "; the same command goes on from here" if args.verb in _RESUMED else ""
        print(f"haybale: interrupted{goes_on}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `haybale inspect ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if args.debug:
            raise
        return _explain(error)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What is ours, and what comes after -- and is Beam's."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _explain(error: Exception) -> int:
    if isinstance(error, HaybaleError):
        print(f"haybale: {redacted(str(error))}", file=sys.stderr)
        return 2 if isinstance(error, RecipeError) else 1
    if isinstance(error, ModuleNotFoundError) and error.name in _EXTRAS:
        extra = _EXTRAS[error.name]
        advice = f"pip install 'haybale[{extra}]'"
        print(f"haybale: this verb needs {error.name}: {advice}", file=sys.stderr)
        return 2
    if isinstance(error, OSError):
        print(f"haybale: {redacted(str(error))}", file=sys.stderr)
        return 1
    first = redacted(str(error).strip()).splitlines()[0] if str(error).strip() else ""
    print(
        f"haybale: unexpected {type(error).__name__}: {first[:500]} "
        "(`haybale --debug ...` shows where)",
        file=sys.stderr,
    )
    return 1


_EXTRAS = {
    "apache_beam": "pipeline",
    "fasttext": "pipeline",
    "fastwarc": "pipeline",
    "jsonschema": "card",
    "matplotlib": "plot",
    "numba": "pipeline",
    "orjson": "pipeline",
    "resiliparse": "pipeline",
    "safetensors": "train",
    "scipy": "scaling",
    "sentencepiece": "pipeline",
    "threadpoolctl": "scaling",
    "tokenizers": "huggingface",
    "torch": "train",
    "zstandard": "pipeline",
}
