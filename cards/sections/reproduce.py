"""How to reproduce and verify the corpus: inputs, versions, models and the recipe."""

from collections.abc import Iterator, Mapping
from typing import Any

from haybale.cards.blocks import Block, Code, Number, Prose, Section, Table, Terms
from haybale.cards.card import Card

MAX_SETTINGS = 200
"""Lines of the recipe that are shown; card.json has all."""
_DIGESTED = ("models", "profiles", "lists", "earlier", "evaluation_sets")

_IDS = (
    "names the documents of the corpus, where it is there: with it under ",
    Code("kept"),
    " in the recipe's ",
    Code("[ids]"),
    ", whoever holds the same sources builds the corpus again, and its text need not be passed on",
)


def section(card: Card) -> Section:
    """Commands, what the corpus was made from, and with what settings."""
    blocks: list[Block] = [
        Prose(
            (
                "Built from ",
                Number(card.facts["sources.files"]),
                " files of ",
                Number(card.facts["cost.input_bytes"]),
                " bytes, of which ",
                Code("corpus.json"),
                " names each with its digest. The same recipe over the same files gives the same "
                "bytes.",
            )
        ),
        Terms(
            (
                (Code("haybale verify DIR --full"), ("hashes and recounts the corpus",)),
                (Code("haybale card check DIR"), ("checks this card against it",)),
                (Code("haybale card build DIR --output NEW"), ("makes this card again",)),
                (Code("card/ids/kept.parquet"), _IDS),
            )
        ),
        *_versions(card),
        *_digests(card),
        *_recipe(card),
    ]
    return Section("reproduce", "Reproduce and verify", blocks)


def _versions(card: Card) -> list[Block]:
    rows = tuple((name, version) for name, version in sorted(card.lineage["versions"].items()))
    return [Table("Software that made it", ("package", "version"), rows)]


def _digests(card: Card) -> list[Block]:
    rows = tuple(
        (Code(name), kind.replace("_", " "), Code(digest))
        for kind in _DIGESTED
        for name, digest in sorted(card.lineage.get(kind, {}).items())
    )
    caption = "Models, rules, lists, evaluation sets and earlier corpora that it depends on"
    return [Table(caption, ("name", "kind", "xxh3-128 of the content"), rows)] if rows else []


def _recipe(card: Card) -> list[Block]:
    settings = list(flat_settings(card.recipe))
    rows = tuple((Code(name), Code(value)) for name, value in settings[:MAX_SETTINGS])
    blocks: list[Block] = [Table("The recipe, as written", ("setting", "value"), rows)]
    if len(settings) > MAX_SETTINGS:
        rest = f"{len(settings) - MAX_SETTINGS:,} more settings are in card.json under "
        blocks.append(Prose((rest, Code("recipe"), ".")))
    return blocks


def flat_settings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Dotted name and value of every setting; entries of a list that have a name go by it."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from flat_settings(value[key], f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        for place, item in enumerate(value):
            label = item.get("name", place) if isinstance(item, Mapping) else place
            yield from flat_settings(item, f"{name}.{label}")
    else:
        yield name, str(value)
