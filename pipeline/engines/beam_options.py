"""Options that a user gives to Beam: each one known, each one meant.

Beam itself ignores an option that it does not know, so a typing error would start a job of hours
with other settings than those asked for.
"""

import argparse
import difflib
from collections.abc import Sequence
from typing import Any, NoReturn

from apache_beam.options.pipeline_options import PipelineOptions

from haybale.corpus.errors import RecipeError

_REFUSED = {
    "dry_run": "nothing would be done, and a build goes on from what a step left",
    "no_wait_until_finish": "every step needs what the step before it left",
    "output_executable_path": "a build is several jobs, one jar holds one; give --job_endpoint",
    "streaming": "a build reads files that end",
    "template_location": "a build is several jobs, one template holds one; see docs/dataflow.md",
    "update": "it is for streaming jobs; the same command goes on with a build that was stopped",
}
_FOR_SERVERS = ("FlinkRunner", "PortableRunner", "PrismRunner", "SparkRunner")
"""Their job servers have options of their own, which only the server knows."""


class _Parser(argparse.ArgumentParser):
    """Knows what Beam's option classes add, and raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise RecipeError(f"after --: {message}")

    def add_value_provider_argument(self, *names: str, **settings: Any) -> None:
        """How option classes add what a template may leave open."""
        self.add_argument(*names, **settings)


def parse_options(options: Sequence[str], runner: str) -> argparse.Namespace:
    """What options given after `--` say, those left out at Beam's defaults.

    Args:
        options: Such as `--project=p` or `--project`, `p`.
        runner: The runner's name.

    Raises:
        RecipeError: On an option that Beam does not know, a value that it cannot take, or an
            option that a build cannot run with.
    """
    parser = _Parser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    for known in PipelineOptions.__subclasses__():
        known._add_argparse_args(parser)
    found, unknown = parser.parse_known_args(list(options))
    names = sorted(name for action in parser._actions for name in action.option_strings)
    for option in unknown:
        name = option.partition("=")[0]
        if not option.startswith("-"):
            raise RecipeError(f"after --: expected options such as --name=value, found {option!r}")
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
        if close or runner not in _FOR_SERVERS:
            advice = f"did you mean {close[0]}?" if close else "leave it out"
            raise RecipeError(f"{name}: Beam has no such option; {advice}")
    for name, reason in _REFUSED.items():
        if getattr(found, name) not in (None, False):
            raise RecipeError(f"--{name} cannot be given to a build: {reason}")
    return found


def is_given(options: Sequence[str], *names: str) -> bool:
    """Whether one of these options is among those given."""
    return any(option.partition("=")[0] in names for option in options)
