"""Duplicates: what was removed and why, how large clusters are, and how often it was right."""

from collections.abc import Iterator

from haybale.cards.fact import Fact, exact, not_measured
from haybale.cards.inputs import CardInputs
from haybale.cards.intervals import wilson
from haybale.cards.ledger_sums import LedgerSums
from haybale.cards.measured import PairSample
from haybale.corpus.takedowns import LINEAGE_KEY

STAGE = "deduplicate"

CLUSTER_SIZES = {
    "2": (2, 2),
    "3-4": (3, 4),
    "5-9": (5, 9),
    "10-99": (10, 99),
    "100+": (100, None),
}
"""Labels of clusters by their number of documents, from and to."""

MEASURES = {
    "duplicates.documents": "Documents removed because one that stays has the same URL, the "
    "same text or words, or nearly the same text.",
    "duplicates.text_bytes": "UTF-8 bytes of text of these.",
    "duplicates.clusters": "Groups of documents that are alike, one or more of which stay.",
    "duplicates.cluster_size": "Clusters of so many documents, removed ones and those that stay.",
    "duplicates.candidate_pairs": "Pairs that share a band of their MinHash signatures, and were "
    "compared.",
    "duplicates.verified_pairs": "Pairs above the threshold when they were compared.",
    "duplicates.limited_buckets": "Buckets of documents that share a band, so large that not all "
    "of their pairs were compared.",
    "duplicates.similarity_standard_error": "Of a similarity at the threshold, where it is "
    "estimated from signatures: sqrt(s (1 - s) / hashes).",
    "duplicates.precision": "Share of near-duplicate removals whose two texts are as alike as the "
    "threshold asks, by the Jaccard similarity of their shingles, in a sample that was compared "
    "text by text.",
    **{
        f"distinct.{what}": f"Different {words}, by a HyperLogLog sketch."
        for what, words in (
            ("urls", "URLs"),
            ("texts", "texts, as they were read, before edits"),
            ("lines", "lines of text"),
        )
    },
}


def facts(inputs: CardInputs) -> list[Fact]:
    """What deduplication did, if the recipe asked for it, and how many texts and URLs differ."""
    return [*_removed(inputs), *_distinct(inputs)]


def _removed(inputs: CardInputs) -> Iterator[Fact]:
    if "dedup" not in inputs.recipe:
        why = "the recipe asks for no deduplication"
        yield not_measured("duplicates.documents", why, "documents")
        return
    sums = LedgerSums(inputs.ledger)
    amount = inputs.ledger.total(stage=STAGE, outcome="removed")
    for unit in ("documents", "text_bytes"):
        yield exact(f"duplicates.{unit}", getattr(amount, unit), unit, STAGE)
    for labels in (("subset",), ("method",), ("subset", "method")):
        parts = tuple("rule" if label == "method" else label for label in labels)
        for (stage, *key), amount in sums.by("stage", *parts, outcomes=["removed"]).items():
            of = dict(zip(labels, key, strict=True))
            for unit in ("documents", "text_bytes") if stage == STAGE else ():
                yield exact(f"duplicates.{unit}", getattr(amount, unit), unit, STAGE, **of)
    yield from _clusters(inputs)
    for name, count in inputs.pairs.items():
        unit = "buckets" if name.endswith("buckets") else "pairs"
        yield exact(f"duplicates.{name}", count, unit, STAGE)
    if inputs.similarity_error is not None:
        measure, error = "duplicates.similarity_standard_error", inputs.similarity_error
        yield Fact(measure, error, "similarity", "derived", stage=STAGE)
    yield _precision(inputs.measured.pair_sample)


def _clusters(inputs: CardInputs) -> Iterator[Fact]:
    yield exact("duplicates.clusters", sum(inputs.clusters.values()), "clusters", STAGE)
    for label, (low, high) in CLUSTER_SIZES.items():
        count = sum(
            number
            for size, number in inputs.clusters.items()
            if size >= low and (high is None or size <= high)
        )
        yield exact("duplicates.cluster_size", count, "clusters", STAGE, size=label)


def _precision(sample: PairSample | None) -> Fact:
    measure = "duplicates.precision"
    if sample is None or not sample.pairs:
        why = "no removed near-duplicate was compared with the document that stands for it"
        return not_measured(measure, why, "fraction")
    low, high = wilson(sample.above_threshold, sample.pairs)
    return Fact(
        measure,
        round(sample.above_threshold / sample.pairs, 6),
        "fraction",
        "sample",
        stage=STAGE,
        interval=(round(low, 6), round(high, 6)),
        n=sample.pairs,
        source=f"Jaccard similarity above {sample.threshold}; interval: Wilson 1927",
    )


def _distinct(inputs: CardInputs) -> Iterator[Fact]:
    for row in inputs.measured.distinct:
        yield Fact(
            f"distinct.{row.what}",
            row.estimate,
            row.what,
            "sketch",
            {"state": row.state, **({"subset": row.subset} if row.subset else {})},
            "ingest" if row.state == "read" else "tokenize",
            interval=(row.low, row.high),
            n=row.total,
        )
    if inputs.measured.distinct and inputs.lineage.get(LINEAGE_KEY):
        why = (
            "documents were taken down since they were counted: a sketch forgets nothing, and "
            "those that stayed were not read again"
        )
        for what in sorted({row.what for row in inputs.measured.distinct}):
            yield not_measured(f"distinct.{what}", why, what, state="corpus")
    if not inputs.measured.distinct:
        why = "different URLs and texts were not counted when this corpus was built"
        yield not_measured("distinct.texts", why, "texts")
