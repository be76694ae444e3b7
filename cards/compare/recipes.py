"""Settings and input files that differ between two cards."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from haybale.cards.card import Card
from haybale.cards.sections.reproduce import flat_settings


class ChangedSetting(NamedTuple):
    """A line of the recipe; null where one of them does not have it."""

    name: str
    before: str | None
    after: str | None


def changed_settings(old: Card, new: Card) -> list[ChangedSetting]:
    """Settings of the recipes that differ, and versions and models that do."""
    before, after = (_settings(card) for card in (old, new))
    return [
        ChangedSetting(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


class ChangedInputs(NamedTuple):
    """Names of input files, with their subset in front: gone, new, and of another content."""

    gone: list[str]
    new: list[str]
    changed: list[str]


def changed_inputs(old: Card, new: Card) -> ChangedInputs:
    """How the input files differ."""
    before, after = (input_digests(card) for card in (old, new))
    return ChangedInputs(
        sorted(before.keys() - after.keys()),
        sorted(after.keys() - before.keys()),
        sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
    )


def input_digests(card: Card) -> dict[str, str]:
    """Subset and name of each input file to its digest."""
    return {
        f"{subset}/{file['name']}": file["digest"]
        for subset, files in card.lineage["inputs"].items()
        for file in files
    }


def _settings(card: Card) -> dict[str, str]:
    lineage: Mapping[str, Any] = {
        name: value for name, value in card.lineage.items() if name != "inputs"
    }
    return dict(flat_settings(card.recipe)) | dict(flat_settings(lineage, "lineage"))
