"""The end of stage 2: per part, who is removed, for which survivor, and how alike they are."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import id_words, ids_from_words
from haybale.corpus.ledger import Amount, Ledger, Outcome
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.rows import CLUSTERED, REMOVED, Rows, part_of, row_of
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.jobs.fates import Fates, find, rows_of_part
from haybale.pipeline.kept.earlier_names import INHERITED
from haybale.pipeline.kept.selected import selected_rows
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.kept.signed_parts import SignedPartWorker
from haybale.pipeline.kept.split_names import FAMILY
from haybale.pipeline.rows.tables import open_table, read_rows, read_table
from haybale.pipeline.units.steps import UnitResult

NEAR_PATH = "run/deduplicate/near.npy"
"""REMOVED rows of the whole corpus, sorted by address."""
CLUSTERS_PATH = "run/deduplicate/clusters.npy"
"""CLUSTERED rows of the whole corpus, sorted by address."""
FAMILIES_PATH = "run/deduplicate/families.npy"
"""CLUSTERED rows of the whole corpus with families for clusters, sorted by address."""

REMOVALS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("removed", pa.binary(16), nullable=False),
        pa.field("survivor", pa.binary(16), nullable=False),
        pa.field("similarity", pa.float64()),
        pa.field("method", pa.string(), nullable=False),
        pa.field("cluster", pa.binary(16), nullable=False),
        pa.field("corpus", pa.string()),
    ]
)
"""A removed document of a part: its row, a surviving document that it equals or resembles, how much
(null where they share a URL: their texts were not compared), the name of their cluster, and the
earlier corpus that holds the survivor (null where it is this one)."""

CLUSTERS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("survivor", pa.binary(16), nullable=False),
        pa.field("cluster", pa.binary(16)),
        pa.field(FAMILY, pa.binary(16), nullable=False),
    ]
)
"""A surviving document of a part that belongs to a family with others, and to a cluster (null where
it is alike to none above the threshold). Its family decides its split, so that no near relative of
a training document is validated on."""

INHERITED_FIELD = pa.field(INHERITED, pa.bool_(), nullable=False)
"""Of CLUSTERS and SIZES where a build has earlier corpora: whether the cluster holds a document of
one, and so goes by the name that it had there, or by what `names_of` makes of that."""


@dataclass
class RemovalsWorker(SignedPartWorker):
    """Writes each part's removals; see `haybale.pipeline.units.worker.UnitWorker`."""

    _near: Rows = field(init=False, repr=False)
    _clusters: Rows = field(init=False, repr=False)
    _families: Rows = field(init=False, repr=False)
    _inherited: pa.Array = field(init=False, repr=False)
    _settings: DedupSettings = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan and map the corpus-wide rows into memory."""
        super().load()
        folder, settings = Folder(self.output), self._loaded.recipe.dedup
        assert settings is not None
        self._settings = settings
        self._near, self._clusters, self._families = (
            read_rows(folder, path) if settings.near else np.empty(0, row_type)
            for path, row_type in (
                (NEAR_PATH, REMOVED),
                (CLUSTERS_PATH, CLUSTERED),
                (FAMILIES_PATH, CLUSTERED),
            )
        )
        first = np.searchsorted(self._clusters["address"], np.uint64(self._signed.num_own << 32))
        self._inherited = ids_from_words(self._clusters["cluster"][first:]).unique()

    def do(self, unit: int) -> UnitResult:
        """Write the removals and clusters of one part."""
        folder, part = Folder(self.output), self._parts[unit]
        columns = ["doc_id", "language", "text_bytes"]
        table = read_table(folder, signatures_path(part.name), columns).combine_chunks()
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
        gone = Fates(folder, self._signed.num_own, self._settings, self._near).of_part(unit)
        place, clustered = find(self._clusters["address"], gone.survivor)
        earlier = part_of(gone.survivor) >= self._signed.num_own
        survivors = gone.survivor_id.copy()
        survivors[earlier] = self._signed.earlier_ids(gone.survivor[earlier])
        cluster = survivors.copy()
        cluster[earlier] = self._signed.earlier_clusters(gone.survivor[earlier])
        cluster[clustered] = self._clusters["cluster"][place[clustered]]
        rows = row_of(gone.address)
        columns = [
            pa.array(rows),
            _taken_ids(table, rows),
            ids_from_words(survivors),
            pa.array(gone.similarity, from_pandas=True),
            pa.array(gone.methods, pa.string()),
            ids_from_words(cluster),
            pa.array([self._signed.corpus(part) for part in part_of(gone.survivor)], pa.string()),
        ]
        return pa.Table.from_arrays(columns, schema=REMOVALS).sort_by("row")

    def _survivors(self, unit: int, table: pa.Table, removals: pa.Table) -> pa.Table:
        members = rows_of_part(self._families, unit)
        stays = ~np.isin(row_of(members["address"]), removals.column("row").to_numpy())
        members = members[stays]
        rows = row_of(members["address"])
        clusters = rows_of_part(self._clusters, unit)
        place, clustered = find(clusters["address"], members["address"])
        names = np.zeros((len(members), 2), np.uint64)
        names[clustered] = clusters["cluster"][place[clustered]]
        columns = [
            pa.array(rows),
            _taken_ids(table, rows),
            pc.if_else(pa.array(clustered), ids_from_words(names), None),
            ids_from_words(members["cluster"]),
        ]
        schema = CLUSTERS
        if self._settings.against:
            columns.append(pc.fill_null(pc.is_in(columns[2], self._inherited), False))
            schema = schema.append(INHERITED_FIELD)
        return pa.Table.from_arrays(columns, schema=schema)


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
