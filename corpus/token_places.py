"""From a token of a shard to its document, and to the tokens around it.

`shards/index.arrow` is in order of split, subset and shard, so a shard is found in it by binary
search; the record batch and the document within it by their offsets.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest
from haybale.corpus.shards import batch_buffers, read_index
from haybale.corpus.storage import Folder


@dataclass(frozen=True)
class TokenPlace:
    """A token of a document.

    Attributes:
        shard: Path below the corpus folder.
        offset: Of the token, from the start of the shard.
        doc_id: Of the document, 16 bytes.
        within: Which token of the document it is, from 0.
        ids: All the document's ids, uint16 or uint32[tokens].
    """

    shard: str
    offset: int
    doc_id: bytes
    within: int
    ids: npt.NDArray[Any]

    def window(self, radius: int) -> tuple[list[int], int, list[int]]:
        """The ids before it, its own, and those after it: so many, and none of other documents."""
        at = self.within
        before, after = self.ids[max(0, at - radius) : at], self.ids[at + 1 : at + 1 + radius]
        return before.tolist(), int(self.ids[at]), after.tolist()


def token_at(folder: Folder, shard: str, offset: int) -> TokenPlace:
    """Look a token up.

    Args:
        folder: The corpus.
        shard: Its path below the corpus, as in `shards/train/books/00000.arrow`.
        offset: From the start of the shard.

    Raises:
        RecipeError: If there is no such shard or token.
    """
    index, before = read_index(folder), 0
    rows = _rows_of(index, shard)
    if not rows:
        shards = index.column("shard").unique().to_pylist()
        raise RecipeError(f"--token: no shard {shard!r}; {nearest(shard, shards)}")
    for row in rows:
        if before <= offset < before + row["tokens"]:
            batch = open_arrow(folder, shard).get_batch(row["batch"])
            offsets = np.frombuffer(batch_buffers(batch)[1], np.int32, batch.num_rows + 1)
            at = int(np.searchsorted(offsets, offset - before, side="right")) - 1
            start, stop = int(offsets[at]), int(offsets[at + 1])
            ids = batch.column("tokens").values[start:stop].to_numpy()
            doc_id = batch.column("doc_id")[at].as_py()
            return TokenPlace(shard, offset, doc_id, offset - before - start, ids)
        before += row["tokens"]
    raise RecipeError(f"--token: {shard} has {before} tokens, there is none at {offset}")


def _rows_of(index: pa.Table, shard: str) -> list[dict[str, Any]]:
    """The shard's rows of the index: they stand together."""
    shards, low, high = index.column("shard"), 0, index.num_rows
    key = _key(shard)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _key(shards[middle].as_py()) < key else (low, middle)
    if low == index.num_rows or shards[low].as_py() != shard:
        low = pc.index(shards, shard).as_py()  # of shards that are called otherwise
    rows: list[dict[str, Any]] = []
    while 0 <= low < index.num_rows and shards[low].as_py() == shard:
        rows += index.slice(low, 1).to_pylist()
        low += 1
    return rows


def _key(shard: str) -> list[tuple[int, str]]:
    """What the index is ordered by: folder by folder, then by a number of five digits or more."""
    *folders, name = shard.split("/")
    return [*((0, folder) for folder in folders), (len(name), name)]
