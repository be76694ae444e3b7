"""Merges what parts measured beside the ledger into what the card is made from.

Parts are read one after the other. Memory follows the number of different web domains, and of
different statements of licences in a subset, about 0.4 kB for each, see
`haybale.pipeline.ingesting.name_counts`, and is a few megabytes beside.
"""

from collections.abc import Callable, Iterable

import pyarrow as pa

from haybale.cards.license_classes import license_class
from haybale.cards.measured import (
    Distinct,
    LengthCounts,
    LicenseCounts,
    Measured,
    PairSample,
    TokenRate,
)
from haybale.corpus.hyperloglog import HyperLogLog
from haybale.corpus.log_histogram import histogram
from haybale.corpus.pending import FileRecord
from haybale.pipeline.context import BuildContext
from haybale.pipeline.ingesting.name_counts import NameCounts
from haybale.pipeline.ingesting.part_ingestion import READ_QUANTITIES, read_statistics_stem
from haybale.pipeline.ingesting.statistics import SKETCHED, Statistics
from haybale.pipeline.jobs.domains_table import AMOUNTS, write_domains
from haybale.pipeline.jobs.tokens import CORPUS_QUANTITIES, corpus_statistics_stem

MAX_STATEMENTS = 1000
"""Statements of licences of a subset that are kept by name: those that name authors and years have
no end."""
_STATES = {
    "read": (READ_QUANTITIES, read_statistics_stem),
    "corpus": (CORPUS_QUANTITIES, corpus_statistics_stem),
}


def merge_measured(
    context: BuildContext,
    *,
    token_rates: tuple[TokenRate, ...] = (),
    pair_sample: PairSample | None = None,
) -> tuple[FileRecord, Measured]:
    """Merge the statistics of all parts, and commit the exact table of domains beside the card.

    Args:
        context: The build, all parts of it tokenized.
        token_rates: Measured elsewhere.
        pair_sample: Likewise.
    """
    merging = _Merging()
    for subset in dict.fromkeys(part.subset for part in context.parts):
        names = [part.name for part in context.parts if part.subset == subset]
        for state, (quantities, stem) in _STATES.items():
            merging.add(subset, state, _merged(context, names, quantities, stem))
    domains_file, domains = write_domains(context.folder, merging.domains)
    return domains_file, Measured(
        lengths=tuple(merging.lengths),
        distinct=(*merging.distinct_of_all(), *merging.distinct),
        domains=domains,
        licenses=tuple(merging.licenses),
        token_rates=token_rates,
        pair_sample=pair_sample,
    )


def _merged(
    context: BuildContext,
    parts: Iterable[str],
    quantities: tuple[str, ...],
    stem: Callable[[str], str],
) -> Statistics:
    statistics = Statistics(quantities)
    for part in parts:
        statistics.merge(context.folder, stem(part))
    return statistics


class _Merging:
    """Statistics of subsets, brought together."""

    def __init__(self) -> None:
        self.lengths: list[LengthCounts] = []
        self.distinct: list[Distinct] = []
        self.licenses: list[LicenseCounts] = []
        self.domains = NameCounts(AMOUNTS)
        self._sketches = {(w, s): HyperLogLog() for s in _STATES for w in SKETCHED}
        self._totals = dict.fromkeys(self._sketches, 0)

    def add(self, subset: str, state: str, statistics: Statistics) -> None:
        """Add the statistics of a subset's documents in a state."""
        for quantity, counts in zip(statistics.quantities, statistics.lengths, strict=True):
            self.lengths.append(LengthCounts(quantity, state, subset, histogram(counts)))
        totals = statistics.totals()
        for what, sketch in zip(SKETCHED, statistics.sketches, strict=True):
            self._sketches[what, state].merge(sketch)
            self._totals[what, state] += totals[what]
            self.distinct.append(_distinct(what, state, subset, sketch, totals[what]))
        table = statistics.domains.table()
        if state == "read":
            read = table.select(["name", "documents"])
            self.domains.add_table(read.rename_columns(["name", "documents_read"]))
            return
        self.domains.add_table(table)
        self.licenses += _licenses(subset, statistics.licenses.table())

    def distinct_of_all(self) -> list[Distinct]:
        """Of all subsets together."""
        return [
            _distinct(what, state, "", sketch, self._totals[what, state])
            for (what, state), sketch in self._sketches.items()
        ]


def _licenses(subset: str, table: pa.Table) -> list[LicenseCounts]:
    """Of a subset: the statements of the most tokens by name, all others by class."""
    order = [("tokens", "descending"), ("documents", "descending"), ("name", "ascending")]
    table = table.sort_by(order)
    named = table.slice(0, MAX_STATEMENTS).sort_by("name")
    classes = NameCounts([name for name in table.column_names if name != "name"])
    for batch in table.slice(MAX_STATEMENTS).to_batches():
        names = [license_class(name) for name in batch.column("name").to_pylist()]
        classes.add_table(pa.Table.from_batches([batch]).set_column(0, "name", pa.array(names)))
    return [
        *(LicenseCounts(subset, row.pop("name"), **row) for row in named.to_pylist()),
        *(
            LicenseCounts(subset, "", license_class=row.pop("name"), **row)
            for row in classes.table().to_pylist()
        ),
    ]


def _distinct(what: str, state: str, subset: str, sketch: HyperLogLog, total: int) -> Distinct:
    """As the sketch says, but never more than there are: that number is exact."""
    value, low, high = (min(number, total) for number in sketch.estimate())
    return Distinct(what, state, subset, value, low, high, total)
