"""Duplicates: how many were removed, by what method, and how often it was right."""

from haybale.cards.blocks import Bar, Bars, Block, Code, Inline, Number, Prose, Section, Table
from haybale.cards.card import Card
from haybale.cards.intervals import rule_of_three
from haybale.cards.measures.duplicates import CLUSTER_SIZES
from haybale.cards.sections.cells import amount, by_size, cell, share


def section(card: Card) -> Section | None:
    """None where the recipe asks for no deduplication and nothing was counted of repeats."""
    removed = card.find("duplicates.documents")
    deduplicated = removed is not None and removed.value is not None
    blocks: list[Block] = [*_removed(card)] if deduplicated else []
    blocks += _distinct(card)
    return Section("duplicates", "Duplicates", blocks) if blocks else None


def _removed(card: Card) -> list[Block]:
    documents, text_bytes = (card.facts[f"duplicates.{one}"] for one in ("documents", "text_bytes"))
    came = amount(documents) + card.value("attrition.left.documents", stage="deduplicate")
    blocks: list[Block] = [
        Prose(
            (
                Number(documents),
                f" documents, {share(amount(documents), came) or 'none'} of those that came to "
                "this stage, were removed (",
                Number(text_bytes),
                " bytes of text). Each names the document that stands for it, in ",
                Code("dedup/duplicates.arrow"),
                ".",
            )
        ),
    ]
    if amount(documents):
        blocks += [_methods(card, amount(documents)), *_subsets(card)]
    return [*blocks, *_pairs(card), _precision(card), *_clusters(card)]


def _methods(card: Card, removed: float) -> Bars:
    table = card.table("duplicates.documents", "method")
    bars = tuple(
        Bar(Code(key[0]), amount(table[key]), share(amount(table[key]), removed))
        for key in by_size(table)
    )
    return Bars(
        "Documents removed by each method, with the share of all removed", "documents", bars
    )


def _subsets(card: Card) -> list[Block]:
    methods = [method for (method,) in by_size(card.table("duplicates.documents", "method"))]
    rows = tuple(
        (
            Code(subset),
            cell(card.find("duplicates.documents", subset=subset)) or "0",
            cell(card.find("duplicates.text_bytes", subset=subset)) or "0",
            *(
                cell(card.find("duplicates.documents", subset=subset, method=method)) or "0"
                for method in methods
            ),
        )
        for subset in card.subsets
    )
    columns = ("subset", "documents", "bytes of text", *methods)
    return [Table("Duplicates removed, by subset and method", columns, rows)]


def _pairs(card: Card) -> list[Block]:
    """How near-duplicates were found; nothing where none were looked for."""
    candidates, verified, limited = (
        card.find(f"duplicates.{one}")
        for one in ("candidate_pairs", "verified_pairs", "limited_buckets")
    )
    if candidates is None or verified is None or not candidates.value:
        return []
    parts: list[Inline] = [Number(candidates), " pairs were compared, of which ", Number(verified)]
    error = card.find("duplicates.similarity_standard_error")
    if error is None:
        parts.append(" were above the threshold when their texts were compared.")
    else:
        parts += [
            " were above the threshold by an estimate from their signatures, whose standard error "
            "there is ",
            Number(error, "ratio"),
            ".",
        ]
    if limited is not None and limited.value:
        words = " groups of documents were so large that not all of their pairs were compared."
        parts += [" ", Number(limited), words]
    return [Prose(tuple(parts))]


def _precision(card: Card) -> Prose:
    fact = card.facts["duplicates.precision"]
    if fact.value is None or fact.n is None:
        return Prose((f"How often a removal was right is not known: {fact.why_missing}.",))
    wrong = fact.n - round(amount(fact) * fact.n)
    parts: list[Inline] = [
        f"Of {fact.n:,} near-duplicates that were drawn and compared text by text, {wrong:,} were "
        "not as alike as the threshold asks: a precision of ",
        Number(fact, "percent"),
        ".",
    ]
    if not wrong:
        bound = f"{rule_of_three(fact.n):.1%}".replace("%", " %")
        parts.append(
            f" That is 0 of {fact.n:,}: at 95 %, one-sided, at most {bound} are wrong (3 / n); the "
            "interval is two-sided."
        )
    return Prose(tuple(parts))


def _clusters(card: Card) -> list[Block]:
    table = card.table("duplicates.cluster_size", "size")
    counts = [(size, amount(table[size,])) for size in CLUSTER_SIZES if (size,) in table]
    if not any(count for _, count in counts):
        return []
    return [
        Prose(
            (Number(card.facts["duplicates.clusters"]), " clusters of documents that are alike.")
        ),
        Bars(
            "Clusters by their number of documents", "clusters", tuple(Bar(*one) for one in counts)
        ),
    ]


_WHATS = (("urls", "URLs"), ("texts", "texts"), ("lines", "lines"))


def _distinct(card: Card) -> list[Block]:
    """How many different ones there were, and how many there are in the corpus."""
    rows = []
    for what, words in _WHATS:
        for state, where in (("read", "as read"), ("corpus", "in the corpus")):
            fact = card.find(f"distinct.{what}", state=state)
            if fact is not None and fact.n:
                part = " to ".join(
                    share(min(bound, fact.n), fact.n) for bound in fact.interval or ()
                )
                rows.append((f"{words}, {where}", f"{fact.n:,}", Number(fact), part))
    columns = ("what", "all", "different", "share, 95 %")
    caption = "How many are different, of all documents that have one"
    return [Table(caption, columns, tuple(rows))] if rows else []
