"""Whether the shards hold every surviving document once, nothing else, and each its own tokens.

Both are in one order: shards of a split and subset hold the survivors of its parts one after the
other, each in the split that it was given to. So they are read side by side, and memory does not
grow with the corpus.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.arrow_files import id_bytes, open_arrow
from haybale.corpus.indexed_shards import IndexedShard
from haybale.corpus.storage import Folder
from haybale.corpus.surviving import Survivors, surviving_documents
from haybale.corpus.verification.report import Checking
from haybale.corpus.verification.text_coder import TextCoder, compare_texts

Tokens = tuple[bytes, str, npt.NDArray[Any]]
"""A document's id, its shard, and its ids there."""


def check_documents(
    checking: Checking, shards: list[IndexedShard], coder: TextCoder | None
) -> None:
    """Read all documents and all shards."""
    prefix, suffix = "documents/", ".arrow"
    parts: dict[str, list[str]] = {}
    for record in checking.manifest.files:
        if record.path.startswith(prefix):
            part = record.path.removeprefix(prefix).removesuffix(suffix)
            parts.setdefault(part.rpartition("/")[0], []).append(part)
    for subset in sorted(parts.keys() | {shard.subset for shard in shards}):
        streams = [
            _Stream(checking.folder, [one for one in shards if (one.split, one.subset) == key])
            for key in sorted({(one.split, one.subset) for one in shards if one.subset == subset})
        ]
        for part in sorted(parts.get(subset, []), key=lambda name: (len(name), name)):
            for survivors in surviving_documents(checking.folder, part):
                checking.progress(prefix + part + suffix, survivors.texts.nbytes)
                _compare(checking, survivors, streams, part, coder)
        for stream in streams:
            for extra in stream.rest():
                _extra(checking, extra)


def _compare(
    checking: Checking,
    survivors: Survivors,
    streams: list["_Stream"],
    part: str,
    coder: TextCoder | None,
) -> None:
    """Find each of a part's documents in one of the streams."""
    found, chosen = [], []
    for at, doc_id in enumerate(survivors.doc_ids):
        stream = next((one for one in streams if one.next_id() == doc_id), None)
        if stream is None and (stream := _skip_to(checking, streams, doc_id)) is None:
            checking.problem(
                f"documents/{part}.arrow",
                f"document {_whole(doc_id).hex()} was not removed, and is in no shard",
                "documents that are missing in the shards",
            )
            continue
        found.append(stream.next())
        chosen.append(at)
    if coder is not None and found:
        texts = survivors.texts.take(pa.array(chosen))
        compare_texts(checking, coder, texts, found)


def _skip_to(checking: Checking, streams: list["_Stream"], doc_id: bytes) -> "_Stream | None":
    """The stream in which a document is in sight, stepped over what stands before it."""
    for stream in streams:
        steps = stream.ahead(doc_id)
        if steps >= 0:
            for _ in range(steps):
                _extra(checking, stream.next())
            return stream
    return None


def _extra(checking: Checking, tokens: Tokens) -> None:
    checking.problem(
        tokens[1],
        f"document {tokens[0].hex()} stands where no surviving document does: it was removed, or "
        "is in the shards twice",
        "documents that should not be in the shards",
    )


def _whole(doc_id: bytes) -> bytes:
    """NumPy leaves zero bytes at the end of an item out."""
    return bytes(doc_id).ljust(16, b"\0")


@dataclass
class _Stream:
    """The documents of one split and subset, in order, two record batches in sight."""

    folder: Folder
    shards: list[IndexedShard]
    _at: int = 0
    _sight: list["_Batch"] = field(default_factory=list)
    _batches: Iterator["_Batch"] = field(init=False)

    def __post_init__(self) -> None:
        self._batches = self._read()

    def next_id(self) -> bytes:
        """The id of the next document; empty if there is none."""
        return bytes(self._sight[0].ids[self._at]) if self._look() else b""

    def ahead(self, doc_id: bytes) -> int:
        """How many documents stand before this one; -1 if it is not in sight."""
        self._look()
        ids = [batch.ids for batch in self._sight]
        places = np.flatnonzero(np.concatenate([np.empty(0, "S16"), *ids])[self._at :] == doc_id)
        return int(places[0]) if len(places) else -1

    def next(self) -> Tokens:
        """Step over a document."""
        self._look()
        batch, at = self._sight[0], self._at
        self._at += 1
        start, stop = batch.offsets[at], batch.offsets[at + 1]
        return _whole(batch.ids[at]), batch.shard, batch.values[start:stop]

    def rest(self) -> Iterator[Tokens]:
        """Step over all that are left."""
        while self._look():
            yield self.next()

    def _look(self) -> bool:
        """Have a document next and a batch after its own in sight, if there are any."""
        if self._sight and self._at == len(self._sight[0].ids):
            self._sight.pop(0)
            self._at = 0
        while len(self._sight) < 2 and (batch := next(self._batches, None)) is not None:
            self._sight.append(batch)
        return bool(self._sight)

    def _read(self) -> Iterator["_Batch"]:
        for shard in self.shards:
            reader = open_arrow(self.folder, shard.path)
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                tokens = batch.column("tokens")
                offsets, values = tokens.offsets.to_numpy(), tokens.values.to_numpy()
                yield _Batch(shard.path, id_bytes(batch.column("doc_id")), offsets, values)


@dataclass(frozen=True)
class _Batch:
    """A record batch of a shard."""

    shard: str
    ids: npt.NDArray[np.bytes_]
    offsets: npt.NDArray[np.int32]
    values: npt.NDArray[Any]
