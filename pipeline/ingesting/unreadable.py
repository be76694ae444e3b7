"""Records that could not be read: how many of each subset, and the first of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from haybale.corpus.ledger import Ledger


class Unreadable(NamedTuple):
    """Counts over parts.

    Attributes:
        read: Records by subset, readable or not.
        unreadable: Those that could not be read.
        first: The first of them: `file`, `position`, `reason` and `detail`; None where there is
            none.
    """

    read: Mapping[str, int]
    unreadable: Mapping[str, int]
    first: Mapping[str, Any] | None

    @classmethod
    def of(cls, parts: Iterable[tuple[str, Ledger, Mapping[str, Any]]]) -> "Unreadable":
        """Those of ingested parts: the subset, the ledger and the facts of each."""
        read: Counter[str] = Counter()
        unreadable: Counter[str] = Counter()
        first = None
        for subset, ledger, facts in parts:
            read[subset] += ledger.total(outcome="read").documents
            unreadable[subset] += ledger.total(outcome="unreadable").documents
            first = first or facts["first_unreadable"]
        return cls(read, unreadable, first)
