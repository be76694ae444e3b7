"""Packing into sequences: what padding and cutting cost."""

from haybale.cards.blocks import Inline, Prose, Section
from haybale.cards.card import Card
from haybale.cards.sections.columns import Column, fact_table

_LABELS = ("packing", "split", "subset")
_KINDS = {"best_fit": "best fit", "document_start": "from a document's start"}
_COLUMNS = (
    Column("sequences", "packing.sequences"),
    Column("padding", "packing.padding_fraction", "percent"),
    Column("dropped", "packing.dropped_fraction", "percent"),
    Column("documents cut", "packing.cut_fraction", "percent"),
    Column("cut by concatenation", "packing.cut_by_concatenation_fraction", "percent"),
)


def section(card: Card) -> Section | None:
    """None where nothing was packed."""
    cells = sorted(card.table("packing.sequences", *_LABELS), key=_shortest_first)
    if not cells:
        return None
    about = (
        "Counted shard by shard, when the indexes in packing/ were written: the share of positions "
        "that are padding, of tokens that no sequence has, and of documents that are not whole in "
        "one sequence, beside the share that would be cut if documents were written one after the "
        "other and cut at every sequence length."
    )
    rows = [(_row_name(*names), dict(zip(_LABELS, names, strict=True))) for names in cells]
    table = fact_table(card, "Packings into sequences", "subset and packing", _COLUMNS, rows)
    return Section("packing", "Packing into sequences", [Prose((about,)), table])


def _row_name(packing: str, split: str, subset: str) -> Inline:
    kind, _, length = packing.rpartition("-")
    return f"{subset} {split}, {_KINDS.get(kind, kind)}, {int(length):,} tokens"


def _shortest_first(names: tuple[str, ...]) -> tuple[str, str, int, str]:
    packing, split, subset = names
    kind, _, length = packing.rpartition("-")
    return subset, split, int(length), kind
