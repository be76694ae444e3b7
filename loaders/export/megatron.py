r"""Megatron's indexed dataset: `.bin` holds ids, `.idx` says where each sequence lies.

Layout of `.idx`, little endian (`megatron/core/datasets/indexed_dataset.py` of megatron-core 0.16):

    MMIDIDX\0\0    9 bytes
    version        uint64, 1
    dtype          uint8, a code of `DTYPES`
    sequences      uint64
    documents + 1  uint64
    lengths        int32[sequences], tokens
    pointers       int64[sequences], bytes into `.bin`
    documents      int64[documents + 1], the sequence that each begins with, then their number

Here each document is one sequence.
"""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from haybale.corpus.errors import RecipeError
from haybale.corpus.pending import FileRecord, PendingFile
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder
from haybale.loaders.export.selection import Selection

MAGIC = b"MMIDIDX\0\0"
VERSION = 1
HEADER = struct.Struct("<9sQBQQ")
"""Magic, version, dtype, number of sequences, number of documents and one."""
DTYPES = {1: "<u1", 2: "<i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f8", 7: "<f4", 8: "<u2"}

_INT32, _UINT16 = 4, 8
_BLOCK = 1 << 20


def export_megatron(
    selection: Selection, output: Folder, progress: Callable[[int], None]
) -> list[FileRecord]:
    """Write `<split>/<subset>.bin` and `.idx`: a subset is one entry of a Megatron blend.

    Args:
        selection: The documents.
        output: The folder of the export.
        progress: Told how many tokens were written since it was last told.

    Returns:
        Records of both files.

    Raises:
        RecipeError: If the vocabulary goes beyond Megatron's int32.
    """
    code = _dtype_code(selection.tokens)
    with output.scratch() as scratch:
        # `.idx` has all lengths before all pointers: they wait on disk, four bytes a document.
        lengths = scratch / "lengths"
        with output.commit(f"{selection.path}.bin") as tokens, lengths.open("wb") as waiting:
            for documents in selection.batches():
                tokens.write(documents.ids.astype(DTYPES[code], copy=False))
                np.diff(documents.offsets).astype("<i4").tofile(waiting)
                progress(len(documents.ids))
        with output.commit(f"{selection.path}.idx") as index:
            _write_index(index, lengths, code, selection.num_documents)
    return [tokens.record(), index.record()]


def _dtype_code(tokens: TokenFormat) -> int:
    if tokens.dtype == np.uint16:
        return _UINT16
    if tokens.vocabulary_size - 1 > np.iinfo(np.int32).max:
        raise RecipeError(
            f"megatron: its ids are uint16 or int32, up to {np.iinfo(np.int32).max}; the "
            f"vocabulary has {tokens.vocabulary_size}; export to olmo or datatrove instead"
        )
    return _INT32


def _write_index(index: PendingFile, lengths: Path, code: int, num_documents: int) -> None:
    index.write(HEADER.pack(MAGIC, VERSION, code, num_documents, num_documents + 1))
    num_bytes = np.dtype(DTYPES[code]).itemsize
    with lengths.open("rb") as waiting:
        while raw := waiting.read(4 * _BLOCK):
            index.write(raw)
        waiting.seek(0)
        pointer = 0
        while len(lengths_read := np.fromfile(waiting, "<i4", _BLOCK)):
            ends = pointer + np.cumsum(lengths_read, dtype=np.int64) * num_bytes
            index.write(np.append(pointer, ends[:-1]).astype("<i8"))
            pointer = int(ends[-1])
    for first in range(0, num_documents + 1, _BLOCK):
        index.write(np.arange(first, min(first + _BLOCK, num_documents + 1), dtype="<i8"))
