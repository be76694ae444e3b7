"""Compressed bytes to plain ones, in blocks, noticing where a file ends too early.

`gzip.open` and zstandard's stream reader stop silently or lose what came before the damage; these
decompress member by member, so that every record before it is read and the damage has a position.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import zstandard

from haybale.corpus.errors import CorruptInputError

BLOCK_BYTES = 1 << 20
_MAX_WINDOW_BYTES = 1 << 31  # what `zstd --long=31` writes

_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".gz": lambda: zlib.decompressobj(wbits=31),
    ".zst": lambda: zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompressobj(),
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lzma.LZMADecompressor,
}
_ERRORS = (zlib.error, zstandard.ZstdError, OSError, lzma.LZMAError, EOFError)


def plain_blocks(stream: BinaryIO, path: str) -> Iterator[bytes]:
    """Decompress by the file name's ending; other names pass through.

    Concatenated members (gzip) and frames (zstd) are read as one.

    Raises:
        CorruptInputError: At the damage or early end, after yielding everything before it. Its
            position counts decompressed bytes.
    """
    suffix = "." + path.rpartition(".")[2]
    if suffix not in _DECOMPRESSORS:
        while block := stream.read(BLOCK_BYTES):
            yield block
        return
    yield from _members(stream, path, _DECOMPRESSORS[suffix])


def _members(stream: BinaryIO, path: str, new: Callable[[], Any]) -> Iterator[bytes]:
    num_plain = 0
    member = None
    while block := stream.read(BLOCK_BYTES):
        while block:
            if member is None:
                member = new()
            try:
                plain = member.decompress(block)
            except _ERRORS as error:
                raise CorruptInputError(path, num_plain, f"damaged: {error}") from None
            num_plain += len(plain)
            if plain:
                yield plain
            block = b""
            if member.eof:
                block, member = member.unused_data.lstrip(b"\0"), None  # tape padding
    if member is not None:
        raise CorruptInputError(path, num_plain, "truncated: the compressed stream has no end")
