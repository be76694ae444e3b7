"""Verdicts: overlaps of a batch of documents with evaluation items, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.edits import EDITS
from haybale.pipeline.decontamination.items import Item, ItemNgrams
from haybale.pipeline.decontamination.ngrams import num_distinct_ngrams
from haybale.pipeline.decontamination.overlaps import exceeds, find_overlaps, spans
from haybale.pipeline.decontamination.settings import EvaluationSet

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.void]

NOTHING_LEFT = "contamination/nothing_left@1"

OVERLAPS = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("doc_id", pa.binary(16), nullable=False),
        pa.field("set", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("overlap", pa.float64(), nullable=False),
        pa.field("shared", pa.int64(), nullable=False),
        pa.field("total", pa.int64(), nullable=False),
        pa.field("run_words", pa.int64(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("stop", pa.int64(), nullable=False),
        pa.field("contaminated", pa.bool_(), nullable=False),
        pa.field("number", pa.int64(), nullable=False),
    ]
)
"""A document of a part and an item that it shares n-grams with: overlap = shared / total, in
distinct n-grams, in whichever reading gives more; the words of the longest run of them, its first
byte and the byte behind its last, in the text as the stage found it; whether the overlap reaches
the set's threshold; the item's number over all sets."""

REMOVED = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("removed", pa.binary(16), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("overlap", pa.float64(), nullable=False),
    ]
)
"""A document of a part that was removed, the item that it overlaps with most, and how much."""


def rule_of(name: str) -> str:
    """What removes or cuts documents for the sake of a set."""
    return f"contamination/{name}@1"


@dataclass(frozen=True)
class Verdict:
    """What becomes of a batch.

    Attributes:
        overlaps: OVERLAPS, rows of the batch.
        edits: EDITS, rows of the batch; none of removed documents.
        removed: REMOVED, rows of the batch.
        reasons: object[rows]: why each document was removed; "" where it was not.
    """

    overlaps: pa.RecordBatch
    edits: pa.RecordBatch
    removed: pa.RecordBatch
    reasons: npt.NDArray[np.object_]


class Judge:
    """Judges batches.

    Args:
        sets: The recipe's.
        items: Of all sets.
        readings: Their n-grams, read in each way.
        common: For each reading bool[n-grams]: which do not count.
    """

    def __init__(
        self,
        sets: Sequence[EvaluationSet],
        items: Sequence[Item],
        readings: Sequence[ItemNgrams],
        common: Sequence[Bools],
    ) -> None:
        self._sets, self._items = sets, items
        self._readings, self._common = readings, common
        self._set_of = np.array([item.set for item in items], np.int64)
        jaccard = np.array([asked.mode == "jaccard" for asked in sets])
        self._is_jaccard = jaccard[self._set_of]

    def judge(self, batch: pa.RecordBatch, hits: Sequence[Rows]) -> Verdict:
        """Judge a batch.

        Args:
            batch: `doc_id` and `text`.
            hits: HIT of each reading, rows of the batch.
        """
        found, covered = self._overlaps(batch.column("text"), hits)
        contaminated = self._contaminated(found)
        overlaps = self._table(batch, found, contaminated)
        reasons = np.full(batch.num_rows, "", object)
        cuts = []
        for place in np.flatnonzero(contaminated).tolist():
            asked = self._sets[self._set_of[found["item"][place]]]
            row = int(found["row"][place])
            if asked.policy == "drop":
                reasons[row] = reasons[row] or rule_of(asked.name)
            elif asked.policy == "cut":
                cuts.append((row, rule_of(asked.name), covered[place]))
        edits = _edits([cut for cut in cuts if not reasons[cut[0]]])
        for row in _emptied(batch.column("text"), edits):
            reasons[row] = NOTHING_LEFT
        gone = pa.array(np.flatnonzero(reasons != ""), pa.int64())
        edits = edits.filter(pc.invert(pc.is_in(edits.column("row"), gone)))
        return Verdict(overlaps, edits, self._removed(batch, found, reasons), reasons)

    def _overlaps(
        self, texts: pa.Array, hits: Sequence[Rows]
    ) -> tuple[Rows, dict[int, list[tuple[int, int]]]]:
        """OVERLAP by row and item, the greater of all readings; the bytes that each covers."""
        tables, all_spans = [], []
        for each, ngrams, common in zip(hits, self._readings, self._common, strict=True):
            sizes = self._num_ngrams(texts, each, ngrams)
            modes = self._is_jaccard.astype(np.int64)
            found, places, of = find_overlaps(each, ngrams, common, modes, sizes)
            edges = np.searchsorted(of, np.arange(len(found) + 1))
            for at in range(len(found)):
                mine = places[edges[at] : edges[at + 1]]
                all_spans.append(spans(each["start"][mine], each["stop"][mine]))
            tables.append(found)
        both = np.concatenate(tables)
        ratio = both["shared"] / np.maximum(both["total"], 1)
        order = np.lexsort((np.arange(len(both)), -ratio, both["item"], both["row"]))
        first = np.ones(len(both), np.bool_)
        for name in ("row", "item"):
            column = both[name][order]
            first[1:] &= column[1:] == column[:-1]
        first[1:] = ~first[1:]
        best = order[first]
        return both[best], {at: all_spans[place] for at, place in enumerate(best.tolist())}

    def _num_ngrams(self, texts: pa.Array, hits: Rows, ngrams: ItemNgrams) -> Int64s:
        """For each hit the distinct n-grams of its document; 0 where no set asks."""
        sizes = np.zeros(len(hits), np.int64)
        if not self._is_jaccard.any():
            return sizes
        (length,) = {asked.ngram_words for asked in self._sets if asked.mode == "jaccard"}
        for row in np.unique(hits["row"]).tolist():
            text = texts[row].as_py()
            sizes[hits["row"] == row] = num_distinct_ngrams(text, ngrams.index.reading, length)
        return sizes

    def _contaminated(self, found: Rows) -> Bools:
        out = np.zeros(len(found), np.bool_)
        sets = self._set_of[found["item"]]
        for place, asked in enumerate(self._sets):
            of = sets == place
            shared, total = found["shared"][of], found["total"][of]
            out[of] = exceeds(shared, total, asked.exact_threshold, asked.mode)
        return out

    def _table(self, batch: pa.RecordBatch, found: Rows, contaminated: Bools) -> pa.RecordBatch:
        items = [self._items[at] for at in found["item"].tolist()]
        columns = [
            pa.array(found["row"]),
            batch.column("doc_id").take(pa.array(found["row"])),
            pa.array([self._sets[item.set].name for item in items], pa.string()),
            pa.array([item.name for item in items], pa.string()),
            pa.array(found["shared"] / np.maximum(found["total"], 1)),
            *(pa.array(found[name]) for name in ("shared", "total", "run_words", "start", "stop")),
            pa.array(contaminated),
            pa.array(found["item"]),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=OVERLAPS)

    def _removed(
        self, batch: pa.RecordBatch, found: Rows, reasons: npt.NDArray[np.object_]
    ) -> pa.RecordBatch:
        ratio = found["shared"] / np.maximum(found["total"], 1)
        rows, names, overlaps = np.flatnonzero(reasons != ""), [], []
        for row in rows.tolist():
            mine = np.flatnonzero(found["row"] == row)
            best = mine[np.argmax(ratio[mine])]
            item = self._items[found["item"][best]]
            names.append(f"{self._sets[item.set].name}/{item.name}")
            overlaps.append(float(ratio[best]))
        columns = [
            pa.array(rows, pa.int64()),
            batch.column("doc_id").take(pa.array(rows, pa.int64())),
            pa.array(reasons[rows].tolist(), pa.string()),
            pa.array(names, pa.string()),
            pa.array(overlaps, pa.float64()),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=REMOVED)


def _edits(cuts: list[tuple[int, str, list[tuple[int, int]]]]) -> pa.RecordBatch:
    """EDITS of the union of spans of each row; a span is put down to the first set that asks."""
    rows: dict[int, list[tuple[int, int, str]]] = {}
    for row, rule, covered in cuts:
        rows.setdefault(row, []).extend((start, stop, rule) for start, stop in covered)
    edits = []
    for row, wanted in sorted(rows.items()):
        end = 0
        for start, stop, rule in sorted(wanted):
            if stop > end:
                edit = {"row": row, "start": max(start, end), "stop": stop}
                edits.append({**edit, "replacement": "", "rule": rule})
                end = stop
    return pa.RecordBatch.from_pylist(edits, EDITS)


def _emptied(texts: pa.Array, edits: pa.RecordBatch) -> list[int]:
    """Rows of which edits leave nothing but white space."""
    rows = edits.column("row").to_numpy()
    emptied = []
    for row in np.unique(rows).tolist():
        data, at, left = texts[row].as_py().encode(), 0, []
        for edit in edits.filter(pa.array(rows == row)).to_pylist():
            left.append(data[at : edit["start"]])
            at = edit["stop"]
        if not b"".join([*left, data[at:]]).strip():
            emptied.append(row)
    return emptied
