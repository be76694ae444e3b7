"""What is measured of documents beside the ledger: lengths, distinct texts and URLs, origins.

Collected part by part, of documents as ingest reads them and of those of the corpus, and merged
when the card is made. Every piece adds in any order, so that neither batches, workers nor the split
into parts can be seen in a card.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from haybale.corpus.documents import text_data, text_offsets
from haybale.corpus.hyperloglog import HyperLogLog
from haybale.corpus.log_histogram import NUM_BUCKETS, count_buckets
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder
from haybale.pipeline.ingesting.domains import domains_of
from haybale.pipeline.ingesting.name_counts import NameCounts
from haybale.pipeline.rows.tables import open_table, read_rows, read_table, write_rows
from haybale.quality.urls import Urls

Int64s = npt.NDArray[np.int64]

SKETCHED = ("urls", "texts")
"""Of what distinct ones are counted, in the order of a part's sketches."""


MAX_STATEMENT_CHARACTERS = 300
"""Of what a source says of a licence: names are short, and of whole texts the beginning will do."""


class Statistics:
    """Of the documents of one part, or of many.

    Args:
        quantities: Whose sums and histograms are kept, such as `("text_bytes", "tokens")`.

    Attributes:
        lengths: int64[quantities, buckets]: documents; see `haybale.corpus.log_histogram`.
        sketches: Of SKETCHED.
        domains: Documents and quantities by web domain; the empty one: without.
        licenses: Likewise by what the source says of the licence; empty: nothing.
    """

    def __init__(self, quantities: Sequence[str]) -> None:
        self.quantities = tuple(quantities)
        self.lengths = np.zeros((len(self.quantities), NUM_BUCKETS), np.int64)
        self.sketches = tuple(HyperLogLog() for _ in SKETCHED)
        self.domains = NameCounts(("documents", *self.quantities))
        self.licenses = NameCounts(("documents", *self.quantities))

    def add(self, documents: pa.RecordBatch, **amounts: Int64s) -> None:
        """Add a batch.

        Args:
            documents: With the columns `text`, `url` and `license` of DOCUMENTS.
            amounts: int64[rows] for each quantity.
        """
        for counts, quantity in zip(self.lengths, self.quantities, strict=True):
            counts += count_buckets(amounts[quantity])
        urls = Urls(documents.column("url"))
        domains = domains_of(urls)
        keys = urls.keys.filter(pc.not_equal(domains, "")).cast(pa.large_string())
        for sketch, strings in zip(self.sketches, (keys, documents.column("text")), strict=True):
            sketch.add(_hashes(strings))
        counted = {"documents": pa.array(np.ones(documents.num_rows, np.int64))}
        counted |= {quantity: pa.array(values) for quantity, values in amounts.items()}
        self.domains.add(domains, **counted)
        statements = documents.column("license")
        statements = pc.utf8_slice_codeunits(statements, 0, MAX_STATEMENT_CHARACTERS)
        self.licenses.add(statements, **counted)

    def totals(self) -> dict[str, int]:
        """How many there are of each of SKETCHED, repeats counted: exactly."""
        documents, table = int(self.lengths[0].sum()), self.domains.table()
        nameless = table.filter(pc.equal(table.column("name"), "")).column("documents")
        return {"urls": documents - (pc.sum(nameless).as_py() or 0), "texts": documents}

    def write(self, folder: Folder, stem: str) -> tuple[FileRecord, ...]:
        """Commit everything, as files whose names begin with `stem`."""
        registers = np.stack([sketch.registers for sketch in self.sketches])
        return (
            write_rows(folder, f"{stem}.lengths.npy", self.lengths),
            write_rows(folder, f"{stem}.sketches.npy", registers),
            _write_table(folder, f"{stem}.domains.arrow", self.domains.table()),
            _write_table(folder, f"{stem}.licenses.arrow", self.licenses.table()),
        )

    def merge(self, folder: Folder, stem: str) -> None:
        """Add what `write` left."""
        self.lengths += read_rows(folder, f"{stem}.lengths.npy").view(np.int64)
        registers = read_rows(folder, f"{stem}.sketches.npy").view(np.uint8)
        for sketch, found in zip(self.sketches, registers, strict=True):
            sketch.merge(HyperLogLog(found))
        self.domains.add_table(read_table(folder, f"{stem}.domains.arrow"))
        self.licenses.add_table(read_table(folder, f"{stem}.licenses.arrow"))


def _write_table(folder: Folder, name: str, table: pa.Table) -> FileRecord:
    with open_table(folder, name, table.schema) as writer:
        for batch in table.to_batches():
            writer.write(batch)
    return writer.record()


def _hashes(strings: pa.Array) -> npt.NDArray[np.uint64]:
    """uint64[rows]: xxh3-64 of each string of a large_string array without nulls."""
    data = memoryview(text_data(strings))  # type: ignore[arg-type]
    edges = itertools.pairwise(text_offsets(strings).tolist())
    hashes = (xxhash.xxh3_64_intdigest(data[start:stop]) for start, stop in edges)
    return np.fromiter(hashes, np.uint64, len(strings))
