"""Sources: the subsets of a split, each as numbered samples in an order of its own."""

from typing import Literal, get_args

import numpy as np

from haybale.corpus.document_start import pack_document_start
from haybale.corpus.errors import RecipeError
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.manifest import Manifest, verify_listed
from haybale.corpus.packing import Packing, PackingKind, packing_path, packings_of, read_packing
from haybale.corpus.packing_index import read_packing_index
from haybale.corpus.recipe import nearest
from haybale.corpus.storage import Folder
from haybale.loaders.samples.concatenated import ConcatenatedLayout
from haybale.loaders.samples.packed import PackedLayout
from haybale.loaders.samples.stretches import Layout
from haybale.loaders.shards.index_rows import IndexRows

PackingName = Literal["concatenate", "best_fit", "document_start"]


class Layouts:
    """Cuts the subsets of a corpus into samples.

    Args:
        folder: The corpus, or its metadata on a local disk.
        manifest: Its manifest.
        index: Its index.
        packing: How documents are cut.
        sequence_length: T.
        remote: Whether shards are elsewhere than in the folder.

    Raises:
        RecipeError: If the corpus has no such packing.
    """

    def __init__(
        self,
        folder: Folder,
        manifest: Manifest,
        index: IndexRows,
        packing: PackingName,
        sequence_length: int,
        *,
        remote: bool,
    ) -> None:
        if packing not in get_args(PackingName):
            known = get_args(PackingName)
            raise RecipeError(f"packing: unknown {packing!r}; {nearest(str(packing), known)}")
        self._folder, self._manifest, self._index = folder, manifest, index
        self._packing, self._length = packing, sequence_length
        self.stored = packing != "concatenate" and (packing, sequence_length) in packings_of(
            manifest
        )
        self._counted = None
        if packing != "concatenate" and self.stored:
            self._counted = read_packing_index(folder, manifest, packing, sequence_length)
        computable = packing == "document_start" and not remote
        if packing != "concatenate" and not self.stored and not computable:
            raise RecipeError(_no_packing(folder, manifest, packing, sequence_length))

    def layout(self, first_row: int, last_row: int) -> Layout:
        """The samples of a subset, given its rows of the index."""
        if self._packing == "concatenate":
            return ConcatenatedLayout(self._index, first_row, last_row, self._length)
        first, last = self._index.shard_number(np.array([first_row, last_row - 1])).tolist()
        counts = [self._count(number) for number in range(first, last + 1)]
        return PackedLayout(self._index, first, counts, self._read)

    def _count(self, number: int) -> tuple[int, int]:
        """Sequences of a shard, and tokens in these."""
        if self._counted is not None:
            shard = self._counted[self._index.shards[number]]
            return shard.num_sequences, shard.num_tokens
        packing = self._read(number)
        return packing.num_sequences, packing.num_tokens

    def _read(self, number: int) -> Packing:
        first, last = self._index.shard_rows(number)
        (shard,) = indexed_shards(self._index.rows(first, last))
        if self._packing == "document_start" and not self.stored:
            return pack_document_start(shard.document_offsets(self._folder), self._length)
        kind: PackingKind = "best_fit" if self._packing == "best_fit" else "document_start"
        verify_listed(self._folder, self._manifest, packing_path(kind, self._length, shard.path))
        return read_packing(self._folder, shard, kind, self._length)


def _no_packing(folder: Folder, manifest: Manifest, packing: str, sequence_length: int) -> str:
    lengths = [length for kind, length in packings_of(manifest) if kind == packing]
    known = (
        f"it has {', '.join(map(str, lengths))}; choose one of these" if lengths else "it has none"
    )
    return (
        f"sequence_length: {folder.uri} has no {packing} packing for {sequence_length} ({known}); "
        f"build it with [shards] {packing} = [{sequence_length}], or take packing='concatenate', "
        "which needs none"
    )
