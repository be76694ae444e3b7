"""The parts whose signatures are compared: this build's, then those of earlier corpora.

They are numbered through; a document's address holds the number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import arrow_batches, open_arrow
from haybale.corpus.digests import UInt64s, id_words
from haybale.corpus.storage import Folder
from haybale.pipeline.dedup.policy import EARLIER
from haybale.pipeline.dedup.rows import part_of, row_of
from haybale.pipeline.kept.selected import selected_rows
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.kept.split_names import FAMILY, read_groups
from haybale.pipeline.kept.survivors import surviving_rows
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
        self._parts = [(folder, part.name, "") for part in parts]
        for corpus in load_earlier(folder):
            home = Folder(corpus.uri)
            self._parts += [(home, name, corpus.name) for name in corpus.parts]
        self.count = len(self._parts)

    def name(self, number: int) -> str:
        """A part's name, with its corpus where that is an earlier one."""
        _, name, corpus = self._parts[number]
        return f"{corpus}/{name}" if corpus else name

    def corpus(self, number: int) -> str | None:
        """Name of the earlier corpus that a part is of; None for this build's."""
        return self._parts[number][2] or None

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
        """uint64[rows, 2] and uint64[rows, 3]: ids and ranks of a part's documents."""
        batch = self.read(number, ["doc_id", "rank", "digest"])
        digests = id_words(batch.column("digest"))[:, :1]
        ranks = np.concatenate([id_words(batch.column("rank")), digests], axis=1)
        if number >= self.num_own:
            ranks = np.full_like(ranks, EARLIER)
        return id_words(batch.column("doc_id")), ranks

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

    def earlier_clusters(self, addresses: UInt64s) -> UInt64s:
        """uint64[documents, 2]: the clusters of documents of earlier corpora, by their addresses.

        One that was in none with others is named by its own id.
        """
        return self._earlier_names(addresses, "cluster")

    def earlier_families(self, addresses: UInt64s) -> UInt64s:
        """uint64[documents, 2]: what decided these documents' splits in earlier corpora."""
        return self._earlier_names(addresses, FAMILY)

    def _earlier_names(self, addresses: UInt64s, column: str) -> UInt64s:
        names = np.empty((len(addresses), 2), np.uint64)
        numbers = part_of(addresses)
        for number in np.unique(numbers):
            at, groups = np.flatnonzero(numbers == number), self._groups(int(number), column)
            rows = row_of(addresses[at])
            ids, _ = self.ids_and_ranks(int(number))
            names[at] = ids[rows]
            for place, row in zip(at.tolist(), rows.tolist(), strict=True):
                if row in groups:
                    names[place] = np.frombuffer(groups[row], ">u8")
        return names

    def _groups(self, number: int, column: str) -> dict[int, bytes]:
        """Row to cluster or family, of documents of an earlier part that are in one with others."""
        folder, name, _ = self._parts[number]
        path = f"dedup/clusters/{name}.arrow"
        if not folder.exists(path):
            return {}
        return read_groups(folder, path, "row", column)


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
