"""Packings into sequences: how much is padding, and what is cut."""

from collections.abc import Iterator, Mapping

from haybale.cards.fact import Fact, derived, exact
from haybale.cards.inputs import CardInputs

STAGE = "tokenize"

_COUNTS = {
    "sequences": ("sequences", "Sequences of a packing."),
    "positions": ("tokens", "Sequences times their length."),
    "placed_tokens": ("tokens", "Tokens of the shards that have a position."),
    "padding_tokens": ("tokens", "Positions without a token."),
    "dropped_tokens": ("tokens", "Tokens of the shards without a position."),
    "documents": ("documents", "Documents of the shards."),
    "documents_cut": ("documents", "Documents that are not whole in one sequence."),
    "documents_cut_by_concatenation": (
        "documents",
        "Documents that would not be whole if all were written one after the other and cut at "
        "every sequence length.",
    ),
}
_FRACTIONS = {
    "padding_fraction": ("of positions", "Share of positions that are padding."),
    "dropped_fraction": ("of tokens", "Share of tokens that no sequence has."),
    "cut_fraction": ("of documents", "Share of documents that are not whole in one sequence."),
    "cut_by_concatenation_fraction": (
        "of documents",
        "Share of documents that would not be whole if all were written one after the other.",
    ),
}
MEASURES = {
    f"packing.{name}": sentence for name, (_, sentence) in {**_COUNTS, **_FRACTIONS}.items()
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Of every packing, split and subset, counted as its indexes were written."""
    return [
        fact
        for packing, splits in sorted(inputs.packings.items())
        for split, subsets in sorted(splits.items())
        for subset, counts in sorted(subsets.items())
        for fact in _cell(counts, packing=packing, split=split, subset=subset)
    ]


def _cell(counts: Mapping[str, int], **of: str) -> Iterator[Fact]:
    for name, (unit, _) in _COUNTS.items():
        yield exact(f"packing.{name}", counts[name], unit, STAGE, **of)
    tokens = counts["placed_tokens"] + counts["dropped_tokens"]
    shares = {
        "padding_fraction": ("padding_tokens", counts["positions"]),
        "dropped_fraction": ("dropped_tokens", tokens),
        "cut_fraction": ("documents_cut", counts["documents"]),
        "cut_by_concatenation_fraction": ("documents_cut_by_concatenation", counts["documents"]),
    }
    for name, (part, whole) in shares.items():
        if whole:
            unit, _ = _FRACTIONS[name]
            share = round(counts[part] / whole, 6)
            yield derived(f"packing.{name}", share, unit, STAGE, **of)
