"""The parts whose signatures are compared: this build's, then those of earlier corpora.

They are numbered through; a document's address holds the number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, open_arrow
from haybale.corpus.digests import UInt64s, id_words
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.policy import EARLIER
from haybale.pipeline.dedup.rows import NUM_RANKS, part_of, row_of
from haybale.pipeline.kept.earlier_names import INHERITED, names_of
from haybale.pipeline.kept.selected import selected_rows
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.kept.split_names import FAMILY, read_groups
from haybale.pipeline.kept.survivors import surviving_rows
from haybale.pipeline.planning.earlier import EarlierCorpus
from haybale.pipeline.planning.workspace import load_earlier, load_workspace
from haybale.pipeline.rows.tables import read_table
from haybale.pipeline.units.worker import PartWorker


class SignedParts:
    """Reads signatures by a part's number.

    Attributes:
        num_own: Parts of this build: 0 to num_own - 1.
        count: Of all parts.
    """

    def __init__(self, folder: Folder) -> None:
        _, parts = load_workspace(folder)
        self.num_own = len(parts)
        self._parts: list[tuple[Folder, str, EarlierCorpus | None]] = [
            (folder, part.name, None) for part in parts
        ]
        for corpus in load_earlier(folder):
            home = Folder(corpus.uri)
            self._parts += [(home, name, corpus) for name in corpus.parts]
        self.count = len(self._parts)

    def name(self, number: int) -> str:
        """A part's name, with its corpus where that is an earlier one."""
        _, name, corpus = self._parts[number]
        return f"{corpus.name}/{name}" if corpus else name

    def corpus(self, number: int) -> str | None:
        """Name of the earlier corpus that a part is of; None for this build's."""
        corpus = self._parts[number][2]
        return corpus.name if corpus else None

    def read(self, number: int, columns: Sequence[str]) -> pa.RecordBatch:
        """Columns of a part's signatures; but the ranks of an earlier corpus's are EARLIER."""
        folder, name, _ = self._parts[number]
        table = read_table(folder, signatures_path(name), columns).combine_chunks()
        batches = table.to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)

    def batches(self, number: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Columns of a part's signatures, batch by batch."""
        folder, name, _ = self._parts[number]
        return arrow_batches(folder, signatures_path(name), columns)

    def ids_and_ranks(self, number: int) -> tuple[UInt64s, UInt64s]:
        """uint64[rows, 2] and uint64[rows, 3]: ids and ranks of a part's documents.

        Those of an earlier corpus go by `names_of`, since its ids may be ours too.
        """
        batch = self.read(number, ["doc_id", "rank", "digest"])
        ids, corpus = id_words(batch.column("doc_id")), self._parts[number][2]
        if corpus is not None:
            return names_of(corpus.origin, ids), np.full((len(ids), NUM_RANKS), EARLIER, np.uint64)
        digests = id_words(batch.column("digest"))[:, :1]
        return ids, np.concatenate([id_words(batch.column("rank")), digests], axis=1)

    def num_rows(self, number: int) -> int:
        """Documents of a part."""
        folder, name, _ = self._parts[number]
        with open_arrow(folder, signatures_path(name), ["doc_id"]) as reader:
            return sum(reader.get_batch(at).num_rows for at in range(reader.num_record_batches))

    def present(self, number: int) -> npt.NDArray[np.bool_]:
        """bool[rows]: who was good enough; of an earlier corpus who is in it to the end."""
        folder, name, corpus = self._parts[number]
        chosen = surviving_rows if corpus else selected_rows
        return chosen(folder, name, self.num_rows(number))

    def earlier_ids(self, addresses: UInt64s) -> UInt64s:
        """uint64[documents, 2]: ids of documents of earlier corpora, as these have them."""
        found = np.empty((len(addresses), 2), np.uint64)
        for number, at in _by_part(addresses):
            ids = id_words(self.read(number, ["doc_id"]).column(0))
            found[at] = ids[row_of(addresses[at])]
        return found

    def earlier_clusters(self, addresses: UInt64s) -> UInt64s:
        """uint64[documents, 2]: the clusters of documents of earlier corpora, by their addresses.

        One that was in none with others is named by its own id. All go by `names_of`, but for a
        cluster that goes by it there already.
        """
        names = self.earlier_ids(addresses)
        for number, at in _by_part(addresses):
            groups, inherited = self._clusters(number)
            rows = row_of(addresses[at])
            _put(names, at, rows, groups)
            corpus = self._parts[number][2]
            assert corpus is not None
            own = at[[row not in inherited for row in rows.tolist()]]
            names[own] = names_of(corpus.origin, names[own])
        return names

    def earlier_families(self, addresses: UInt64s) -> UInt64s:
        """uint64[documents, 2]: what decided these documents' splits in earlier corpora.

        As it stands there: by another name a duplicate could be drawn for the other side.
        """
        names = self.earlier_ids(addresses)
        for number, at in _by_part(addresses):
            folder, path = self._clusters_path(number)
            if folder.exists(path):
                _put(names, at, row_of(addresses[at]), read_groups(folder, path, "row", FAMILY))
        return names

    def _clusters(self, number: int) -> tuple[dict[int, bytes], set[int]]:
        """Row to cluster of an earlier part's documents; the rows whose clusters are inherited."""
        folder, path = self._clusters_path(number)
        corpus = self._parts[number][2]
        assert corpus is not None
        if not folder.exists(path):
            return {}, set()
        with open_arrow(folder, path) as reader:
            tells = INHERITED in reader.schema.names
        if corpus.is_update and not tells:
            return {}, set()  # of an earlier release: one name there may be of two clusters
        groups = read_groups(folder, path, "row", "cluster")
        if not tells:
            return groups, set()
        table = read_table(folder, path, ["row", INHERITED])
        return groups, set(table.column("row").filter(table.column(INHERITED)).to_pylist())

    def _clusters_path(self, number: int) -> tuple[Folder, str]:
        folder, name, _ = self._parts[number]
        return folder, f"dedup/clusters/{name}.arrow"


def _by_part(addresses: UInt64s) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    numbers = part_of(addresses)
    for number in np.unique(numbers).tolist():
        yield number, np.flatnonzero(numbers == number)


def _put(
    names: UInt64s,
    at: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    groups: Mapping[int, bytes],
) -> None:
    """Write the groups that these rows are in to their places among the names."""
    for place, row in zip(at.tolist(), rows.tolist(), strict=True):
        if row in groups:
            names[place] = np.frombuffer(groups[row], ">u8")


@dataclass
class SignedPartWorker(PartWorker):
    """Base of workers whose units are all parts, those of earlier corpora too."""

    _signed: SignedParts = field(init=False, repr=False)

    def load(self) -> None:
        """Read the plan."""
        super().load()
        self._signed = SignedParts(Folder(self.output))

    def name(self, unit: int) -> str:
        """The part's name."""
        return self._signed.name(unit)
