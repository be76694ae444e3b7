"""What became of the documents of each language, subset by subset."""

from collections.abc import Mapping
from typing import NamedTuple

from haybale.cards.ledger_sums import LedgerSums
from haybale.cards.measures.attrition import STAGES
from haybale.cards.rate_ratios import Cell
from haybale.corpus.ledger import Amount
from haybale.corpus.takedowns import STAGE as TAKEDOWN


class Fate(NamedTuple):
    """How many were dropped and kept by ingest, and were left by the stages of the build.

    Who was taken down afterwards was asked for by somebody: no stage decided about them.
    """

    dropped: int
    kept: int
    left: int

    def by_ingest(self) -> Cell:
        """Those that ingest dropped, of all that could be read."""
        return Cell(self.dropped, self.dropped + self.kept)

    def by_later_stages(self) -> Cell:
        """Those that later stages took out, of what ingest kept."""
        return Cell(self.kept - self.left, self.kept)


Fates = Mapping[str, Mapping[str, Fate]]
"""By language and subset."""


def language_fates(sums: LedgerSums) -> Fates:
    """Of every language that was read; a subset has a fate where it had documents of it."""
    parts = ("stage", "outcome", "language", "subset")
    amounts = sums.by(*parts, outcomes=("read", "kept", "dropped"))
    present = {stage for stage, *_ in amounts}
    stages = [stage for stage in STAGES if stage in present and stage != TAKEDOWN]
    last = stages[-1] if stages else "ingest"
    fates: dict[str, dict[str, Fate]] = {}
    for stage, outcome, language, subset in amounts:
        if (stage, outcome) == ("ingest", "read"):
            fates.setdefault(language, {})[subset] = Fate(
                *(
                    amounts.get((*of, language, subset), Amount()).documents
                    for of in (("ingest", "dropped"), ("ingest", "kept"), (last, "kept"))
                )
            )
    return fates
