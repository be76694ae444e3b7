"""Takedowns: what left the corpus after it was finished, because somebody asked for it."""

from collections.abc import Iterator

from haybale.cards.fact import Fact, exact
from haybale.cards.inputs import CardInputs
from haybale.corpus.takedowns import LINEAGE_KEY, STAGE

COUNTS = {
    "documents": ("documents", "Documents that a takedown took out of the shards."),
    "text_bytes": ("text_bytes", "UTF-8 bytes of text of these."),
    "tokens": ("tokens", "Tokens of these."),
    "near_duplicates": (
        "documents",
        "Of these, documents that went because they are in a cluster of duplicates with one that "
        "was named.",
    ),
    "texts_only": (
        "documents",
        "Documents that were in no shard, dropped or removed before, and lost what was still held "
        "of them.",
    ),
}
MEASURES = {f"takedown.{name}": sentence for name, (_, sentence) in COUNTS.items()}


def facts(inputs: CardInputs) -> Iterator[Fact]:
    """Of each takedown, numbered from 1."""
    for number, takedown in enumerate(inputs.lineage.get(LINEAGE_KEY, ()), 1):
        for name, (unit, _) in COUNTS.items():
            yield exact(f"takedown.{name}", takedown[name], unit, STAGE, takedown=str(number))
