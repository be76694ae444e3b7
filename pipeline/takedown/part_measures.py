"""What the card was told of taken-down documents of a part, so that it can be taken off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.arrow_files import arrow_batches, id_bytes
from haybale.corpus.documents import text_offsets
from haybale.corpus.edits import apply_edits, edits_of_rows
from haybale.corpus.log_histogram import histogram
from haybale.corpus.text_history import EDITING
from haybale.pipeline.ingesting.domains import domains_of
from haybale.pipeline.ingesting.statistics import Statistics
from haybale.pipeline.jobs.tokens import CORPUS_QUANTITIES
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.takedown.ids import Ids, are_in
from haybale.pipeline.takedown.work import Work
from haybale.quality.urls import Urls
from haybale.tokenization.report import Encoded

Int64s = npt.NDArray[np.int64]
PartFacts = Sequence[tuple[str, Mapping[str, Any]]]
"""Subset and facts of parts, see `haybale.pipeline.takedown.parts.rewrite_parts`."""


@dataclass(frozen=True)
class TakenPart:
    """Documents of a part that are taken down, sorted by id; see `Located`."""

    name: str
    ids: Ids
    documents_row: Int64s
    measures_row: Int64s
    in_corpus: npt.NDArray[np.bool_]
    rules: npt.NDArray[np.object_]

    @property
    def subset(self) -> str:
        """That it belongs to."""
        return self.name.rpartition("/")[0]


def taken_measures(work: Work, part: TakenPart, tokens: npt.NDArray[np.void]) -> dict[str, Any]:
    """What the card was told of the documents; see `rewrite_parts`."""
    folder = work.folder
    edits = [f"{stage}/{part.name}.arrow" for stage in EDITING]
    tables = [read_table(folder, path) for path in edits if work.has(path)]
    order = np.argsort(part.documents_row)
    rows, ids = part.documents_row[order], part.ids[order]
    statistics, sums = Statistics(CORPUS_QUANTITIES), _Sums()
    domains_read: dict[str, int] = {}
    first, columns = 0, ["doc_id", "language", "text", "url", "license"]
    for batch in arrow_batches(folder, f"documents/{part.name}.arrow", columns):
        low, high = np.searchsorted(rows, [first, first + batch.num_rows])
        at = rows[low:high] - first
        first += batch.num_rows
        if low == high:
            continue
        mine = batch.take(pa.array(at))
        for domain in domains_of(Urls(mine.column("url"))).to_pylist():
            domains_read[domain] = domains_read.get(domain, 0) + 1
        stayed = part.in_corpus[order][low:high]
        texts = mine.column("text")
        for table in tables:
            texts = apply_edits(texts, edits_of_rows(table, rows[low:high]))
        at_text = mine.schema.get_field_index("text")
        mine = mine.set_column(at_text, mine.schema.field("text"), texts)
        mine = mine.filter(pa.array(stayed))
        if not mine.num_rows:
            continue
        counts = tokens[np.searchsorted(tokens["id"], ids[low:high][stayed])]
        text_bytes = np.diff(text_offsets(mine.column("text")))
        num_tokens = counts["tokens"].astype(np.int64)
        statistics.add(mine, text_bytes=text_bytes, tokens=num_tokens)
        why = part.rules[order][low:high][stayed]
        sums.add(mine.column("language"), why, text_bytes, counts)
    return {
        "languages": sums.encoded,
        "rules": sums.rules,
        "text_bytes": sums.text_bytes,
        "lengths": {
            quantity: {str(bucket): count for bucket, count in histogram(counts).items()}
            for quantity, counts in zip(CORPUS_QUANTITIES, statistics.lengths, strict=True)
        },
        "domains": statistics.domains.table().to_pylist(),
        "licenses": statistics.licenses.table().to_pylist(),
        "domains_read": domains_read,
    }


def add_dropped(facts: dict[str, Any], part: TakenPart, samples: pa.Table) -> None:
    """Add the domains of documents that ingest dropped, as far as samples tell them.

    Args:
        facts: Of the part.
        part: Its documents.
        samples: Schema DROPPED.
    """
    dropped = part.ids[part.documents_row < 0]
    sampled = id_bytes(samples.column("doc_id").combine_chunks())
    mine = samples.filter(pa.array(are_in(sampled, dropped))).combine_chunks()
    read: dict[str, int] = facts["domains_read"]
    for domain in domains_of(Urls(mine.column("url").combine_chunks())).to_pylist():
        read[domain] = read.get(domain, 0) + 1
    facts["domains_unknown"] = len(dropped) - mine.num_rows


class _Sums:
    """Sums by language, by rule and language, and by split, as JSON."""

    def __init__(self) -> None:
        self.encoded: dict[str, dict[str, int]] = {}
        self.rules: dict[str, dict[str, list[int]]] = {}
        self.text_bytes: dict[str, int] = {}

    def add(
        self,
        languages: pa.Array,
        rules: npt.NDArray[np.object_],
        text_bytes: Int64s,
        counts: npt.NDArray[np.void],
    ) -> None:
        """Add documents."""
        names = pc.fill_null(languages, "").to_pylist()
        for name, rule, size, row in zip(
            names, rules.tolist(), text_bytes.tolist(), counts.tolist(), strict=True
        ):
            _, split, _, tokens, newline, byte, unknown = row
            self.text_bytes[split.decode()] = self.text_bytes.get(split.decode(), 0) + size
            found = Encoded(1, size, tokens, newline, byte, unknown)
            before = Encoded(**self.encoded.get(name, {}))
            self.encoded[name] = dict(vars(before + found))
            sums = self.rules.setdefault(rule, {}).setdefault(name, [0, 0, 0])
            for place, value in enumerate((1, size, tokens)):
                sums[place] += value
