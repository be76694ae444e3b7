"""Packing indexes: which stretches of a shard's tokens make each training sequence.

A stretch is some tokens of one document, one after the other. A sequence of length T is stretches
of at most T tokens in all; the positions they leave are padding. Positions are for tokens that go
INTO the model: the label of each is the token after it in the same document, so that a loader may
read one token past a stretch where the document goes on there, and has no label at a document's
last token, its EOS.

`packing/<kind>-<T>/<split>/<subset>/<number>.arrow` is an uncompressed Arrow IPC file, one row per
sequence, all in one record batch, beside the shard of the same split, subset and number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.companions import (
    ADVICE,
    companion_path,
    read_companion,
    write_companion,
)
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.manifest import Manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder

FORMAT = "haybale/packing@1"
FOLDER = "packing"
MAX_SEQUENCE_LENGTH = 1 << 24

PackingKind = Literal["best_fit", "document_start"]
"""How sequences are made; see `haybale.tokenization.packing`."""
PACKING_KINDS: tuple[PackingKind, ...] = get_args(PackingKind)


@dataclass(frozen=True)
class Packing:
    """The sequences of one shard.

    Attributes:
        kind: How they were made.
        sequence_length: T, positions of a sequence.
        offsets: int32[sequences + 1] into the stretches.
        starts: int64[stretches]: first token, as an offset within the shard.
        lengths: int32[stretches]: tokens, at least 1.
    """

    kind: PackingKind
    sequence_length: int
    offsets: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]

    @property
    def num_sequences(self) -> int:
        """Sequences."""
        return len(self.offsets) - 1

    @property
    def num_tokens(self) -> int:
        """Tokens of the shard that have a position."""
        return int(self.lengths.sum(dtype=np.int64))

    @property
    def padding_tokens(self) -> int:
        """Positions without a token."""
        return self.num_sequences * self.sequence_length - self.num_tokens


def packing_name(kind: PackingKind, sequence_length: int) -> str:
    """What folders and the card call a packing, as in `best_fit-2048`."""
    return f"{kind}-{sequence_length}"


def packing_path(kind: PackingKind, sequence_length: int, shard: str) -> str:
    """Where the index of a shard lies, given the shard's path."""
    return companion_path(f"{FOLDER}/{packing_name(kind, sequence_length)}", shard)


def packings_of(manifest: Manifest) -> list[tuple[PackingKind, int]]:
    """Kinds and sequence lengths that a corpus was packed for, sorted."""
    paths = (file.path.split("/") for file in manifest.files if file.path.startswith(f"{FOLDER}/"))
    names = {path[1] for path in paths if len(path) > 2}  # its index is no packing
    split = (name.rpartition("-") for name in names)
    return sorted((cast(PackingKind, kind), int(length)) for kind, _, length in split)


def write_packing(folder: Folder, packing: Packing, shard: IndexedShard) -> FileRecord:
    """Write the index beside its shard: `starts: list<int64>`, `lengths: list<int32>`."""
    offsets = pa.array(packing.offsets)
    columns = {}
    for name, values in (
        ("starts", pa.array(packing.starts)),
        ("lengths", pa.array(packing.lengths)),
    ):
        kind = pa.list_(pa.field("item", values.type, nullable=False))
        columns[name] = pa.ListArray.from_arrays(offsets, values, type=kind)
    metadata = {
        **_metadata(packing.kind, packing.sequence_length),
        "padding_tokens": str(packing.padding_tokens),
    }
    path = packing_path(packing.kind, packing.sequence_length, shard.path)
    return write_companion(folder, path, shard, metadata, columns)


def read_packing(
    folder: Folder, shard: IndexedShard, kind: PackingKind, sequence_length: int
) -> Packing:
    """The sequences of a shard; arrays are mapped into memory where the folder is local.

    Raises:
        CorruptShardError: If there is no such index, it cannot be read, it was made from another
            shard, or its rows are not those it was written with.
        SchemaError: If it is of a version this release does not know.
    """
    path = packing_path(kind, sequence_length, shard.path)
    expected = _metadata(kind, sequence_length)
    batch, metadata = read_companion(folder, path, shard, expected)
    starts, lengths = (batch.column(name) for name in ("starts", "lengths"))
    offsets = starts.offsets.to_numpy()
    packing = Packing(
        kind, sequence_length, offsets, starts.values.to_numpy(), lengths.values.to_numpy()
    )
    same = starts.offsets.equals(lengths.offsets)
    if not same or packing.padding_tokens != int(metadata["padding_tokens"]):
        raise CorruptShardError(
            f"{folder.path(path)}: its rows are not those it was written with; {ADVICE}"
        )
    return packing


def _metadata(kind: PackingKind, sequence_length: int) -> dict[str, str]:
    return {"format": FORMAT, "kind": kind, "sequence_length": str(sequence_length)}


def check_sequence_lengths(lengths: Iterable[int]) -> str | None:
    """What is wrong with the lengths somebody asks for; None if nothing is."""
    seen: set[int] = set()
    for length in lengths:
        if not 2 <= length <= MAX_SEQUENCE_LENGTH:
            return f"expected sequence lengths of 2 to {MAX_SEQUENCE_LENGTH:,}, found {length}"
        if length in seen:
            return f"the sequence length {length} is given more than once"
        seen.add(length)
    return None
