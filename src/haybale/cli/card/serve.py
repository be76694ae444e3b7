"""`haybale card serve`: browse a card, and filter its samples, on this computer."""

import argparse
import sys
from typing import Any

_EPILOG = """\
examples:
  haybale card serve out                    prints an address; Ctrl-C ends
  haybale card serve out --compare old      with what changed since an earlier version
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "serve",
        help="browse a card in a browser on this computer",
        description=(
            "Serve pages to browse the card: samples by rule, subset and language, facts, "
            "what happened to a document, and what changed since another version."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", metavar="DIR", help="folder of a corpus, or of its card")
    parser.add_argument("--compare", metavar="OLD", help="folder of an earlier version")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="0: any that is free")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="default 127.0.0.1; whoever reaches another one sees texts of the corpus",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from haybale.cards.serve.server import Server
    from haybale.cards.serve.site import open_site
    from haybale.corpus.storage import Folder

    old = Folder(args.compare) if args.compare else None
    site = open_site(Folder(args.corpus), old)
    with Server(site, args.host, args.port) as server:
        print(f"{server.url} shows the card; Ctrl-C ends", flush=True)
        if server.is_open_to_others:
            print(
                f"haybale: warning: --host {args.host} lets others read texts of the corpus",
                file=sys.stderr,
            )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0
