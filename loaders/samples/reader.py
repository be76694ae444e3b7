"""Reads samples: from which they are to their tokens, and from tokens to arrays for a model."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.corpus.errors import CorruptShardError, RecipeError
from haybale.corpus.shards import TokenFormat
from haybale.loaders.samples.buffers import Buffers
from haybale.loaders.samples.gather import (
    BAD_BOUNDARY,
    BAD_TOKEN,
    NUM_FINDINGS,
    OK,
    UNREADABLE,
    gather,
)
from haybale.loaders.samples.stretches import Layout, Stretches, merge
from haybale.loaders.samples.widen import widen
from haybale.loaders.shards.index_rows import IndexRows
from haybale.loaders.shards.store import BatchStore, HeldBatches, Int64s

Int32s = npt.NDArray[np.int32]
Arrays = dict[str, npt.NDArray[Any]]

WIDE_FIELDS = ("input_ids", "labels", "position_ids", "cu_seqlens")
"""Arrays that are made from tokens."""


@dataclass(frozen=True)
class Gathered:
    """S samples before widening; see `haybale.loaders.samples.gather.gather`.

    Attributes:
        tokens: uint16 or uint32 [S, T + 1].
        starts: int32[segments].
        starts_until: int64[S + 1].
        labelled: int32[S].
    """

    tokens: npt.NDArray[Any]
    starts: Int32s
    starts_until: Int64s
    labelled: Int32s


class SampleReader:
    """Reads samples of several sources of one corpus.

    Args:
        layouts: Of each source, None for one that is never drawn from.
        index: The corpus's index.
        store: Where record batches are held.
        token_format: What ids mean.
        sequence_length: T.
        packed: Whether the layouts are of packing indexes.
        across: Whether a document's last token has the next document's first as its label.
    """

    def __init__(
        self,
        layouts: Sequence[Layout | None],
        index: IndexRows,
        store: BatchStore,
        token_format: TokenFormat,
        sequence_length: int,
        *,
        packed: bool,
        across: bool,
    ) -> None:
        self._layouts, self._index, self._store = layouts, index, store
        self._format, self._length = token_format, sequence_length
        self._packed, self._across = packed, across

    def stretches(self, sources: Int64s, samples: Int64s) -> Stretches:
        """What samples are made of, in the order given."""
        parts = []
        for source in np.unique(sources).tolist():
            (places,) = np.nonzero(sources == source)
            layout = self._layouts[source]
            assert layout is not None
            parts.append((places, layout.stretches(samples[places])))
        return merge(parts)

    def gather(self, stretches: Stretches, num_samples: int, buffers: Buffers) -> Gathered:
        """The tokens of samples, and where documents begin in them.

        Args:
            stretches: What the samples are made of.
            num_samples: S.
            buffers: Where memory comes from.

        Raises:
            CorruptBatchError: If a record batch is not what the index says.
            CorruptShardError: If a shard is missing, or holds what no tokens are.
        """
        places = self._store.place(stretches.row)
        width, index = self._length + 1, self._index
        gathered = Gathered(
            *buffers.take_all(
                [
                    ((num_samples, width), self._format.dtype),
                    ((num_samples * width,), np.int32),
                    ((num_samples + 1,), np.int64),
                    ((num_samples,), np.int32),
                ]
            )
        )
        status = gather(
            stretches.sample,
            stretches.column,
            stretches.row,
            stretches.start,
            stretches.length,
            index.num_documents,
            index.num_tokens,
            places.files,
            places.values,
            places.offsets,
            self._packed,
            self._format.vocabulary_size,
            self._format.eos_id,
            np.empty(0, np.int32),
            gathered.tokens,
            gathered.starts,
            gathered.starts_until,
            gathered.labelled,
        )
        if status != OK:
            raise CorruptShardError(self._complaint(status, stretches))
        return gathered

    def widen(
        self,
        gathered: Gathered,
        batch_size: int,
        max_documents: int,
        fields: Collection[str],
        buffers: Buffers,
    ) -> Arrays:
        """The arrays of batches, as `widen` fills them.

        Args:
            gathered: Samples of whole batches.
            batch_size: B.
            max_documents: Room for the segments of one sample in `cu_seqlens`.
            fields: Which of `WIDE_FIELDS` to make.
            buffers: Where memory comes from.

        Returns:
            `input_ids`, `labels`, `position_ids` [S / B, B, T] and `cu_seqlens` [S / B, ...].

        Raises:
            RecipeError: If a batch has more segments than there is room for.
        """
        num_samples = len(gathered.labelled)
        shapes = dict.fromkeys(WIDE_FIELDS, (num_samples, self._length))
        shapes["cu_seqlens"] = (num_samples // batch_size, batch_size * max_documents + 1)
        wanted = [
            (
                shape if name in fields else (0, shape[1]),
                np.int64 if name in ("input_ids", "labels") else np.int32,
            )
            for name, shape in shapes.items()
        ]
        arrays = dict(zip(shapes, buffers.take_all(wanted), strict=True))
        most = widen(
            gathered.tokens,
            gathered.starts,
            gathered.starts_until,
            gathered.labelled,
            self._across,
            batch_size,
            *arrays.values(),
        )
        if most > batch_size * max_documents and "cu_seqlens" in fields:
            raise RecipeError(too_many_documents(most, batch_size, max_documents))
        return {
            name: array if name == "cu_seqlens" else array.reshape(-1, batch_size, self._length)
            for name, array in arrays.items()
            if name in fields
        }

    def hold(self, stretches: Stretches) -> HeldBatches:
        """The record batches of stretches, one by one."""
        return self._store.hold(stretches.row)

    def _complaint(self, status: int, stretches: Stretches) -> str:
        at, code = divmod(status, NUM_FINDINGS)
        what = {
            BAD_TOKEN: f"has an id beyond its vocabulary of {self._format.vocabulary_size}",
            BAD_BOUNDARY: "has boundaries that are not those of documents",
            UNREADABLE: "can no longer be read as far as the index says",
        }.get(code, "is too short for what its packing index has of it")
        return (
            f"{self._index.name(int(stretches.row[at]))}: {what}; `haybale verify` names all that "
            "is damaged"
        )


def too_many_documents(found: int, batch_size: int, max_documents: int) -> str:
    """What to say where `cu_seqlens` has no room for a batch."""
    return (
        f"max_documents: cu_seqlens has room for {batch_size} x {max_documents} documents, and a "
        f"batch has {found}; go on from the saved position with at least {-(-found // batch_size)}"
    )
