"""`haybale remove`: take documents out of a finished corpus."""

import argparse
import datetime
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_EPILOG = """\
examples:
  haybale remove out --ids takedown.txt --dry-run                what would go
  haybale remove out --ids takedown.txt --reason "ticket 4711"   these documents
  haybale remove out --ids takedown.txt --near-duplicates        and everybody in their clusters
  cut -f1 tickets.tsv | haybale remove out --ids -               a list from a pipe
"""
_SHOWN = 5


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "remove",
        help="take documents out of a finished corpus",
        description=(
            "Take documents down: their tokens, texts, numbers and signatures go, by rewriting "
            "the files that hold them and no others. Manifest and card say what went. It works in "
            "place and cannot be undone. Stop before what trains on the corpus, exports it or "
            "serves its card; stopped anywhere, the same command finishes it."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    parser.add_argument(
        "--ids",
        required=True,
        metavar="FILE",
        help="ids of documents, 32 hex digits a line, as haybale inspect prints them; what comes "
        "after a # is a remark; -: standard input",
    )
    parser.add_argument(
        "--near-duplicates",
        action="store_true",
        help="also everybody in a cluster of duplicates with one of them",
    )
    parser.add_argument(
        "--ignore-missing",
        action="store_true",
        help="pass over ids of documents that were never read for this corpus",
    )
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="for the record; readers of the card see it"
    )
    parser.add_argument(
        "--date", default="", metavar="YYYY-MM-DD", help="of the takedown; absent: today, UTC"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would go; write nothing")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Take documents down, and print what went and how the card changed."""
    from haybale.corpus.storage import Folder
    from haybale.pipeline.progress import Progress
    from haybale.pipeline.takedown.ids import read_ids
    from haybale.pipeline.takedown.remove import preview, remove

    _check_date(args.date)
    folder, ids = Folder(args.corpus), read_ids(Path(args.ids))
    asked = {"near_duplicates": args.near_duplicates, "ignore_missing": args.ignore_missing}
    if args.dry_run:
        found = preview(folder, ids, **asked)
    else:
        progress = Progress(quiet=args.json)
        found = remove(folder, ids, **asked, reason=args.reason, date=args.date, progress=progress)
    if args.json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return 0
    if args.dry_run and found["pending"]:
        _print_pending(found["pending"])
    _print_survey(found, dry_run=args.dry_run)
    if not args.dry_run:
        _print_done(found, args.reason)
    return 0


def _check_date(date: str) -> None:
    from haybale.corpus.errors import RecipeError

    try:
        right = not date or datetime.date.fromisoformat(date).isoformat() == date
    except ValueError:
        right = False
    if not right:
        raise RecipeError(f"--date {date}: expected a day as YYYY-MM-DD")


def _print_pending(pending: Mapping[str, Any]) -> None:
    """What becomes of a takedown that was left unfinished."""
    from haybale.corpus.takedowns import name_takedown

    if pending["begun"]:
        print(f"would be finished first: {name_takedown(pending)}")
    else:
        print(
            f"written and not begun: {name_takedown(pending)}; the same list and reason finish it, "
            "another list or reason discards it"
        )


def _print_survey(found: Mapping[str, Any], *, dry_run: bool) -> None:
    from haybale.pipeline.report.amounts import count_of

    would = "would go" if dry_run else "went"
    documents, shards = count_of(found["documents"], "document"), count_of(found["shards"], "shard")
    print(f"{documents} with {found['tokens']:,} tokens {would} from {shards}")
    for split, subsets in found["by"].items():
        for subset, counts in subsets.items():
            print(
                f"  {split}/{subset}: {counts['documents']:,} documents, "
                f"{counts['tokens']:,} tokens"
            )
    for split, subset in found["emptied"]:
        of = f"split {split}" if subset is None else f"subset {subset} in split {split}"
        print(f"warning: nothing {'would be' if dry_run else 'is'} left of {of}")
    if found["texts_only"]:
        print(
            f"{found['texts_only']:,} documents in no shard, dropped or removed before: what is "
            f"held of them {would}"
        )
    if near := found["near_duplicates"]:
        chained = near["documents"] - near["compared"]
        print(
            f"near-duplicates among these: {near['documents']:,}, {near['in_corpus']:,} of them in "
            f"shards, which the record counts; {max(chained, 0):,} were never compared with a "
            "document of the list, and hang together with it by others"
        )
        if near["survivors_in_earlier_corpora"]:
            print(
                f"in earlier corpora, and not touched: {near['survivors_in_earlier_corpora']:,} "
                "survivors of these clusters"
            )
    if found["duplicates_that_stay_away"]:
        print(
            f"{found['duplicates_that_stay_away']:,} documents were removed as duplicates of these "
            "when the corpus was built; they do not come back"
        )
    if count := found["texts_that_stay"]:
        print(
            f"documents/ holds the text of {count:,} of them and keeps it: --near-duplicates takes "
            "it too"
        )
    if count := found["survivors_that_stay"]:
        print(
            f"in the corpus, and standing for some of these: {count_of(count, 'document')}, which "
            f"{'stays' if count == 1 else 'stay'}: --near-duplicates takes them too"
        )
    for what, text in (
        ("already", "were taken down before"),
        ("missing", "are of no document that was read"),
    ):
        if found[what]:
            more = ", ..." if len(found[what]) > _SHOWN else ""
            print(f"{len(found[what]):,} ids {text}: {', '.join(found[what][:_SHOWN])}{more}")


def _print_done(found: Mapping[str, Any], reason: str) -> None:
    if found["takedown"] is None:
        unsaid = "; --reason is not recorded" if reason else ""
        print(f"nothing is left to take down; the corpus stays as it is{unsaid}")
        return
    if found["domains_unknown"]:
        print(
            f"{found['domains_unknown']:,} documents that ingest had dropped have no sample that "
            "tells their web domain: card/domains.parquet may go on naming it"
        )
    print(
        f"{len(found['rewritten']):,} files written anew, {len(found['gone']):,} deleted; "
        f"the corpus is now {found['after']}, it was {found['takedown']['before']}"
    )
    if found["changes"] is None:
        print("the corpus has no card")
        return
    from haybale.cli.card.diff import print_changes

    print_changes(found["changes"], everything=False, rest="--json")
