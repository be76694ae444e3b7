"""Where the blocks of a zstd frame begin: each expands to 128 KiB at most (RFC 8878, 3.1.1).

Fed a few blocks at a time a decompressor cannot return more than a few times that, whatever a
frame was made for: four bytes of it may stand for 128 KiB.
"""

from collections.abc import Iterator
from typing import Protocol

BLOCK_BYTES = 128 << 10
"""The most that one block expands to."""
SKIPPABLE = range(0x184D2A50, 0x184D2A60)
"""Magic numbers of frames that hold no data."""

_PIECE_BYTES = 1 << 20
_DICTIONARY_BYTES = (0, 1, 2, 4)
_SIZE_BYTES = (0, 2, 4, 8)
_RLE = 1


class Source(Protocol):
    """Compressed bytes."""

    def exactly(self, num_bytes: int) -> bytes:
        """So many bytes; fewer only where the file ends."""


def frame_pieces(source: Source, num_blocks: int) -> Iterator[bytes]:
    """The bytes of one frame, at most so many blocks a piece.

    A frame that is none comes as its first four bytes, for the decompressor to refuse. One that
    ends early comes as far as it goes.
    """
    magic = source.exactly(4)
    if int.from_bytes(magic, "little") in SKIPPABLE:
        yield from _skippable(magic, source)
        return
    if magic != b"\x28\xb5\x2f\xfd":
        yield magic
        return
    descriptor = source.exactly(1)
    if not descriptor:
        yield magic
        return
    flags = descriptor[0]
    single, has_checksum = bool(flags & 0x20), bool(flags & 0x04)
    size_bytes = _SIZE_BYTES[flags >> 6] or single
    rest = (not single) + _DICTIONARY_BYTES[flags & 3] + size_bytes
    piece = [magic, descriptor, source.exactly(rest)]
    last, count = False, 0
    while not last:
        header = source.exactly(3)
        word = int.from_bytes(header, "little")
        last, kind, size = len(header) < 3 or bool(word & 1), word >> 1 & 3, word >> 3
        piece += [header, source.exactly(1 if kind == _RLE else size)]
        count += 1
        if count == num_blocks:
            yield b"".join(piece)
            piece, count = [], 0
    if has_checksum:
        piece.append(source.exactly(4))
    if piece:  # behind a frame's end a decompressor refuses even nothing
        yield b"".join(piece)


def _skippable(magic: bytes, source: Source) -> Iterator[bytes]:
    size = source.exactly(4)
    yield magic + size
    left = int.from_bytes(size, "little")
    while left and (piece := source.exactly(min(left, _PIECE_BYTES))):
        yield piece
        left -= len(piece)
