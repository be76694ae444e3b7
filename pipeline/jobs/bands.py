"""Bands of signatures, part by part: who is in which bucket.

They are sorted by bucket, so that a range of buckets can be read without the rest.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from haybale.corpus.digests import UInt64s, mix64
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.band_keys import band_keys
from haybale.pipeline.dedup.policy import hub_order
from haybale.pipeline.dedup.presets import MinHashScheme
from haybale.pipeline.dedup.rows import BANDED, Rows
from haybale.pipeline.jobs.exact import candidate_rows
from haybale.pipeline.kept.signed_parts import SignedPartWorker
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.units.steps import UnitResult

BANDS_FOLDER = "run/deduplicate/banded"
"""Rows of all bands, `12 * bands + 8 * words of their order` bytes a document; removed once
candidates are found."""


def bands_path(part: int) -> str:
    """Where a part's bands are: BANDED, sorted by key."""
    return f"{BANDS_FOLDER}/{part:05d}.npy"


def order_path(part: int) -> str:
    """Where `hub_order` of all rows of a part is: of each pass only what it needs is read."""
    return f"{BANDS_FOLDER}/{part:05d}.order.npy"


def read_range(folder: Folder, part: int, first: int, last: int) -> Rows:
    """BANDED rows of a part with first <= key < last; of a local file only these are read."""
    rows = read_rows(folder, bands_path(part))
    start, stop = (bisect_left(rows["key"], key) for key in (first, last))
    return np.asarray(rows[start:stop])


@dataclass
class BandsWorker(SignedPartWorker):
    """Sorts each part's documents into buckets; see `haybale.pipeline.units.worker.UnitWorker`."""

    def do(self, unit: int) -> UnitResult:
        """Write the bands of documents that have shingles and are no exact duplicates."""
        folder = Folder(self.output)
        settings = self._loaded.recipe.dedup
        assert settings is not None
        assert settings.scheme is not None
        chosen = candidate_rows(folder, self._signed, unit, settings.exact_keys)
        minhash = "minhash" if settings.scheme.stores_values else "bands"
        found, first = [np.empty(0, BANDED)], 0
        columns = ["scope", "num_shingles", minhash]
        for batch in self._signed.batches(unit, columns):
            rows = np.arange(first, first + batch.num_rows, dtype=np.uint32)
            first += batch.num_rows
            wanted = (batch.column("num_shingles").to_numpy() > 0) & chosen[rows]
            values = batch.column(minhash).flatten().to_numpy().reshape(len(rows), -1)[wanted]
            scope = batch.column("scope").to_numpy()[wanted]
            found.append(_banded(settings.scheme, values, scope, rows[wanted]))
        banded = np.concatenate(found)
        banded = banded[np.argsort(banded["key"], kind="stable")]
        ids, ranks = self._signed.ids_and_ranks(unit)
        order = hub_order(ranks, ids, settings.keep, settings.hub_words)
        files = (
            write_rows(folder, bands_path(unit), banded),
            write_rows(folder, order_path(unit), order),
        )
        return UnitResult(files=files, facts={"rows": len(banded)})


def _banded(
    scheme: MinHashScheme, values: npt.NDArray[np.unsignedinteger], scope: UInt64s, rows: Rows
) -> Rows:
    """BANDED of documents, from uint32 values or uint64 digests of bands."""
    out = np.empty((scheme.num_bands, len(rows)), BANDED)
    out["row"] = rows
    for band in range(scheme.num_bands):
        keys = (
            band_keys(values, band, scheme.band_rows) if scheme.stores_values else values[:, band]
        )
        # Buckets of different scopes have nothing to do with each other.
        out["key"][band] = np.where(scope > 0, mix64(keys ^ scope), keys)
    return out.reshape(-1)
