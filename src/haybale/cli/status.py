"""`haybale status`: how far a build is, stage by stage."""

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haybale.pipeline.report.collected import BuildReport
    from haybale.pipeline.report.state import State

_WATCH_SECONDS = 5.0
_EPILOG = """\
Reads only, wherever the folder is: a build that is at work there is not disturbed.

examples:
  haybale status out                     what is done, what is being done, how to go on
  haybale status out --watch             again and again until the build ends
  haybale status out --report            where time, bytes and memory went
  haybale status gs://bucket/out --json
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "status",
        help="how far a build is, and where its time goes",
        description=(
            "Say of a build that is at work, was stopped, failed or is finished what is done, "
            "what became of the documents, and what command goes on with it."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="the --output of the build")
    parser.add_argument("--watch", action="store_true", help="until the build ends")
    parser.add_argument("--report", action="store_true", help="all figures, as in run/report.txt")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Say how far the build is."""
    from haybale.corpus.storage import Folder
    from haybale.corpus.takedowns import FINISH, unfinished_takedown
    from haybale.pipeline.report.reading import collect
    from haybale.pipeline.report.runs import RUNNING
    from haybale.pipeline.report.state import check_build, state_of
    from haybale.pipeline.report.text import report_text

    folder = Folder(args.folder)
    while True:
        report, unfinished = collect(folder), unfinished_takedown(folder)
        check_build(report, args.folder)
        state = state_of(report)
        if args.json:
            told = {"state": vars(state), "unfinished_takedown": unfinished}
            json.dump({**told, **report.as_json()}, sys.stdout)
            print()
        elif args.report:
            print(report_text(report), end="")
        else:
            print("\n".join(_lines(args.folder, report, state)))
            if unfinished:
                print(f"\n{unfinished}; {FINISH}")
        if not args.watch or state.name != RUNNING:
            return 0
        sys.stdout.flush()
        time.sleep(_WATCH_SECONDS if folder.is_local else 3 * _WATCH_SECONDS)


def _lines(where: str, report: "BuildReport", state: "State") -> list[str]:
    """What a person asks first."""
    from haybale.pipeline.report.amounts import count_of, duration
    from haybale.pipeline.report.text import event_lines, outcome_lines, status_table

    name = f" ({report.runs[-1].build['name']})" if report.runs else ""
    lines = [f"{where}{name}: {state.name}, {state.reason}"]
    if report.stages:
        lines += ["", *status_table(report)]
    if outcomes := outcome_lines(report):
        lines += ["", *outcomes]
    if report.runs:
        took = duration(sum(run.seconds for run in report.runs))
        lines += ["", f"{took} of wall time in {count_of(len(report.runs), 'run')}"]
        lines += event_lines(report)
    if state.command:
        lines += ["", f"go on with: {state.command}"]
    return lines
