"""Whether what was taken down is gone, and no more is gone than the record says.

That a taken-down document is in no shard, and every other one is, is checked with the documents:
its row is among those that were removed.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from haybale.corpus.arrow_files import arrow_batches, id_bytes
from haybale.corpus.id_lists import KEPT_PATH
from haybale.corpus.manifest import MANIFEST_PATH
from haybale.corpus.takedowns import (
    FINISH,
    IN_CORPUS,
    SWITCH_PATH,
    TAKEN_PATH,
    takedowns_of,
    taken_rows_path,
    unfinished_takedown,
)
from haybale.corpus.verification.report import Checking

Ids = npt.NDArray[np.bytes_]

_KIND = "texts of documents that were taken down"


def check_unfinished(checking: Checking) -> None:
    """What an unfinished takedown is yet to exchange or to delete is no part of a sound corpus."""
    if said := unfinished_takedown(checking.folder):
        checking.problem(SWITCH_PATH, f"{said}; {FINISH}")


def check_takedowns(checking: Checking) -> None:
    """Compare the lineage, the record of ids and the rows; with a full verification also the rest.

    Nothing happens where nothing was taken down.
    """
    lineage = takedowns_of(checking.manifest)
    if not checking.has(TAKEN_PATH):
        if lineage:
            checking.problem(MANIFEST_PATH, f"tells of takedowns, and names no {TAKEN_PATH}")
        return
    if TAKEN_PATH in checking.damaged:
        return
    batches = list(arrow_batches(checking.folder, TAKEN_PATH))
    ids = np.concatenate([id_bytes(batch.column("doc_id")) for batch in batches])
    if (ids[1:] <= ids[:-1]).any():
        checking.problem(TAKEN_PATH, "its ids are not sorted, each once")
    numbers, states = (
        [value for batch in batches for value in batch.column(name).to_pylist()]
        for name in ("takedown", "was")
    )
    counts = Counter(
        (number, state == IN_CORPUS) for number, state in zip(numbers, states, strict=True)
    )
    for number, takedown in enumerate(lineage, 1):
        said = takedown["documents"], takedown["texts_only"]
        found = counts.pop((number, True), 0), counts.pop((number, False), 0)
        if said != found:
            checking.problem(
                TAKEN_PATH,
                f"takedown {number} took {found} documents (from shards, from elsewhere), the "
                f"manifest says {said}",
            )
    if counts:
        checking.problem(TAKEN_PATH, "names a takedown that the manifest does not tell of")
    _check_rows(checking, ids[np.array(states, object) == IN_CORPUS])
    if checking.full:
        _check_gone(checking, np.sort(ids))


def _check_rows(checking: Checking, expected: Ids) -> None:
    """Where the corpus has documents: the rows of parts are those that left the shards."""
    if not checking.has("documents/"):
        return
    paths = _paths(checking, taken_rows_path("").removesuffix(".arrow"))
    found = [np.empty(0, "S16")]
    for path in paths:
        for batch in arrow_batches(checking.folder, path, ["removed"]):
            found.append(id_bytes(batch.column("removed")))
    if not np.array_equal(np.sort(np.concatenate(found)), expected):
        checking.problem(
            TAKEN_PATH, "names other documents of the corpus than takedown/rows/ has rows of"
        )


def _check_gone(checking: Checking, taken: Ids) -> None:
    """No text is left, in `documents/` or among samples, and no list says that it is kept."""
    for path in _paths(checking, "documents/"):
        for batch in arrow_batches(checking.folder, path, ["doc_id", "text"]):
            mine = np.isin(id_bytes(batch.column("doc_id")), taken)
            left = pc.greater(pc.binary_length(batch.column("text")), 0)
            _say(checking, path, batch, mine & left.to_numpy(zero_copy_only=False))
    for path in _paths(checking, "dropped/samples/"):
        for batch in arrow_batches(checking.folder, path, ["doc_id"]):
            _say(checking, path, batch, np.isin(id_bytes(batch.column("doc_id")), taken))
    if checking.has(KEPT_PATH) and KEPT_PATH not in checking.damaged:
        with checking.folder.open(KEPT_PATH) as source:
            for batch in pq.ParquetFile(source).iter_batches(columns=["doc_id"]):
                mine = np.isin(id_bytes(batch.column("doc_id")), taken)
                _say(checking, KEPT_PATH, batch, mine)
    orphans = 0
    for path in _paths(checking, "dedup/removals/"):
        for batch in arrow_batches(checking.folder, path, ["survivor", "corpus"]):
            here = batch.filter(batch.column("corpus").is_null()).column("survivor")
            orphans += int(np.isin(id_bytes(here), taken).sum())
    if orphans:
        checking.not_checked.append(
            f"{orphans:,} documents were removed as duplicates of documents that were taken down "
            "since: how alike they were is recorded, and cannot be measured again"
        )


def _say(checking: Checking, path: str, batch: pa.RecordBatch, left: npt.NDArray[np.bool_]) -> None:
    for at in np.flatnonzero(left).tolist():
        doc_id = batch.column("doc_id")[at].as_py().hex()
        checking.problem(path, f"holds document {doc_id}, which was taken down", _KIND)


def _paths(checking: Checking, prefix: str) -> Iterator[str]:
    for record in checking.manifest.files:
        if record.path.startswith(prefix) and record.path not in checking.damaged:
            yield record.path
