"""What a card tells of packings into sequences: how much is padding, and what is cut."""

from collections.abc import Mapping
from typing import Any

from haybale.cards.fact import Fact, exact
from haybale.cards.layout import number, table

PackingCounts = Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]]
"""`{"best_fit-2048": {split: {subset: counts of UNITS}}}`."""

UNITS = {
    "sequences": "sequences",
    "positions": "tokens",
    "placed_tokens": "tokens",
    "padding_tokens": "tokens",
    "dropped_tokens": "tokens",
    "documents": "documents",
    "documents_cut": "documents",
    "documents_cut_by_concatenation": "documents",
}
"""Sequences and their positions; tokens of the shards that have one, positions without a token, and
tokens without a position; documents, those that are not whole in one sequence, and those that would
not be if all were written one after the other and cut at every sequence length."""

_TITLES = {"best_fit": "best fit", "document_start": "from a document's start"}


def packing_facts(packings: PackingCounts) -> list[Fact]:
    """Facts of every packing, counted as its index was written."""
    return [
        exact(f"packing.{name}.{split}.{subset}.{unit}", counts[unit], UNITS[unit])
        for name, splits in sorted(packings.items())
        for split, subsets in sorted(splits.items())
        for subset, counts in sorted(subsets.items())
        for unit in UNITS
    ]


def packing_section(card: Mapping[str, Any]) -> str:
    """Markdown; empty where nothing was packed."""
    cells: dict[tuple[str, str, str], dict[str, int]] = {}
    for fact in card["facts"]:
        prefix, _, rest = fact["id"].partition(".")
        if prefix == "packing":
            name, split, subset, unit = rest.split(".")
            cells.setdefault((name, split, subset), {})[unit] = fact["value"]
    if not cells:
        return ""
    rows = []
    for (name, split, subset), counts in sorted(cells.items(), key=_shortest_first):
        kind, _, length = name.rpartition("-")
        tokens = counts["placed_tokens"] + counts["dropped_tokens"]
        shares = (
            ("padding_tokens", counts["positions"]),
            ("dropped_tokens", tokens),
            ("documents_cut", counts["documents"]),
            ("documents_cut_by_concatenation", counts["documents"]),
        )
        rows.append(
            [
                f"`{subset}` {split}, {_TITLES[kind]} `{length}`",
                number(counts["sequences"]),
                *(_share(counts[unit], whole) for unit, whole in shares),
            ]
        )
    head = ["", "sequences", "padding", "dropped", "documents cut", "cut by concatenation"]
    return "\n".join(
        [
            "## Packing into sequences",
            "",
            "Counted exactly, shard by shard, when the indexes in `packing/` were written: the "
            "share of positions that are padding, of tokens that no sequence has, and of documents "
            "that are not whole in one sequence, beside the share that would be cut if documents "
            "were written one after the other and cut at every sequence length.",
            "",
            *table(head, rows),
            "",
        ]
    )


def _shortest_first(cell: tuple[tuple[str, str, str], Any]) -> tuple[str, str, int, str]:
    name, split, subset = cell[0]
    kind, _, length = name.rpartition("-")
    return subset, split, int(length), kind


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}".replace("%", " %") if whole else ""
