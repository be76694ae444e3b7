"""Samples of what each rule removed, and of what each subset kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from haybale.cards.blocks import Block, Code, Excerpts, Prose, Section
from haybale.cards.card import Card

MAX_EXCERPTS = 3
"""Shown of a rule; `haybale card serve` has more."""
MAX_KEPT_EXCERPTS = 5
MAX_VALUE_CHARACTERS = 40

Sample = Mapping[str, Any]

_HOW = (
    "Drawn by the smallest digests of document ids, so that the same documents come whatever the "
    "order of the work. At most 300 characters of each, after masking. What was removed because "
    "of personal data or offensive words is never shown."
)


def section(card: Card) -> Section:
    """Excerpts by stage and rule, then by subset."""
    if not card.samples:
        chosen = card.declared["samples"] == "none"
        why = "The author chose to show none. " if chosen else "None were drawn. "
        rest = ("With the corpus at hand, ", Code("haybale inspect"), " shows texts.")
        return Section("samples", "Samples", [Prose((why, *rest))])
    removed = [sample for sample in card.samples if sample["state"] == "removed"]
    kept = [sample for sample in card.samples if sample["state"] == "kept"]
    parts = [
        Section("samples-removed", "Removed, by rule", _excerpts(removed, "rule", MAX_EXCERPTS)),
        Section("samples-kept", "Kept, by subset", _excerpts(kept, "subset", MAX_KEPT_EXCERPTS)),
    ]
    return Section("samples", "Samples", [Prose((_HOW,))], [part for part in parts if part.blocks])


def _excerpts(samples: Sequence[Sample], by: str, bound: int) -> list[Block]:
    groups: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample["stage"], sample[by]), []).append(sample)
    return [
        Excerpts(
            Code(name),
            tuple(_note(sample) for sample in chosen),
            tuple(sample["excerpt"] for sample in chosen),
        )
        for (_, name), group in sorted(groups.items())
        for chosen in [_over_subsets(group, bound)]
    ]


def _over_subsets(samples: Sequence[Sample], bound: int) -> list[Sample]:
    """The first of each subset, then the second of each, and so on."""
    turns: dict[str, int] = {}
    ranked = []
    for sample in samples:
        turn = turns[sample["subset"]] = turns.get(sample["subset"], 0) + 1
        ranked.append((turn, sample["subset"], sample["doc_id"], sample))
    return [sample for *_, sample in sorted(ranked, key=lambda rank: rank[:3])[:bound]]


def _note(sample: Sample) -> str:
    """One line on a sample."""
    parts = [sample["subset"], sample["language"], f"document {sample['doc_id']}"]
    if sample["value"] is not None:
        parts.append(f"measured {str(sample['value'])[:MAX_VALUE_CHARACTERS]}")
    if sample.get("survivor"):
        parts.append(f"resembles {sample['survivor']}")
    return ", ".join(part for part in parts if part)
