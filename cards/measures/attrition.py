"""What each rule removed, of which subset and language, and what was left after each stage."""

from haybale.cards.fact import Fact, exact
from haybale.cards.inputs import CardInputs
from haybale.cards.ledger_sums import LedgerSums
from haybale.cards.removed_tokens import removed_tokens
from haybale.corpus.ledger import Amount, Outcome

STAGES = ("ingest", "select", "deduplicate", "repeats", "decontaminate", "tokenize", "takedown")
"""Stages of the ledger, in their order."""

MAX_LANGUAGES = 50
"""Languages of which each rule's counts are facts; `card/attrition.parquet` has all of them."""

_UNITS = ("documents", "text_bytes")
_OUTCOMES: dict[Outcome, str] = {
    "dropped": "dropped by ingest, each by the first rule that failed it",
    "hit": "read, which the rule fails, whether or not an earlier rule had",
    "barely_hit": "which the rule fails by a number that is near the bound",
    "nearly_hit": "which the rule does not fail, by a number that is near the bound",
    "skipped": "to which the rule did not apply: what it needs of language or origin is not known",
    "removed": "taken out after ingest: not selected, as duplicates, for evaluation items in them, "
    "left with too little by cuts, or taken down from the finished corpus",
    "edited": "kept, which lost bytes to a line edit, a mask or a cut",
    "inserted": "kept, into which a mask or an edit put bytes",
}
_BY_LANGUAGE: tuple[Outcome, ...] = ("dropped", "hit", "removed")
_PARTS_OF_TEXT = {
    "edited": "Bytes that a line edit, a mask or a cut took out of kept documents.",
    "inserted": "Bytes that a mask or an edit put into kept documents.",
}

_TOKENS = (
    "From the first 10,000 characters of a uniform sample of them, 64 of each rule and subset at "
    "most; exact where that is all there is."
)

MEASURES = {
    "ingest.read.documents": "Documents read from the input, unreadable ones among them.",
    "ingest.read.text_bytes": "UTF-8 bytes of text of the documents read.",
    "ingest.kept.documents": "Documents that no rule of ingest dropped.",
    "ingest.kept.text_bytes": "UTF-8 bytes of text of these, after masks and line edits.",
    "unreadable.records": "Records of the input that could not be read as a document, by reason.",
    "unreadable.source_bytes": "Bytes of these records in their source, which are not of text.",
    "attrition.left.documents": "Documents that were still there after the stage.",
    "attrition.left.text_bytes": "UTF-8 bytes of text of these.",
    "attrition.dropped.tokens": f"Tokens that dropped documents would have had. {_TOKENS}",
    "attrition.removed.tokens": f"Tokens that removed documents would have had. {_TOKENS}",
    **{
        f"attrition.{outcome}.documents": f"Documents {what}."
        for outcome, what in _OUTCOMES.items()
    },
    **{
        f"attrition.{outcome}.text_bytes": _PARTS_OF_TEXT.get(
            outcome, f"UTF-8 bytes of text of documents {what}."
        )
        for outcome, what in _OUTCOMES.items()
    },
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Exact counts of the ledger, and estimated tokens of what never met the tokenizer."""
    sums = LedgerSums(inputs.ledger)
    return [
        *_ingest(sums),
        *_left(sums),
        *_unreadable(sums),
        *_rules(sums),
        *removed_tokens(sums, inputs.measured.token_rates),
    ]


def _amounts(measure: str, amount: Amount, stage: str, **of: str) -> list[Fact]:
    return [exact(f"{measure}.{unit}", getattr(amount, unit), unit, stage, **of) for unit in _UNITS]


def _read_values(sums: LedgerSums, labels: tuple[str, ...]) -> list[dict[str, str]]:
    """What was read by these labels: of each, each fact is given, 0 where nothing was left."""
    read = sums.by(*labels, outcomes=["read"])
    return [dict(zip(labels, key, strict=True)) for key in read]


def _ingest(sums: LedgerSums) -> list[Fact]:
    found = []
    for labels in ((), ("subset",), ("language",)):
        amounts = sums.by("stage", "outcome", *labels, outcomes=("read", "kept"))
        for of in _read_values(sums, labels):
            for outcome in ("read", "kept"):
                amount = amounts.get(("ingest", outcome, *of.values()), Amount())
                found += _amounts(f"ingest.{outcome}", amount, "ingest", **of)
    return found


def _left(sums: LedgerSums) -> list[Fact]:
    measure, present = (
        "attrition.left",
        {stage for (stage,) in sums.by("stage", outcomes=("kept", "removed"))},
    )
    found = []
    for labels in ((), ("subset",), ("language",)):
        kept = sums.by("stage", *labels, outcomes=["kept"])
        for of in _read_values(sums, labels):
            for stage in (name for name in STAGES if name in present):
                amount = kept.get((stage, *of.values()), Amount())
                labelled = {**of, "stage": stage}
                found += [
                    Fact(f"{measure}.{unit}", getattr(amount, unit), unit, "exact", labelled, stage)
                    for unit in _UNITS
                ]
    return found


def _unreadable(sums: LedgerSums) -> list[Fact]:
    found = []
    for (subset, rule), amount in sums.by("subset", "rule", outcomes=["unreadable"]).items():
        of = {"subset": subset, "rule": rule}
        found += [
            exact("unreadable.records", amount.documents, "records", "ingest", **of),
            exact("unreadable.source_bytes", amount.text_bytes, "bytes", "ingest", **of),
        ]
    return found


def _rules(sums: LedgerSums) -> list[Fact]:
    stages = _stages(sums)
    languages = _largest_languages(sums)
    found = []
    for labels in (("rule",), ("subset", "rule"), ("language", "rule")):
        outcomes = _BY_LANGUAGE if "language" in labels else tuple(_OUTCOMES)
        for (outcome, *key), amount in sums.by("outcome", *labels, outcomes=outcomes).items():
            of = dict(zip(labels, key, strict=True))
            if "language" not in of or of["language"] in languages:
                stage = stages[outcome, of["rule"]]
                found += _amounts(f"attrition.{outcome}", amount, stage, **of)
    return found


def _stages(sums: LedgerSums) -> dict[tuple[str, str], str]:
    """Where each rule had each outcome."""
    stages: dict[tuple[str, str], list[str]] = {}
    for outcome, rule, stage in sums.by("outcome", "rule", "stage", outcomes=_OUTCOMES):
        stages.setdefault((outcome, rule), []).append(stage)
    return {key: ", ".join(names) for key, names in stages.items()}


def _largest_languages(sums: LedgerSums) -> list[str]:
    """Those of the most documents read."""
    read = sums.by("language", outcomes=["read"])
    ordered = sorted(read, key=lambda key: (-read[key].documents, key))
    return [language for (language,) in ordered][:MAX_LANGUAGES]
