"""The end of stage 2: per part, who is removed, for which survivor, and how alike they are."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import UInt64s, id_words, ids_from_words
from haybale.corpus.ledger import Amount, Ledger, Outcome
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import CLUSTERED, REMOVED, Rows, row_of
from haybale.pipeline.jobs.duplicates import exact_path
from haybale.pipeline.selected import selected_rows
from haybale.pipeline.steps import UnitResult
from haybale.pipeline.tables import open_table, read_rows, read_table
from haybale.pipeline.units import PartWorker

NEAR_PATH = "run/deduplicate/near.npy"
"""REMOVED rows of the whole corpus, sorted by address."""
CLUSTERS_PATH = "run/deduplicate/clusters.npy"
"""CLUSTERED rows of the whole corpus, sorted by address."""

EXACT_METHOD = "exact/text@1"
NEAR_METHOD = "minhash/jaccard@1"

REMOVALS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("removed", pa.binary(16), nullable=False),
        pa.field("survivor", pa.binary(16), nullable=False),
        pa.field("similarity", pa.float64(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
        pa.field("cluster", pa.binary(16), nullable=False),
    ]
)
"""A removed document of a part: its row, a surviving document that it resembles, how much, and the
smallest id of its cluster."""

CLUSTERS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("survivor", pa.binary(16), nullable=False),
        pa.field("cluster", pa.binary(16), nullable=False),
    ]
)
"""A surviving document of a part that belongs to a cluster with others. Its cluster decides its
split, so that no near relative of a training document is validated on."""


@dataclass
class RemovalsWorker(PartWorker):
    """Writes each part's removals; see `haybale.pipeline.units.UnitWorker`."""

    _near: Rows = field(init=False, repr=False)
    _clusters: Rows = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan and map the corpus-wide rows into memory."""
        super().load()
        folder, dedup = Folder(self.output), self._loaded.recipe.dedup
        near = dedup is not None and dedup.near
        self._near = read_rows(folder, NEAR_PATH) if near else np.empty(0, REMOVED)
        self._clusters = read_rows(folder, CLUSTERS_PATH) if near else np.empty(0, CLUSTERED)

    def do(self, unit: int) -> UnitResult:
        """Write the removals and clusters of one part."""
        folder, part = Folder(self.output), self._parts[unit]
        columns = ["doc_id", "language", "text_bytes"]
        table = read_table(folder, f"signatures/{part.name}.arrow", columns).combine_chunks()
        removals = self._removals(folder, unit, table)
        clusters = self._survivors(unit, table, removals)
        files = []
        for kind, rows in (("removals", removals), ("clusters", clusters)):
            with open_table(folder, f"dedup/{kind}/{part.name}.arrow", rows.schema) as writer:
                for batch in rows.combine_chunks().to_batches():
                    writer.write(batch)
            files.append(writer.record())
        selected = selected_rows(folder, part.name, table.num_rows)
        ledger = _ledger(part.subset, table, removals, selected)
        return UnitResult(tuple(files), ledger, {"removed": removals.num_rows})

    def _removals(self, folder: Folder, unit: int, table: pa.Table) -> pa.Table:
        near = _of_part(self._near, unit)
        exact = np.asarray(read_rows(folder, exact_path(unit)))
        # The twin that stands for an exact duplicate may itself have gone, for a survivor that
        # the duplicate then resembles just as much.
        place, also_gone = _find(self._near["address"], exact["survivor"])
        via = self._near[place[also_gone]]
        survivors, similarity = exact["survivor_id"].copy(), np.ones(len(exact))
        survivors[also_gone] = via["survivor_id"]
        similarity[also_gone] = via["shared"] / via["united"]
        place, clustered = _find(self._clusters["address"], exact["survivor"])
        cluster = exact["survivor_id"].copy()
        cluster[clustered] = self._clusters["cluster"][place[clustered]]
        place, _ = _find(self._clusters["address"], near["address"])
        rows = np.r_[row_of(exact["address"]), row_of(near["address"])]
        methods = np.r_[np.where(also_gone, NEAR_METHOD, EXACT_METHOD), [NEAR_METHOD] * len(near)]
        columns = [
            pa.array(rows),
            _taken_ids(table, rows),
            ids_from_words(np.r_[survivors, near["survivor_id"]]),
            pa.array(np.r_[similarity, near["shared"] / near["united"]]),
            pa.array(methods.tolist(), pa.string()),
            ids_from_words(np.r_[cluster, self._clusters["cluster"][place]]),
        ]
        return pa.Table.from_arrays(columns, schema=REMOVALS).sort_by("row")

    def _survivors(self, unit: int, table: pa.Table, removals: pa.Table) -> pa.Table:
        members = _of_part(self._clusters, unit)
        stays = ~np.isin(row_of(members["address"]), removals.column("row").to_numpy())
        members = members[stays]
        rows = row_of(members["address"])
        columns = [pa.array(rows), _taken_ids(table, rows), ids_from_words(members["cluster"])]
        return pa.Table.from_arrays(columns, schema=CLUSTERS)


def _of_part(rows: Rows, part: int) -> Rows:
    """The rows of one part, from rows sorted by address."""
    edges = np.array([part << 32, (part + 1) << 32], np.uint64)
    start, stop = np.searchsorted(rows["address"], edges)
    return np.asarray(rows[start:stop])


def _find(
    haystack: UInt64s, needles: UInt64s
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Place of each needle in a sorted haystack (any place where it is not), and whether it is."""
    if len(haystack) == 0:
        return np.zeros(len(needles), np.int64), np.zeros(len(needles), np.bool_)
    place = np.minimum(np.searchsorted(haystack, needles), len(haystack) - 1)
    return place, haystack[place] == needles


def _taken_ids(table: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Array:
    words = [id_words(chunk) for chunk in table.column("doc_id").chunks]
    all_words = np.concatenate([np.empty((0, 2), np.uint64), *words])
    return ids_from_words(all_words[rows])


def _ledger(
    subset: str, table: pa.Table, removals: pa.Table, selected: npt.NDArray[np.bool_]
) -> Ledger:
    """What the stage did to the part's documents that were good enough, by language and method."""
    ledger = Ledger()
    methods = np.full(table.num_rows, "", object)
    methods[removals.column("row").to_numpy()] = removals.column("method").to_pylist()
    grouped = (
        pa.table(
            {
                "language": pc.fill_null(table.column("language"), ""),
                "method": pa.array(methods, pa.string()),
                "text_bytes": table.column("text_bytes"),
            }
        )
        .filter(pa.array(selected))
        .group_by(["language", "method"])
        .aggregate([("text_bytes", "count"), ("text_bytes", "sum")])
    )
    for row in grouped.to_pylist():
        amount = Amount(row["text_bytes_count"], row["text_bytes_sum"])
        outcome: Outcome = "removed" if row["method"] else "kept"
        ledger.add(
            "deduplicate", subset, outcome, amount, language=row["language"], rule=row["method"]
        )
    return ledger
