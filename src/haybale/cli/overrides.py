"""The flag by which every verb that reads a recipe overrides its values."""

import argparse


def add_set(parser: argparse.ArgumentParser, note: str) -> None:
    """Add `--set KEY=VALUE`, which may be given again and again, as `overrides`.

    Args:
        parser: The verb's.
        note: An example, or what else to say of it.
    """
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help=f"override a recipe's value; {note}",
    )
