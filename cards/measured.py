"""What the stages measured beside the ledger, merged over all parts: what facts are made from.

Every piece merges in any order, and none depends on how the input was split.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class LengthCounts:
    """How long documents are.

    Attributes:
        quantity: `text_bytes`, `characters` or `tokens`.
        state: `read` by ingest, or in the `corpus`.
        subset: Whose documents.
        counts: Bucket to documents; see `haybale.corpus.log_histogram`.
    """

    quantity: str
    state: str
    subset: str
    counts: Mapping[int, int]


@dataclass(frozen=True)
class Distinct:
    """How many different ones there are, by a HyperLogLog sketch.

    Attributes:
        what: `urls`, `texts` (as read, before edits) or `lines`.
        state: `read` or `corpus`.
        subset: Of which subset; empty for all together.
        estimate: Of the number.
        low: Lower bound, 95 %.
        high: Upper bound.
        total: How many there are, repeats counted.
    """

    what: str
    state: str
    subset: str
    estimate: int
    low: int
    high: int
    total: int


@dataclass(frozen=True)
class DomainCounts:
    """Documents of a host, or of a group of hosts such as a top-level domain."""

    domain: str
    documents_read: int
    documents: int
    text_bytes: int
    tokens: int


@dataclass(frozen=True)
class Domains:
    """Web domains; `card/domains.parquet` has all of them.

    Attributes:
        num_read: Domains of documents read.
        num: Domains of the corpus.
        documents_without: Documents of the corpus without a URL.
        top: Those with the most bytes of text in the corpus.
        groups: By top-level domain, all of them.
        curve: Number of largest domains to the bytes of text they have together, rising; the last
            has all.
    """

    num_read: int
    num: int
    documents_without: int
    top: tuple[DomainCounts, ...]
    groups: tuple[DomainCounts, ...]
    curve: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class LicenseCounts:
    """Documents of the corpus by what their source says of their licence.

    Attributes:
        subset: Whose documents.
        license: What is said; empty: nothing.
        documents: Their number.
        text_bytes: Of these.
        tokens: Likewise.
        license_class: Where a subset has too many statements to keep each: the class of those that
            are counted together here, and `license` says nothing.
    """

    subset: str
    license: str
    documents: int
    text_bytes: int
    tokens: int
    license_class: str = ""


@dataclass(frozen=True)
class TokenRate:
    """How many tokens a sample of removed documents would have had.

    Sums over the sampled documents, of b bytes and t tokens each.
    """

    stage: str
    rule: str
    subset: str
    documents: int
    text_bytes: int
    tokens: int
    sum_bytes_squared: int
    sum_bytes_tokens: int
    sum_tokens_squared: int


@dataclass(frozen=True)
class PairSample:
    """Near-duplicate removals that were drawn and compared text by text."""

    pairs: int
    above_threshold: int
    threshold: float


@dataclass(frozen=True)
class Measured:
    """See the module; a tuple is empty and a value null where nothing was measured."""

    lengths: tuple[LengthCounts, ...] = ()
    distinct: tuple[Distinct, ...] = ()
    domains: Domains | None = None
    licenses: tuple[LicenseCounts, ...] = ()
    token_rates: tuple[TokenRate, ...] = ()
    pair_sample: PairSample | None = None

    def as_json(self) -> dict[str, Any]:
        """For `card/inputs.json`."""
        raw = asdict(self)
        for row in raw["lengths"]:
            row["counts"] = {str(bucket): count for bucket, count in row["counts"].items()}
        return raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Measured":
        """The inverse of `as_json`."""
        domains, pairs = raw["domains"], raw["pair_sample"]
        return cls(
            lengths=tuple(
                LengthCounts(**{**row, "counts": {int(k): v for k, v in row["counts"].items()}})
                for row in raw["lengths"]
            ),
            distinct=tuple(Distinct(**row) for row in raw["distinct"]),
            domains=None if domains is None else _domains(domains),
            licenses=tuple(LicenseCounts(**row) for row in raw["licenses"]),
            token_rates=tuple(TokenRate(**row) for row in raw["token_rates"]),
            pair_sample=None if pairs is None else PairSample(**pairs),
        )


def _domains(raw: Mapping[str, Any]) -> Domains:
    values = {field.name: raw[field.name] for field in fields(Domains)}
    for name in ("top", "groups"):
        values[name] = tuple(DomainCounts(**row) for row in values[name])
    values["curve"] = tuple((count, size) for count, size in values["curve"])
    return Domains(**values)
