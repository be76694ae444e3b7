"""What is exported: documents of one subset of one split, record batch by record batch."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.indexed_shards import IndexedShard, indexed_shards
from haybale.corpus.manifest import Manifest
from haybale.corpus.recipe import nearest
from haybale.corpus.shards import TokenFormat, batch_digest, read_format, read_index
from haybale.corpus.storage import Folder


@dataclass(frozen=True)
class Documents:
    """The documents of one record batch, as they lie in the shard.

    Attributes:
        first: Number of the first of them in the shard.
        doc_ids: fixed_size_binary(16)[documents].
        offsets: int32[documents + 1], from 0.
        ids: uint16 or uint32[tokens].
    """

    first: int
    doc_ids: pa.FixedSizeBinaryArray
    offsets: npt.NDArray[np.int32]
    ids: npt.NDArray[Any]


@dataclass(frozen=True)
class Selection:
    """Shards of one subset of one split.

    Attributes:
        folder: The corpus.
        tokens: What its manifest says of its ids.
        shards: At least one, in order.
    """

    folder: Folder
    tokens: TokenFormat
    shards: tuple[IndexedShard, ...]

    @property
    def split(self) -> str:
        """As in the corpus."""
        return self.shards[0].split

    @property
    def subset(self) -> str:
        """As in the corpus."""
        return self.shards[0].subset

    @property
    def path(self) -> str:
        """`<split>/<subset>`: where its files go in an export."""
        return f"{self.split}/{self.subset}"

    @property
    def num_documents(self) -> int:
        """Documents in it."""
        return sum(shard.num_documents for shard in self.shards)

    @property
    def num_tokens(self) -> int:
        """Tokens in it."""
        return sum(shard.num_tokens for shard in self.shards)

    def shard_path(self, shard: IndexedShard) -> str:
        """`<split>/<subset>/<shard's number>`: where files go of which each shard has its own."""
        return f"{self.path}/{PurePosixPath(shard.path).stem}"

    def batches(self) -> Iterator[Documents]:
        """All documents, a record batch at a time; see `read`."""
        for shard in self.shards:
            yield from self.read(shard)

    def read(self, shard: IndexedShard) -> Iterator[Documents]:
        """The documents of one shard, a record batch at a time, mapped into memory.

        Raises:
            CorruptShardError: If the shard is not what the index and the manifest say of it.
        """
        where, first = self.folder.path(shard.path), 0
        try:
            reader = pa.ipc.open_file(self.folder.open(shard.path))
        except pa.ArrowInvalid as error:
            raise CorruptShardError(f"{where}: cannot be read: {error}") from None
        if read_format(reader.schema, where) != self.tokens:
            raise CorruptShardError(f"{where}: its tokenizer is not the manifest's")
        for row in shard.rows.to_pylist():
            batch = _checked(reader, row, f"{where}, record batch {row['batch']}")
            tokens = batch.column("tokens")
            ids = tokens.values.to_numpy()
            if ids.size and int(ids.max()) >= self.tokens.vocabulary_size:
                raise CorruptShardError(
                    f"{where}, record batch {row['batch']}: the id {int(ids.max())} is beyond a "
                    f"vocabulary of {self.tokens.vocabulary_size}"
                )
            yield Documents(first, batch.column("doc_id"), tokens.offsets.to_numpy(), ids)
            first += batch.num_rows


def _checked(reader: pa.RecordBatchFileReader, row: dict[str, Any], where: str) -> pa.RecordBatch:
    """A record batch, if it is the one of the index's row."""
    try:
        batch = reader.get_batch(row["batch"])
        found = batch_digest(batch)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CorruptShardError(f"{where}: cannot be read: {error}") from None
    if found != row["digest"]:
        raise CorruptShardError(
            f"{where}: its digest is not the index's; `haybale verify` names all that is damaged"
        )
    return batch


def select(
    folder: Folder, manifest: Manifest, split: str | None = None, subset: str | None = None
) -> list[Selection]:
    """Everything in a corpus, or only one split or one subset, in the order of its index.

    Raises:
        RecipeError: If there is no such split or subset.
    """
    shards = indexed_shards(read_index(folder))
    for flag, wanted, known in (
        ("--split", split, {shard.split for shard in shards}),
        ("--subset", subset, {shard.subset for shard in shards}),
    ):
        if wanted is not None and wanted not in known:
            raise RecipeError(f"{flag} {wanted}: {folder.uri} has none; {nearest(wanted, known)}")
    chosen = [
        shard for shard in shards if split in (None, shard.split) and subset in (None, shard.subset)
    ]
    if not chosen:
        raise RecipeError(f"{folder.uri}: holds no document of that split and subset")
    return [
        Selection(folder, manifest.tokens, tuple(group))
        for _, group in itertools.groupby(chosen, lambda shard: (shard.split, shard.subset))
    ]
