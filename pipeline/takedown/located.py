"""Where the documents of a list are in a corpus: by its index, or by a scan where it has none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, id_bytes, open_arrow
from haybale.corpus.digests import id_words
from haybale.corpus.document_index import DocumentIndex
from haybale.corpus.lookup_tables import DOCUMENTS_FOLDER, FILES_PATH, has_index, range_starts
from haybale.corpus.manifest import Manifest
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import DROPPED, IN_CORPUS, REMOVED
from haybale.pipeline.takedown.ids import Ids, are_in, as_arrow
from haybale.pipeline.takedown.sound import check_sound

Int64s = npt.NDArray[np.int64]

_PLACES = ("documents_row", "measures_row", "token_batch", "tokens")


@dataclass(frozen=True)
class Located:
    """Documents that are there, sorted by id.

    Attributes:
        ids: S16[documents].
        part_names: Of all parts.
        part: int64[documents] into these; -1 where the corpus has tokens only.
        documents_row: int64[documents]: row of `documents/`; -1 if it was dropped.
        measures_row: int64[documents]: row of `measures/`; -1 where there is none.
        token_batch: int64[documents]: row of `shards/index.arrow`; -1 if it is in no shard.
        tokens: int64[documents]: how many it has there; -1 likewise.
    """

    ids: Ids
    part_names: Sequence[str]
    part: Int64s
    documents_row: Int64s
    measures_row: Int64s
    token_batch: Int64s
    tokens: Int64s

    @property
    def was(self) -> npt.NDArray[np.object_]:
        """What each document is: IN_CORPUS, REMOVED or DROPPED."""
        kept = np.where(self.documents_row >= 0, REMOVED, DROPPED)
        return np.where(self.token_batch >= 0, IN_CORPUS, kept).astype(object)

    @property
    def in_corpus(self) -> npt.NDArray[np.bool_]:
        """bool[documents]: who is in a shard."""
        return self.token_batch >= 0


def locate(folder: Folder, manifest: Manifest, ids: Ids) -> Located:
    """Find all documents of a list at once; those that were never read are left out."""
    names = _part_names(manifest)
    found = (_by_index if has_index(manifest) else _by_scan)(folder, manifest, ids, names)
    there = (found["part"] >= 0) | (found["token_batch"] >= 0)
    return Located(ids[there], names, **{name: values[there] for name, values in found.items()})


def _part_names(manifest: Manifest) -> list[str]:
    prefix, suffix = "measures/", ".arrow"
    paths = (record.path for record in manifest.files)
    return [
        path.removeprefix(prefix).removesuffix(suffix) for path in paths if path.startswith(prefix)
    ]


def _nowhere(count: int) -> dict[str, Int64s]:
    return {name: np.full(count, -1, np.int64) for name in ("part", *_PLACES)}


def _by_index(
    folder: Folder, manifest: Manifest, ids: Ids, names: Sequence[str]
) -> dict[str, Int64s]:
    """The ranges of the index that hold any of the ids are read through, a batch at a time."""
    found, numbers = _nowhere(len(ids)), {name: at for at, name in enumerate(names)}
    check_sound(folder, manifest, FILES_PATH)
    files = open_arrow(folder, FILES_PATH).read_all().column("part").to_pylist()
    part_of_file = np.array([numbers[part] for part in files], np.int64)
    num_ranges = DocumentIndex(folder, manifest).num_ranges
    bounds = range_starts(id_words(as_arrow(ids))[:, 0], num_ranges)
    for number in np.flatnonzero(np.diff(bounds)).tolist():
        wanted = ids[bounds[number] : bounds[number + 1]]
        path = f"{DOCUMENTS_FOLDER}/{number:05d}.arrow"
        check_sound(folder, manifest, path)
        for batch in arrow_batches(folder, path):
            there = id_bytes(batch.column("doc_id"))
            rows = np.flatnonzero(are_in(there, wanted))
            if not len(rows):
                continue
            at = bounds[number] + np.searchsorted(wanted, there[rows])
            found["part"][at] = part_of_file[batch.column("file").to_numpy()[rows]]
            for name in _PLACES:
                found[name][at] = batch.column(name).to_numpy()[rows]
    return found


def _by_scan(
    folder: Folder, manifest: Manifest, ids: Ids, names: Sequence[str]
) -> dict[str, Int64s]:
    """Ids of all files are read through: earlier releases made no index, imports have none."""
    found = _nowhere(len(ids))
    for number, part in enumerate(names):
        for kind in ("measures", "documents"):
            path, first = f"{kind}/{part}.arrow", 0
            for batch in arrow_batches(folder, path, ["doc_id"]):
                there = id_bytes(batch.column("doc_id"))
                rows = np.flatnonzero(are_in(there, ids))
                at = np.searchsorted(ids, there[rows])
                found["part"][at] = number
                found[f"{kind}_row"][at] = first + rows
                first += batch.num_rows
    for number, row in enumerate(read_index(folder).to_pylist()):
        batch = open_arrow(folder, row["shard"]).get_batch(row["batch"])
        there = id_bytes(batch.column("doc_id"))
        rows = np.flatnonzero(are_in(there, ids))
        at = np.searchsorted(ids, there[rows])
        found["token_batch"][at] = number
        lengths = batch.column("tokens").value_lengths()
        found["tokens"][at] = pa.array(lengths).to_numpy(zero_copy_only=False)[rows]
    return found
