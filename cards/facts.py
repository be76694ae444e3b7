"""Facts: every number of a card as an object that says how it is known."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import haybale
from haybale.cards.attrition import attrition_facts, disparity_facts
from haybale.cards.contamination import contamination_facts
from haybale.cards.fact import Fact, exact
from haybale.cards.packing import PackingCounts, packing_facts
from haybale.cards.people import people_facts
from haybale.cards.tokenizer import tokenizer_facts
from haybale.cards.training import training_facts
from haybale.corpus.errors import RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.recipe import parse_section
from haybale.corpus.shards import TokenFormat

FORMAT = "haybale/card@1"

NOT_MEASURED = {
    "sensitive.toxicity": "no toxicity classifier ran",
    "domains.distribution": "web domains were not counted",
    "cost.energy": "energy was not metered",
    "provenance.consent": "no pipeline can measure whether authors consented",
    "provenance.machine_written": "no detector of machine-written text ran",
}
"""What a reader may look for here, and why it is not."""


@dataclass(frozen=True)
class CardDeclaration:
    """What only people can say: the recipe's `[card]`. Empty answers are counted on the card."""

    title: str = ""
    summary: str = ""
    license: str = ""
    motivation: str = ""
    intended_use: str = ""
    out_of_scope: str = ""
    known_harms: str = ""
    maintenance: str = ""
    contact: str = ""
    publish_samples: bool = False

    def __post_init__(self) -> None:
        if self.license and self.license not in LICENSES:
            raise RecipeError(
                f"license: {self.license!r} is no identifier that the Hugging Face hub knows; use "
                f"'other', or one of {', '.join(sorted(LICENSES))}"
            )

    def unanswered(self) -> list[str]:
        """Questions without an answer."""
        return [
            field.name
            for field in fields(self)
            if field.type is str and not getattr(self, field.name)
        ]


LICENSES = frozenset(
    (
        *("apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "gpl", "gpl-2.0", "gpl-3.0"),
        *("lgpl", "mpl-2.0", "cc", "cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0"),
        *("cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "odc-by", "odbl"),
        *("pddl", "unknown", "other"),
    )
)


@dataclass(frozen=True)
class CardInputs:
    """Everything a card is made from: what the build hands over, and what `card build` reads.

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
        samples: A few dropped documents per rule: `rule`, `subset`, `doc_id`, `value`, `excerpt`.
        declared: What people said.
        contamination: Evaluation set to counts, see `haybale.cards.contamination`.
        similarity_error: Standard error of a similarity at the threshold, where near-duplicates
            are estimated; null where their texts were compared.
        tokenizer_report: How well the vocabulary fits, as `tokenizer/report.json`.
        packings: What packings into sequences cost, see `haybale.cards.packing`.
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
    packings: PackingCounts = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For `card/inputs.json`."""
        return {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "ledger": self.ledger.as_json(),
            "tokens": asdict(self.tokens),
            "clusters": {str(size): count for size, count in self.clusters.items()},
            "samples": list(self.samples),
            "declared": asdict(self.declared),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "CardInputs":
        """The inverse of `as_json`."""
        return cls(
            **{
                **raw,
                "ledger": Ledger.from_json(raw["ledger"]),
                "tokens": TokenFormat(**raw["tokens"]),
                "clusters": {int(size): count for size, count in raw["clusters"].items()},
                "declared": parse_section(CardDeclaration, raw["declared"], "card"),
            }
        )


def build_facts(inputs: CardInputs) -> dict[str, Any]:
    """The content of `card.json`: a function of its inputs and of this code alone.

    Raises:
        HaybaleError: If the ledger does not add up.
    """
    inputs.ledger.check()
    facts = [
        *_composition_facts(inputs),
        *attrition_facts(inputs.ledger),
        *disparity_facts(inputs.ledger),
        *people_facts(inputs.ledger),
        *_duplicate_facts(inputs),
        *contamination_facts(inputs.contamination),
        *training_facts(inputs.totals, inputs.weights),
        *tokenizer_facts(inputs.tokenizer_report),
        *packing_facts(inputs.packings),
        *_declared_facts(inputs.declared),
        *(Fact(name, None, "", "not_measured", why_missing=why) for name, why in _unmeasured()),
    ]
    assert len({fact.id for fact in facts}) == len(facts)
    by = f"haybale {haybale.__version__}"
    return {
        "format": FORMAT,
        "name": inputs.name,
        "declared": asdict(inputs.declared),
        "recipe": inputs.recipe,
        "lineage": inputs.lineage,
        "subsets": sorted({name for split in inputs.totals.values() for name in split}),
        "samples": list(inputs.samples) if inputs.declared.publish_samples else [],
        "facts": [{**asdict(fact), "by": by} for fact in sorted(facts, key=lambda fact: fact.id)],
    }


def _unmeasured() -> list[tuple[str, str]]:
    return sorted(NOT_MEASURED.items())


def _composition_facts(inputs: CardInputs) -> list[Fact]:
    facts = []
    for unit in ("documents", "text_bytes", "tokens", "shards"):
        for split, subsets in inputs.totals.items():
            for subset, counts in subsets.items():
                facts.append(exact(f"composition.{split}.{subset}.{unit}", counts[unit], unit))
            total = sum(counts[unit] for counts in subsets.values())
            facts.append(exact(f"total.{split}.{unit}", total, unit))
    for subset in sorted({name for split in inputs.totals.values() for name in split}):
        both = [split.get(subset, {}) for split in inputs.totals.values()]
        num_bytes = sum(counts.get("text_bytes", 0) for counts in both)
        num_tokens = sum(counts.get("tokens", 0) for counts in both)
        if num_tokens:
            facts.append(
                Fact(
                    f"tokenizer.{subset}.bytes_per_token",
                    round(num_bytes / num_tokens, 4),
                    "bytes per token",
                    "derived",
                    stage="tokenize",
                )
            )
    facts.append(exact("tokenizer.vocabulary_size", inputs.tokens.vocabulary_size, "pieces"))
    facts.append(Fact("tokenizer.kind", inputs.tokenizer_kind, "", "declared", "tokenizer"))
    for language in inputs.ledger.values("language"):
        amount = inputs.ledger.total(stage="tokenize", outcome="kept", language=language)
        if amount.documents:
            name = language or "unknown"
            for unit in ("documents", "text_bytes", "tokens"):
                facts.append(exact(f"language.{name}.{unit}", getattr(amount, unit), unit))
    return facts


def _duplicate_facts(inputs: CardInputs) -> list[Fact]:
    if "dedup" not in inputs.recipe:
        why = "the recipe asks for no deduplication"
        return [Fact("duplicates.documents", None, "documents", "not_measured", why_missing=why)]
    removed = inputs.ledger.total(stage="deduplicate", outcome="removed")
    facts = [
        exact("duplicates.documents", removed.documents, "documents", "deduplicate"),
        exact("duplicates.text_bytes", removed.text_bytes, "text_bytes", "deduplicate"),
        exact("duplicates.clusters", sum(inputs.clusters.values()), "clusters", "deduplicate"),
    ]
    for name, value in inputs.pairs.items():
        unit = "buckets" if name.endswith("buckets") else "pairs"
        facts.append(exact(f"duplicates.{name}", value, unit, "deduplicate"))
    if inputs.similarity_error is not None:
        name, error = "duplicates.similarity_standard_error", inputs.similarity_error
        facts.append(Fact(name, error, "similarity", "derived", "deduplicate"))
    for low, high in ((2, 2), (3, 4), (5, 9), (10, 99), (100, None)):
        count = sum(
            number
            for size, number in inputs.clusters.items()
            if size >= low and (high is None or size <= high)
        )
        name = f"{low}" if high == low else f"{low}-{high}" if high else f"{low}+"
        facts.append(exact(f"duplicates.cluster_size.{name}", count, "clusters", "deduplicate"))
    return facts


def _declared_facts(declared: CardDeclaration) -> list[Fact]:
    unanswered = set(declared.unanswered())
    facts = []
    for field in fields(declared):
        if field.type is not str:
            continue
        if field.name in unanswered:
            why = "not provided by the corpus's author"
            fact = Fact(f"declared.{field.name}", None, "", "not_measured", why_missing=why)
        else:
            fact = Fact(f"declared.{field.name}", getattr(declared, field.name), "", "declared")
        facts.append(fact)
    return facts
