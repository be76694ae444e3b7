"""Everything a card is made from: what the build hands over, and what `card build` reads."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from haybale.cards.declaration import CardDeclaration
from haybale.cards.measured import Measured
from haybale.cards.older_inputs import as_today
from haybale.corpus.ledger import Ledger
from haybale.corpus.recipe import parse_section
from haybale.corpus.shards import TokenFormat


@dataclass(frozen=True)
class CardInputs:
    """See the module.

    Attributes:
        name: The recipe's name.
        recipe: As written, overrides applied.
        ledger: Of all stages.
        totals: `{split: {subset: {"documents", "text_bytes", "tokens", "shards"}}}`.
        weights: Share of training tokens per subset.
        tokens: What the ids mean.
        tokenizer_kind: `unigram`, `bpe` or `given`.
        lineage: Inputs, versions and models.
        clusters: Size of duplicate cluster to number of clusters.
        pairs: What deduplication compared: `candidate_pairs`, `verified_pairs`, `limited_buckets`.
        samples: A few documents of each rule and of the corpus: `state` (`removed` or `kept`),
            `stage`, `rule` (empty for kept ones), `subset`, `language`, `doc_id`, `value` (what the
            rule measured, or null) and `excerpt`.
        declared: What people said.
        contamination: Evaluation set to counts, see `haybale.cards.measures.contamination`.
        similarity_error: Standard error of a similarity at the threshold, where near-duplicates
            are estimated; null where their texts were compared.
        tokenizer_report: How well the vocabulary fits, as `tokenizer/report.json`.
        packings: What packings into sequences cost:
            `{"best_fit-2048": {split: {subset: counts}}}`, see `haybale.cards.measures.packing`.
        measured: What the stages measured beside the ledger.
        drawn: Tokens that a training run drew of each subset, see `haybale.cards.drawn`; empty
            where none has said.
        timings: Stage to CPU seconds, wall seconds and memory, see `haybale.cards.timings`; empty
            in a corpus's own card, since they differ from run to run.
        audits: What people said of removals, see `haybale.cards.audit.record`; likewise.
    """

    name: str
    recipe: Mapping[str, Any]
    ledger: Ledger
    totals: Mapping[str, Mapping[str, Mapping[str, int]]]
    weights: Mapping[str, float]
    tokens: TokenFormat
    tokenizer_kind: str
    lineage: Mapping[str, Any]
    clusters: Mapping[int, int]
    pairs: Mapping[str, int]
    samples: Sequence[Mapping[str, Any]]
    declared: CardDeclaration
    contamination: Mapping[str, Mapping[str, int]] = dataclasses.field(default_factory=dict)
    similarity_error: float | None = None
    tokenizer_report: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    packings: Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]] = dataclasses.field(
        default_factory=dict
    )
    measured: Measured = dataclasses.field(default_factory=Measured)
    drawn: Mapping[str, int] = dataclasses.field(default_factory=dict)
    timings: Mapping[str, Mapping[str, float]] = dataclasses.field(default_factory=dict)
    audits: Sequence[Mapping[str, Any]] = ()

    def as_json(self) -> dict[str, Any]:
        """For `card/inputs.json`."""
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "ledger": self.ledger.as_json(),
            "tokens": asdict(self.tokens),
            "clusters": {str(size): count for size, count in self.clusters.items()},
            "samples": list(self.samples),
            "declared": asdict(self.declared),
            "measured": self.measured.as_json(),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "CardInputs":
        """The inverse of `as_json`, also of older versions'; what they lack was not measured."""
        raw = as_today(raw)
        measured = raw.get("measured")
        return cls(
            **{
                **raw,
                "ledger": Ledger.from_json(raw["ledger"]),
                "tokens": TokenFormat(**raw["tokens"]),
                "clusters": {int(size): count for size, count in raw["clusters"].items()},
                "declared": parse_section(CardDeclaration, _without_gaps(raw["declared"]), "card"),
                "measured": Measured() if measured is None else Measured.from_json(measured),
            }
        )


def _without_gaps(declared: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in declared.items() if value is not None}
