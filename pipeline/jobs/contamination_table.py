"""The table of evaluation items: how often each stands in the corpus, and where most of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from haybale.corpus.digests import id_words, ids_from_words
from haybale.corpus.storage import Folder, read_parsed
from haybale.pipeline.context import BuildContext
from haybale.pipeline.decontamination.items import Item, ItemNgrams, why_not
from haybale.pipeline.decontamination.ngrams import READINGS
from haybale.pipeline.jobs.item_index import STAGE, read_common, read_index, read_items_back
from haybale.pipeline.rows.tables import open_table, read_table
from haybale.pipeline.shuffle import run_starts
from haybale.pipeline.units.steps import UnitResult
from haybale.pipeline.units.worker import PartWorker

ITEMS_PATH = f"{STAGE}/items.arrow"
"""ITEMS of all sets, in the order of the recipe and of the files."""

ITEMS = pa.schema(
    [
        pa.field("set", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("ngrams", pa.int64(), nullable=False),
        pa.field("common_ngrams", pa.int64(), nullable=False),
        pa.field("not_searched", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("contaminated_documents", pa.int64(), nullable=False),
        pa.field("greatest_overlap", pa.float64(), nullable=False),
        pa.field("document", pa.binary(16)),
    ]
)
"""An evaluation item: its distinct n-grams, those of them that are common in the corpus and do not
count, why it was not looked for ("" where it was), documents that share any n-gram with it, those
that reach the threshold, the greatest overlap, and the document that has it."""


def overlaps_path(part: str) -> str:
    """Where a part's OVERLAPS are."""
    return f"{STAGE}/{part}.overlaps.arrow"


@dataclass
class ItemsWorker(PartWorker):
    """Writes the table, as its only unit; see `haybale.pipeline.units.worker.UnitWorker`."""

    def name(self, unit: int) -> str:
        """Of the only one."""
        return "table"

    def do(self, unit: int) -> UnitResult:
        """Gather the overlaps of all parts."""
        folder, settings = Folder(self.output), self._loaded.recipe.decontaminate
        assert settings is not None
        items = read_items_back(folder)
        readings = tuple(read_index(folder, name) for name in READINGS)
        common = tuple(read_common(folder, name) for name in READINGS)
        tally = _Tally(len(items))
        for part in self._parts:
            tally.add(read_table(folder, overlaps_path(part.name)))
        columns = [
            pa.array([settings.sets[item.set].name for item in items], pa.string()),
            pa.array([item.name for item in items], pa.string()),
            *_ngram_columns(items, readings, common),
            pa.array(tally.documents),
            pa.array(tally.contaminated),
            pa.array(tally.overlap),
            pa.array([name if there else None for name, there in tally.best()], pa.binary(16)),
        ]
        with open_table(folder, ITEMS_PATH, ITEMS) as writer:
            writer.write(pa.RecordBatch.from_arrays(columns, schema=ITEMS))
        return UnitResult((writer.record(),))


def contamination_counts(context: BuildContext) -> dict[str, dict[str, int]]:
    """For the card: evaluation set to counts; empty where none was asked for."""
    folder, settings = context.folder, context.loaded.recipe.decontaminate
    if settings is None:
        return {}
    rows = read_table(folder, ITEMS_PATH).to_pylist()
    verdicts = [
        read_parsed(folder, f"run/{STAGE}/verdicts/{part.name}.json")["facts"]["contaminated"]
        for part in context.parts
    ]
    counts = {}
    for asked in settings.sets:
        mine = [row for row in rows if row["set"] == asked.name]
        counts[asked.name] = {
            "items": len(mine),
            "items_not_searched": sum(bool(row["not_searched"]) for row in mine),
            "items_found": sum(row["documents"] > 0 for row in mine),
            "items_contaminated": sum(row["contaminated_documents"] > 0 for row in mine),
            "documents_contaminated": sum(each.get(asked.name, 0) for each in verdicts),
        }
    return counts


def _ngram_columns(
    items: list[Item], readings: tuple[ItemNgrams, ...], common: tuple[Any, ...]
) -> list[pa.Array]:
    """N-grams and common ones, in the reading that leaves most; why an item was not looked for."""
    counts = np.stack([each.counts for each in readings])
    lost = np.stack(
        [
            np.bincount(each.items[np.repeat(gone, np.diff(each.starts))], minlength=len(items))
            for each, gone in zip(readings, common, strict=True)
        ]
    )
    most = np.argmax(counts - lost, axis=0)
    places = np.arange(len(items))
    reasons = [
        why_not(at, readings) or ("common" if (counts[:, at] == lost[:, at]).all() else "")
        for at in range(len(items))
    ]
    return [
        pa.array(counts[most, places]),
        pa.array(lost[most, places]),
        pa.array(reasons, pa.string()),
    ]


class _Tally:
    """Adds up parts; nothing depends on their order."""

    def __init__(self, num_items: int) -> None:
        self.documents = np.zeros(num_items, np.int64)
        self.contaminated = np.zeros(num_items, np.int64)
        self.overlap = np.zeros(num_items)
        self._best = np.zeros((num_items, 2), np.uint64)

    def add(self, table: pa.Table) -> None:
        """Take in OVERLAPS of a part."""
        if table.num_rows == 0:
            return
        (batch,) = table.combine_chunks().to_batches()
        items = batch.column("number").to_numpy()
        contaminated = batch.column("contaminated").to_numpy(zero_copy_only=False)
        np.add.at(self.documents, items, 1)
        np.add.at(self.contaminated, items, contaminated)
        overlap, ids = batch.column("overlap").to_numpy(), id_words(batch.column("doc_id"))
        order = np.lexsort((ids[:, 1], ids[:, 0], -overlap, items))
        best = order[run_starts(items[order])]
        for at in best.tolist():
            item, new = items[at], (-overlap[at], *ids[at].tolist())
            if new < (-self.overlap[item], *self._best[item].tolist()):
                self.overlap[item], self._best[item] = overlap[at], ids[at]

    def best(self) -> list[tuple[bytes, bool]]:
        """The document with the greatest overlap of each item, and whether there is one."""
        ids = ids_from_words(self._best).to_pylist()
        return list(zip(ids, (self.documents > 0).tolist(), strict=True))
