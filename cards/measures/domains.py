"""Web domains of the corpus: how many, the largest, and how much the largest tenth holds."""

from collections.abc import Sequence

from haybale.cards.fact import Fact, exact, not_measured
from haybale.cards.inputs import CardInputs
from haybale.cards.measured import DomainCounts, Domains

STAGE = "tokenize"
UNITS = ("documents_read", "documents", "text_bytes", "tokens")

MIN_DOMAIN_DOCUMENTS = 30
"""Domains with fewer documents in the corpus are not named on the card: a small site is often one
person's. `card/domains.parquet` has all."""
MAX_DOMAINS = 100
"""Named on the card, the largest by bytes of text."""

MEASURES = {
    "domains.read": "Web domains of documents read that have a URL.",
    "domains.corpus": "Web domains of documents of the corpus that have a URL.",
    "domains.without_url.documents": "Documents of the corpus without a URL that names a host.",
    "domain.documents_read": "Documents read from this domain, or domains of this ending.",
    "domain.documents": "Documents of the corpus from this domain, or domains of this ending.",
    "domain.text_bytes": "Their bytes of text in the corpus.",
    "domain.tokens": "Their tokens in the corpus.",
    "domains.curve": (
        "Points [number of largest domains, bytes of text that these have together], domains "
        "ordered by their bytes in the corpus."
    ),
    "domains.top_tenth_share": (
        "Share of the text with a URL that comes from the largest tenth of domains, by bytes, "
        "their number rounded up. Where the curve has no point there, a straight line to the next; "
        "the interval then has the points before and after."
    ),
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Counts of domains, amounts of the largest and of top-level domains, and the curve."""
    domains = inputs.measured.domains
    if domains is None:
        why = "web domains were not counted when this corpus was built"
        return [not_measured("domains.corpus", why, "domains")]
    without = domains.documents_without
    return [
        exact("domains.read", domains.num_read, "domains", "ingest"),
        exact("domains.corpus", domains.num, "domains", STAGE),
        exact("domains.without_url.documents", without, "documents", STAGE),
        *_amounts("domain", named(domains.top)),
        *_amounts("top_level_domain", domains.groups),
        *_concentration(domains),
    ]


def named(top: Sequence[DomainCounts]) -> list[DomainCounts]:
    """Those that the card names: the largest of at least `MIN_DOMAIN_DOCUMENTS` documents."""
    large = [domain for domain in top if domain.documents >= MIN_DOMAIN_DOCUMENTS]
    return sorted(large, key=lambda domain: (-domain.text_bytes, domain.domain))[:MAX_DOMAINS]


def _amounts(label: str, rows: Sequence[DomainCounts]) -> list[Fact]:
    return [
        Fact(
            f"domain.{unit}",
            getattr(row, unit),
            unit.removesuffix("_read"),
            "exact",
            {label: row.domain},
            "ingest" if unit == "documents_read" else STAGE,
        )
        for row in rows
        for unit in UNITS
    ]


def _concentration(domains: Domains) -> list[Fact]:
    if not domains.curve or not domains.curve[-1][1]:
        why = "no document of the corpus has a URL"
        return [not_measured("domains.curve", why), not_measured("domains.top_tenth_share", why)]
    points = [list(point) for point in domains.curve]
    share, low, high = _share_of(domains.curve, -(-domains.num // 10))
    return [
        Fact("domains.curve", {"points": points}, "text_bytes", "exact", {}, STAGE),
        Fact(
            "domains.top_tenth_share",
            round(share, 6),
            "fraction",
            "derived",
            stage=STAGE,
            interval=None if low == high else (round(low, 6), round(high, 6)),
        ),
    ]


def _share_of(curve: Sequence[tuple[int, int]], count: int) -> tuple[float, float, float]:
    """Share of the text in the `count` largest domains, and the points of the curve around it.

    A straight line between two points is at most the curve, whose steps only fall.
    """
    total = curve[-1][1]
    before = max(((0, 0), *(point for point in curve if point[0] <= count)))
    after = min(point for point in curve if point[0] >= count)
    low, high = before[1] / total, after[1] / total
    if before[0] == after[0]:
        return low, low, low
    along = (count - before[0]) / (after[0] - before[0])
    return low + along * (high - low), low, high
