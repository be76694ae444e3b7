"""Compressed bytes to plain ones, in blocks of bounded size, noticing where a file ends too early.

`gzip.open` and zstandard's stream reader stop silently at damage or an early end; these decompress
member by member, so that what comes before is read and the damage has a position. No call yields
more than MAX_BLOCK_BYTES, however far its input expands: memory does not grow with a bomb.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import zstandard

from haybale.corpus.errors import CorruptInputError
from haybale.pipeline.sources.zstd_blocks import BLOCK_BYTES as ZSTD_BLOCK_BYTES
from haybale.pipeline.sources.zstd_blocks import frame_pieces

BLOCK_BYTES = 1 << 20
"""Read at a time."""
MAX_BLOCK_BYTES = BLOCK_BYTES
"""Yielded at a time."""
MAX_WINDOW_BYTES = 1 << 31
"""What `zstd --long=31` writes; a decompressor holds as much as the frame says, up to this."""
MAX_XZ_BYTES = 1 << 28
"""Memory that an xz stream may ask for; `xz -9` needs 65 MiB."""

COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")
"""Endings of compressed files."""

_ZSTD_GROUP = MAX_BLOCK_BYTES // ZSTD_BLOCK_BYTES


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, num_bytes: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class CompressedInput:
    """Compressed bytes of a stream, of which a member puts back what it did not use.

    Args:
        stream: At an offset of its file.
        offset: That one.
        block_bytes: Read at a time.

    Attributes:
        offset: Of the next byte that `take` gives, counted in the file.
    """

    def __init__(self, stream: Stream, offset: int = 0, block_bytes: int = BLOCK_BYTES) -> None:
        self._stream = stream
        self._rest = b""
        self._block_bytes = block_bytes
        self.offset = offset

    def take(self, num_bytes: int = BLOCK_BYTES) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._rest:
            self._rest = self._stream.read(self._block_bytes)
        taken, self._rest = self._rest[:num_bytes], self._rest[num_bytes:]
        self.offset += len(taken)
        return taken

    def exactly(self, num_bytes: int) -> bytes:
        """So many bytes; fewer only where the file ends."""
        pieces = []
        while num_bytes and (piece := self.take(num_bytes)):
            pieces.append(piece)
            num_bytes -= len(piece)
        return b"".join(pieces)

    def put_back(self, data: bytes) -> None:
        """Give these bytes again."""
        self._rest = data + self._rest
        self.offset -= len(data)

    def at_end(self) -> bool:
        """Whether nothing is left, or only zeros, with which tapes and disks are padded."""
        while block := self.take():
            if rest := block.lstrip(b"\0"):
                self.put_back(rest)
                return False
        return True


class DamagedMemberError(Exception):
    """A member that cannot be decompressed, or not to its end."""

    @property
    def reason(self) -> str:
        """The fixed word with which it begins."""
        return str(self).partition(":")[0]


def member_blocks(source: CompressedInput, compression: str) -> Iterator[bytes]:
    """One member (gzip, bz2, xz) or frame (zstd), decompressed; leaves what follows it.

    Args:
        source: At the start of a member.
        compression: One of COMPRESSIONS.

    Yields:
        1 to MAX_BLOCK_BYTES bytes at a time.

    Raises:
        DamagedMemberError: At damage or an early end, after yielding what came before; up to one
            block before damage may be lost with it.
    """
    yield from _MEMBERS[compression](source)


def plain_blocks(stream: Stream, name: str) -> Iterator[bytes]:
    """Decompress by the file name's ending; other names pass through.

    Concatenated members are read as one.

    Raises:
        CorruptInputError: At the damage or early end, after yielding what came before. Its position
            counts decompressed bytes.
    """
    compression = compression_of(name)
    if compression is None:
        while block := stream.read(BLOCK_BYTES):
            yield block
        return
    source, num_plain = CompressedInput(stream), 0
    try:
        while not source.at_end():
            for block in member_blocks(source, compression):
                num_plain += len(block)
                yield block
    except DamagedMemberError as error:
        raise CorruptInputError(name, num_plain, str(error)) from None


def compression_of(name: str) -> str | None:
    """The one of COMPRESSIONS that a file's name ends with; None where it ends with none."""
    ending = "." + name.rpartition(".")[2].lower()
    return ending if ending in COMPRESSIONS else None


def _gzip_blocks(source: CompressedInput) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    while not member.eof:
        data = member.unconsumed_tail or source.take()
        plain = _decompress(member, data, MAX_BLOCK_BYTES)
        if plain:
            yield plain
        elif not data:
            raise _early_end()
    source.put_back(member.unused_data)


def _whole_input_blocks(new: Callable[[], Any]) -> Callable[[CompressedInput], Iterator[bytes]]:
    """For decompressors that keep what input they could not use yet."""

    def blocks(source: CompressedInput) -> Iterator[bytes]:
        member = new()
        while not member.eof:
            data = source.take() if member.needs_input else b""
            if member.needs_input and not data:
                raise _early_end()
            plain = _decompress(member, data, MAX_BLOCK_BYTES)
            if plain:
                yield plain
        source.put_back(member.unused_data)

    return blocks


def _zstd_blocks(source: CompressedInput) -> Iterator[bytes]:
    # Its decompressor has no bound on what a call returns, but each block of a frame has one.
    member = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
    for piece in frame_pieces(source, _ZSTD_GROUP):
        plain = _decompress(member, piece)
        if plain:
            yield plain
    if not member.eof:
        raise _early_end()


def _decompress(member: Any, data: bytes, *limit: int) -> bytes:
    """The next plain bytes.

    What reading the file raises is not caught here, nor too little memory: neither is damage.
    """
    try:
        plain: bytes = member.decompress(data, *limit)
        return plain
    except _ERRORS as error:
        if _NO_MEMORY in str(error):
            raise MemoryError(str(error)) from None
        raise DamagedMemberError(f"damaged: {error}") from None


def _early_end() -> DamagedMemberError:
    return DamagedMemberError("truncated: the compressed stream has no end")


_MEMBERS: dict[str, Callable[[CompressedInput], Iterator[bytes]]] = {
    ".gz": _gzip_blocks,
    ".zst": _zstd_blocks,
    ".bz2": _whole_input_blocks(bz2.BZ2Decompressor),
    ".xz": _whole_input_blocks(lambda: lzma.LZMADecompressor(memlimit=MAX_XZ_BYTES)),
}
_ERRORS = (zlib.error, zstandard.ZstdError, OSError, lzma.LZMAError, EOFError)
_NO_MEMORY = "Allocation error"  # so zstd says it (ZSTD_error_memory_allocation)
