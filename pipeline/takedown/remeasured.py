"""What the card was told beside the ledger, less what was taken down.

Whatever adds up is taken off exactly. Sketches of different texts and URLs cannot forget anything:
those of the corpus go, and the card says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from haybale.cards.license_classes import license_class
from haybale.cards.measured import Domains, LengthCounts, LicenseCounts, Measured
from haybale.corpus.digests import canonical_json
from haybale.corpus.storage import read_parsed
from haybale.pipeline.ingesting.name_counts import NameCounts
from haybale.pipeline.jobs.domains_table import AMOUNTS, DOMAINS_PATH, write_domains
from haybale.pipeline.jobs.unigrams_table import UNIGRAMS_PATH
from haybale.pipeline.rows.parquet_stream import open_parquet
from haybale.pipeline.takedown.part_measures import PartFacts
from haybale.pipeline.takedown.work import Exchange, Work
from haybale.tokenization.report import REPORT_PATH, Encoded, tokenizer_report
from haybale.tokenization.tokenizer import read_tokenizer

Int64s = npt.NDArray[np.int64]

_SIZES = ("documents", "text_bytes", "tokens")


def measured_after(
    work: Work, measured: Measured, parts: PartFacts, exchange: Exchange
) -> Measured:
    """Lengths, licences and domains of the corpus to be.

    Args:
        work: The takedown.
        measured: Of the corpus until now.
        parts: See `haybale.pipeline.takedown.parts.rewrite_parts`.
        exchange: Told what was written.
    """
    return replace(
        measured,
        lengths=tuple(_lengths(row, parts) for row in measured.lengths),
        distinct=tuple(row for row in measured.distinct if row.state != "corpus"),
        licenses=_licenses(measured.licenses, parts),
        domains=_domains(work, measured.domains, parts, exchange),
    )


def _lengths(row: LengthCounts, parts: PartFacts) -> LengthCounts:
    if row.state != "corpus":
        return row
    counts = dict(row.counts)
    for subset, facts in parts:
        if subset == row.subset:
            for bucket, count in facts.get("lengths", {}).get(row.quantity, {}).items():
                counts[int(bucket)] -= count
    return replace(row, counts={bucket: count for bucket, count in counts.items() if count})


def _licenses(rows: Sequence[LicenseCounts], parts: PartFacts) -> tuple[LicenseCounts, ...]:
    left = {(row.subset, row.license, row.license_class): row for row in rows}
    for subset, facts in parts:
        for said in facts.get("licenses", ()):
            key = (subset, said["name"], "")
            if key not in left:  # one of those that are counted by class alone
                key = (subset, "", license_class(said["name"]))
            if key in left:
                row = left[key]
                sizes = {name: getattr(row, name) - said[name] for name in _SIZES}
                left[key] = replace(row, **sizes)
    return tuple(row for row in left.values() if row.documents)


def _domains(
    work: Work, before: Domains | None, parts: PartFacts, exchange: Exchange
) -> Domains | None:
    """Also `card/domains.parquet`, which no longer names a domain that nothing else came from."""
    if before is None or not work.has(DOMAINS_PATH):
        return before
    counts = NameCounts(AMOUNTS)
    with work.folder.open(DOMAINS_PATH) as source:
        table = pq.read_table(source)
    counts.add_table(table.rename_columns(["name", *AMOUNTS]))
    _add(counts, [{"name": "", "documents": before.documents_without}])
    for _, facts in parts:
        _add(counts, [{**row, **_negative(row)} for row in facts.get("domains", ())])
        read = facts.get("domains_read", {})
        _add(counts, [{"name": name, "documents_read": -read[name]} for name in read])
    rest = counts.table()
    some = pc.or_(*(pc.greater(rest.column(name), 0) for name in AMOUNTS[:2]))
    left = NameCounts(AMOUNTS)
    left.add_table(rest.filter(some))
    record, after = write_domains(work.new, left)
    exchange.add(record)
    return after


def _negative(row: Mapping[str, Any]) -> dict[str, int]:
    return {name: -row[name] for name in _SIZES}


def _add(counts: NameCounts, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        counts.add_table(pa.Table.from_pylist(list(rows)))


def tokenizer_report_after(
    work: Work,
    report: Mapping[str, Any],
    parts: PartFacts,
    pieces: Mapping[str, Int64s],
    ex: Exchange,
) -> Mapping[str, Any]:
    """The report on the corpus to be, and the table of how often it uses each id.

    Args:
        work: The takedown.
        report: The card's, of the corpus until now.
        parts: See `haybale.pipeline.takedown.parts.rewrite_parts`.
        pieces: By subset: int64[vocabulary], uses that left.
        ex: Told what was written.
    """
    if not work.has(UNIGRAMS_PATH):
        return report
    uses = _unigrams(work, pieces, ex)
    if not report:
        return report
    languages = {
        subset: {name: _encoded(found) for name, found in counts["languages"].items()}
        for subset, counts in report["subsets"].items()
    }
    for subset, facts in parts:
        for name, found in facts.get("languages", {}).items():
            negative = Encoded(**{key: -value for key, value in found.items()})
            shown = name or "unknown"
            languages[subset][shown] = languages[subset][shown] + negative
    languages = {
        subset: {name: found for name, found in counts.items() if found.documents}
        for subset, counts in languages.items()
    }
    after = tokenizer_report(read_tokenizer(work.folder), languages, uses)
    after["encoded_by"] = report["encoded_by"]  # nothing was encoded again
    if work.has(REPORT_PATH) and read_parsed(work.folder, REPORT_PATH) != after:
        ex.add(work.new.commit_bytes(REPORT_PATH, canonical_json(after)))
    return after


def _encoded(report: Mapping[str, Any]) -> Encoded:
    return Encoded(**{name: report[name] for name in vars(Encoded())})


def _unigrams(work: Work, pieces: Mapping[str, Int64s], exchange: Exchange) -> dict[str, Int64s]:
    """Write the table; returns how often each subset still uses each id."""
    with work.folder.open(UNIGRAMS_PATH) as source:
        table = pq.read_table(source)
    uses, prefix = {}, "count_in_"
    for name in table.column_names:
        if name.startswith(prefix):
            subset = name.removeprefix(prefix)
            counts = table.column(name).to_numpy()
            uses[subset] = counts - pieces.get(subset, np.zeros_like(counts))
            at = table.schema.get_field_index(name)
            table = table.set_column(at, name, pa.array(uses[subset]))
    whole = sum(uses.values(), np.zeros(table.num_rows, np.int64))
    table = table.set_column(table.schema.get_field_index("count"), "count", pa.array(whole))
    with open_parquet(work.new, UNIGRAMS_PATH, table.schema) as file:
        file.write(table)
    exchange.add(file.record())
    return uses
